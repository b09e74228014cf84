package dev.interlock.admin;

import dev.interlock.action.Secret;
import dev.interlock.adminclient.Runner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Opens and closes the listener that belongs to one agent alone. */
public interface Listeners {

    /**
     * A listener as its agent is told of it.
     *
     * @param socket where it listens
     * @param trust a directory with {@code authority.pem}, whose certificates the agent is to trust, and the same as a
     *     {@code authority.p12} for Java; nothing else shows any
     */
    record Opened(Path socket, Path trust) {}

    /**
     * A file with a decoy in it.
     *
     * @param path named from the agent's home
     */
    record Planted(String path, String content) {}

    /** Draws decoys for {@code place}, which are known for the {@code owner}'s until it is closed. */
    List<Planted> plant(String place, String owner);

    /**
     * Knows {@code decoys}, which lie in the workspace of {@code place}, until it is closed.
     *
     * @throws IllegalArgumentException if there are more than anybody can use
     */
    void arm(String place, String owner, List<Secret> decoys);

    /**
     * Who may enter a place, by name or number. Others are told of.
     *
     * @param starter who had it opened
     * @param agent who works there, if that is somebody else
     * @param runner the process without which it is nobody's any more, if this one sees it
     */
    record Entrants(String starter, Optional<String> agent, Optional<Runner> runner) {

        /** Whether the process is gone. */
        public boolean areGone() {
            return runner.filter(process -> !process.lives()).isPresent();
        }
    }

    /** Opens the listener of {@code place}, which stays open until it is closed, whatever becomes of this process. */
    Opened open(String place, Entrants entrants) throws IOException;

    /**
     * Opens again those of {@code used} that were open when the gateway ended: at the same sockets, as the same
     * authority and with the same decoys; forgets all others. Says which, with who may enter. One whose process is gone
     * is said as well, and not opened.
     */
    Map<String, Entrants> reopen(Set<String> used);

    /** Closes it, and cuts what is in flight there. Nothing happens if it is closed already. */
    void close(String place);

    /** Closes every place that is not among {@code used}, which is asked for after it is known what is open. */
    void closeUnused(Supplier<Set<String>> used);
}
