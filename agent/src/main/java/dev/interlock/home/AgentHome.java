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

    /** The longest conversation that is copied, in bytes. */
    private static final long LONGEST = 64L << 20;

    /** Returns the home of {@code agent} below {@code base}, the directory of all of them. */
    public static AgentHome in(Path base, CodingAgent agent) {
        return new AgentHome(agent, base.resolve(agent.program()));
    }

    /** Returns what the agent sees as its home. */
    public Path home() {
        return directory.resolve("home");
    }

    /** Returns the file of what its person was told about it once. The agent does not see it. */
    public Path told() {
        return directory.resolve("told");
    }

    /** Returns whether it was made. */
    public boolean exists() {
        return Files.isDirectory(home());
    }

    /**
     * Makes it, with copies of the conversations in {@code person}'s home, so that the agent can go on with them. One
     * that exists stays as it is. If this fails, there is none.
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
