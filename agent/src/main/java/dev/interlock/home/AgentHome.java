package dev.interlock.home;

import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The home of a protected agent, apart from its user's home.
 *
 * <p>{@code directory} has two parts. {@code home} is the agent's, and it can write all of it. {@code transcripts} has
 * its conversations. Nobody outside writes in {@code home} or follows a path in it, because the agent could have put a
 * link there.
 *
 * @param directory outside, which only its user can open
 */
public record AgentHome(ProtectedAgent agent, Path directory) {

    /** Returns the home of {@code agent} below {@code base}, the directory of all of them. */
    public static AgentHome in(Path base, ProtectedAgent agent) {
        return new AgentHome(agent, base.resolve(agent.program()));
    }

    /** Returns what the agent sees as its home. */
    public Path home() {
        return directory.resolve("home");
    }

    /** Returns the directory of its conversations. */
    public Path transcripts() {
        return directory.resolve("transcripts");
    }

    /** Returns whether it was made. */
    public boolean exists() {
        return Files.isDirectory(home());
    }

    /**
     * Makes it, with copies of the conversations in {@code person}'s home, so that the agent can go on with them. One
     * that exists stays as it is.
     */
    public void make(Path person) throws IOException {
        if (exists()) {
            return;
        }
        PrivateFiles.directories(transcripts());
        Path conversations = person.resolve(agent.conversations());
        if (!agent.conversations().isEmpty() && Files.isDirectory(conversations)) {
            new FileCopy((content, _) -> content, Long.MAX_VALUE)
                    .copy(conversations, transcripts().resolve(agent.word()));
        }
        PrivateFiles.directories(home()); // last, because it says that the rest is complete
    }
}
