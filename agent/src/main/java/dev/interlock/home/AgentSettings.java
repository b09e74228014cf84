package dev.interlock.home;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.agents.AgentNotice;
import dev.interlock.agents.CodingAgent;
import dev.interlock.agents.Protection;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.linux.ShellWords;
import dev.interlock.linux.Trees;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A copy of a person's settings for one run of a protected agent, without credentials and logins. The agent reads it,
 * and its start takes over what has changed since the last run.
 */
public final class AgentSettings implements AutoCloseable {

    private static final long LONGEST = 4L << 20;

    /**
     * Prepares an agent's home. It takes over each settings file that differs from the one of the last run, and removes
     * those that are gone: the agent's own changes stay until the person changes the same file. The program's directory
     * comes first in PATH, because a script needs the interpreter beside it.
     */
    private static final String START = """
            settings=@SETTINGS@
            here=$PWD
            last=$HOME/.interlock-settings
            mkdir -p "$last" && cd "$settings" || exit 125
            find . -type f | while IFS= read -r file; do
                cmp -s "$file" "$last/$file" && continue
                mkdir -p "$HOME/${file%/*}" "$last/${file%/*}" &&
                    cp "$file" "$HOME/$file" && cp "$file" "$last/$file" && chmod u+w "$HOME/$file" "$last/$file"
            done
            cd "$last" && find . -type f | while IFS= read -r file; do
                [ -e "$settings/$file" ] || rm -f "$HOME/$file" "$last/$file"
            done
            kept=/run/interlock/kept
            [ -d "$kept/planted" ] && cd "$kept/planted" && find . -type f | while IFS= read -r file; do
                mkdir -p "$HOME/${file%/*}" && cp -f "$file" "$HOME/$file"
            done
            cd "$here" || exit 125
            mkdir -p "$HOME/.local/bin" && ln -sfn "$1" "$HOME/.local/bin/@NAME@" # some look for themselves there
            PATH=@DIRECTORY@:$PATH
            export PATH
            @LOGIN@
            unset settings last here kept
            exec "$@"
            """;

    private static final String SHELL = "/bin/sh";
    private static final String DIRECTORY = "interlock-settings-";
    private static final String SCRIPT = "start";

    private final CodingAgent agent;
    private final Path directory;

    private AgentSettings(CodingAgent agent, Path directory) {
        this.agent = agent;
        this.directory = directory;
    }

    public static AgentSettings copyOf(CodingAgent agent, Path person, Path scratch, SettingsRedaction redaction)
            throws IOException {
        AgentSettings made = new AgentSettings(agent, PrivateFiles.temporaryDirectory(scratch.toRealPath(), DIRECTORY));
        try {
            PrivateFiles.directory(made.files());
            LoginSettings overriding = new LoginSettings(agent.protection().overriding());
            FileCopy copy = new FileCopy(redaction, LONGEST);
            FileCopy withoutLogin =
                    new FileCopy((content, file) -> redaction.redact(overriding.removeFrom(content), file), LONGEST);
            for (String name : agent.protection().settings()) {
                (name.endsWith(".json") ? withoutLogin : copy)
                        .copy(person, person.resolve(name), made.files().resolve(name));
            }
            AgentNotice.addTo(made.files(), agent.protection());
            return made;
        } catch (IOException | RuntimeException e) {
            made.close();
            throw e;
        }
    }

    public Path directory() {
        return directory;
    }

    /** The copies are below it as they were in the home. */
    public Path files() {
        return directory.resolve("files");
    }

    /**
     * Returns the command that starts the agent.
     *
     * @param subscription whether the gateway has the credential of a subscription
     * @param arguments of its user
     */
    public List<String> command(AgentExecutable program, boolean subscription, List<String> arguments)
            throws IOException {
        Path start = directory.resolve(SCRIPT);
        String text = START.replace("@SETTINGS@", ShellWords.quoted(files().toString()))
                .replace("@NAME@", agent.program())
                .replace("@DIRECTORY@", ShellWords.quoted(program.directory().toString()))
                .replace("@LOGIN@", agent.protection().lease(subscription).line());
        PrivateFiles.write(start, text.getBytes(StandardCharsets.UTF_8));
        List<String> command =
                new ArrayList<>(List.of(SHELL, start.toString(), program.file().toString()));
        command.addAll(agent.protection().arguments());
        command.addAll(agent.protection().lease(subscription).arguments());
        command.addAll(arguments);
        return List.copyOf(command);
    }

    /** Returns what a person typed to get {@code command}. */
    public static List<String> shown(List<String> command) {
        if (command.size() < 3 || !command.getFirst().equals(SHELL)) {
            return command;
        }
        Path script = Path.of(command.get(1));
        boolean isStart = script.endsWith(SCRIPT)
                && script.getNameCount() > 1
                && script.getName(script.getNameCount() - 2).toString().startsWith(DIRECTORY);
        if (!isStart) {
            return command;
        }
        List<String> typed = new ArrayList<>(command.subList(2, command.size()));
        typed.set(0, String.valueOf(Path.of(typed.getFirst()).getFileName()));
        return List.copyOf(typed);
    }

    @Override
    public void close() throws IOException {
        Trees.remove(directory);
    }

    /** The settings by which a person chooses a login or another provider. An agent takes them before the lease. */
    record LoginSettings(Protection.Overriding overriding) {

        private static final ObjectMapper JSON = new ObjectMapper();

        /**
         * Returns {@code content} without them; to the byte if it has none, or is no JSON object, which an agent
         * ignores.
         */
        byte[] removeFrom(byte[] content) throws IOException {
            JsonNode read;
            try {
                read = JSON.readTree(content);
            } catch (JsonProcessingException e) {
                return content;
            }
            if (!(read instanceof ObjectNode settings)) {
                return content;
            }
            ObjectNode kept = settings.deepCopy().remove(overriding.members());
            if (kept.get("env") instanceof ObjectNode env) {
                env.properties()
                        .removeIf(one ->
                                overriding.variables().matcher(one.getKey()).matches());
            }
            return kept.equals(settings) ? content : JSON.writeValueAsBytes(kept);
        }
    }
}
