package dev.interlock.confine;

import dev.interlock.action.Secret;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/** Where places come from: the gateway, through its admin socket. A place's lease and listener end together. */
interface Places {

    /**
     * What an agent's run is for.
     *
     * @param agent as {@code jer/cursor}; empty for the only one that the caller owns
     * @param task the task's name
     * @param environments what it may touch; empty for all that the task's template names
     * @param impacts what it may do there; empty for all that the task's template names
     * @param uid the user that the agent will have
     */
    record Errand(Optional<String> agent, String task, Set<String> environments, Set<String> impacts, int uid) {
        public Errand {
            impacts = Set.copyOf(impacts);
            environments = Set.copyOf(environments);
        }
    }

    /**
     * One agent's own listener.
     *
     * @param lease its lease's identifier
     * @param token its lease's token
     * @param socket the listener
     * @param trust a directory with {@code authority.pem} and {@code authority.p12}: who vouches there for every host
     * @param expires when the lease ends, unless it is renewed
     */
    record Place(String lease, Secret token, Path socket, Path trust, Instant expires) {}

    /**
     * Opens a place.
     *
     * @throws UnconfinableException if the gateway says no
     */
    Place open(Errand errand) throws IOException, UnconfinableException;

    /** Prolongs the lease of a place and says when it ends now; empty if it cannot be prolonged any more. */
    Optional<Instant> renew(Place place) throws IOException;

    /** Whether anything still listens at a place. What does not any more never will again. */
    boolean isOpen(Place place);

    /** Why a place is not open any more, as the beginning of a sentence. */
    String end(Place place);

    /** Revokes the lease and closes the listener; nothing that the agent left behind can use either. */
    void close(Place place) throws IOException;
}
