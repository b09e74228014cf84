package dev.interlock.confine;

import dev.interlock.action.Bytes;
import dev.interlock.action.ExecutedPaths;
import dev.interlock.action.LocalService;
import dev.interlock.action.MaskedCredential;
import dev.interlock.action.Secret;
import dev.interlock.adminapi.LeaseQuestion;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Opens places at the gateway, through its admin socket. A place's lease and listener end together. They also end with
 * the process that opened the place, however that ends.
 */
interface PlaceProvider {

    /**
     * The request for an agent's place.
     *
     * @param agent as {@code jer/cursor}; empty for the only one that the caller owns
     * @param task the task's name
     * @param environments the environments it may touch; empty for all that the task's template names
     * @param impacts the impacts it may have there; empty for all that the task's template names
     * @param uid the user that the agent will have
     * @param services the local services that the agent is to use
     */
    record PlaceRequest(
            Optional<String> agent,
            String task,
            Set<String> environments,
            Set<String> impacts,
            int uid,
            List<LocalService> services) {

        PlaceRequest(Optional<String> agent, String task, Set<String> environments, Set<String> impacts, int uid) {
            this(agent, task, environments, impacts, uid, List.of());
        }

        public PlaceRequest {
            services = List.copyOf(services);
            impacts = Set.copyOf(impacts);
            environments = Set.copyOf(environments);
        }
    }

    /**
     * One agent's own listener.
     *
     * @param agent the agent's name, if the gateway gives it
     * @param log the key of the gateway's log, if it gives it
     * @param trust a directory with the authority that certifies every host there
     * @param planted decoys for the agent's home: files, relative to it
     * @param databases the names of the databases that it reaches there
     */
    record AgentPlace(
            String lease,
            Optional<String> agent,
            Optional<String> log,
            Secret token,
            Path socket,
            Path trust,
            Instant expires,
            ExecutedPaths executed,
            Map<Path, Bytes> planted,
            List<String> databases) {
        public AgentPlace {
            databases = List.copyOf(databases);
            planted = Map.copyOf(planted);
        }
    }

    AgentPlace open(PlaceRequest errand) throws IOException, SandboxException;

    /** Registers {@code decoys}, which exist in this place alone, so that their use raises an alert. */
    void registerDecoys(AgentPlace place, List<MaskedCredential> decoys) throws IOException;

    /** Prolongs the lease and returns its new end; empty if that is not possible any more. */
    Optional<Instant> renew(AgentPlace place) throws IOException;

    enum PlaceState {
        /** The gateway listens there, and knows that this process holds the place. */
        OPEN,
        /** The gateway does not answer, or can do nothing for the moment. The place may come back. */
        AWAY,
        /** The place is closed for good. */
        ENDED
    }

    /** Returns the state of {@code place} now, and reconnects to it if the gateway was away. */
    PlaceState checkState(AgentPlace place);

    /** Returns why a place is not open any more, as the beginning of a sentence. */
    String end(AgentPlace place);

    /** Has the ledger record the digest of a session, and returns the receipt's identifier. */
    String record(AgentPlace place, String manifest) throws IOException;

    /**
     * Has the gateway permit one connection to {@code service}, and returns the receipt's identifier; throws
     * {@link IOException} if it refuses or does not answer, and then no connection may be made.
     */
    String openService(AgentPlace place, LocalService service) throws IOException;

    /** Whether such connections may stay. They may as long as the gateway does not answer. */
    boolean permitsService(AgentPlace place, LocalService service);

    /** Has the ledger record the end of such a connection. */
    void closeService(LeaseQuestion.ClosedConnection connection) throws IOException;

    /** Revokes the lease and closes the listener. Processes that the agent left behind can use neither. */
    void close(AgentPlace place) throws IOException;
}
