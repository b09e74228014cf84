package dev.interlock.confine;

import dev.interlock.action.Bytes;
import dev.interlock.action.ExecutedPaths;
import dev.interlock.action.Secret;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where places come from: the gateway, through its admin socket. A place's lease and listener end together, and with
 * the process that had it opened, however that ends.
 */
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
     * @param agent who has it, where the gateway says so
     * @param log the key of the gateway's log, where it says so
     * @param token its lease's token
     * @param socket the listener
     * @param trust a directory with {@code authority.pem} and {@code authority.p12}: who vouches there for every host
     * @param expires when the lease ends, unless it is renewed
     * @param executed which paths of a workspace run by themselves later
     * @param planted decoys for the agent's home: files, named from there, with what stands in them
     */
    record Place(
            String lease,
            Optional<String> agent,
            Optional<String> log,
            Secret token,
            Path socket,
            Path trust,
            Instant expires,
            ExecutedPaths executed,
            Map<Path, Bytes> planted) {
        public Place {
            planted = Map.copyOf(planted);
        }
    }

    /**
     * Opens a place.
     *
     * @throws UnconfinableException if the gateway says no
     */
    Place open(Errand errand) throws IOException, UnconfinableException;

    /** Makes {@code decoys}, which lie in this place alone, known: whoever uses one is noticed. */
    void arm(Place place, List<Secret> decoys) throws IOException;

    /**
     * Prolongs the lease of a place and says when it ends now; empty if it cannot be prolonged any more.
     *
     * @throws IOException if it could not be for the moment
     */
    Optional<Instant> renew(Place place) throws IOException;

    /** How a place is. */
    enum Look {
        /** Somebody listens there, and knows that this process holds it. */
        OPEN,
        /** The gateway does not answer, or says that it can do nothing for the moment: the place may come back. */
        AWAY,
        /** It is closed for good. */
        ENDED
    }

    /** How {@code place} is now; comes back to it if the gateway was away. */
    Look look(Place place);

    /** Why a place is not open any more, as the beginning of a sentence. */
    String end(Place place);

    /**
     * Has the ledger keep the digest of what was recorded at a place, and says by which receipt.
     *
     * @throws IOException if it does not
     */
    String record(Place place, String manifest) throws IOException;

    /** Revokes the lease and closes the listener; nothing that the agent left behind can use either. */
    void close(Place place) throws IOException;
}
