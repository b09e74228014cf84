package dev.interlock.session;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** Where an agent's own transcripts lie, outside, while it runs. */
public sealed interface TranscriptPlace {

    /** The directory below its home in which each agent keeps its transcripts, by the agent's name. */
    Map<String, String> DIRECTORIES = Collections.unmodifiableMap(
            new TreeMap<>(Map.of("claude-code", ".claude/projects", "codex", ".codex/sessions")));

    /**
     * Empty directories that are removed after the run.
     *
     * @param scratch a directory that the agent's user can reach
     */
    record TemporaryPlace(Path scratch) implements TranscriptPlace {}

    /**
     * Directories that stay, so that the agent can go on with an earlier conversation. The record takes what was
     * written since {@code since}.
     *
     * @param directory holds one directory for each agent, of the agent's name
     */
    record KeptPlace(Path directory, Instant since) implements TranscriptPlace {}
}
