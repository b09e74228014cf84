package dev.interlock.home;

import dev.interlock.agents.CodingAgent;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The home of a protected agent, apart from its user's home. The agent can write all of it. So nobody outside writes in
 * it or follows a path in it once it was made: the agent could have put a link there.
 *
 * @param directory outside, which only its user can open
 */
public record AgentHome(CodingAgent agent, Path directory) {

    private static final long LONGEST = 64L << 20;

    public static AgentHome in(Path base, CodingAgent agent) {
        return new AgentHome(agent, base.resolve(agent.program()));
    }

    public Path home() {
        return directory.resolve("home");
    }

    /** What its person was told about it once. The agent does not see it. */
    public Path told() {
        return directory.resolve("told");
    }

    public boolean exists() {
        return Files.isDirectory(home());
    }

    /**
     * Makes it, with copies of the conversations in {@code person}'s home. One that exists stays as it is. If this
     * fails, there is none.
     */
    public void make(Path person, SettingsRedaction redaction) throws IOException {
        if (exists()) {
            return;
        }
        Path base = PrivateFiles.directories(directory.resolveSibling(""));
        AgentHome fresh = new AgentHome(agent, PrivateFiles.temporaryDirectory(base, "." + agent.program() + "-"));
        PrivateFiles.directories(fresh.home());
        String conversations = agent.protection().conversations();
        if (!conversations.isEmpty()) {
            new FileCopy(redaction, LONGEST)
                    .copy(person, person.resolve(conversations), fresh.home().resolve(conversations));
        }
        Files.move(fresh.directory(), directory, StandardCopyOption.ATOMIC_MOVE);
    }
}
