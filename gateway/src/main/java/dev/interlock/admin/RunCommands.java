package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Runs that are under way. Whoever has a place opened holds the connection on which it was asked for until the run is
 * over. The kernel shuts that however the process ends: a place that nobody holds any more is closed, and its lease
 * with it, at once.
 *
 * <p>A gateway that was started again knows which places were open, and gives those who held them time to come back,
 * unless it sees that their processes are gone.
 *
 * <p>Threading: any thread.
 */
final class RunCommands {

    /** A run asks every second; it is given the time that a machine takes which starts many things at once. */
    static final Duration GRACE = Duration.ofSeconds(30);

    static final String LOST = "its run ended without a word";

    /**
     * A run.
     *
     * @param user who started it
     * @param line the connection by which it is held; empty until it has come back
     * @param awaited until when it may come back
     * @param gone whether it is known that it never will
     */
    private record Run(String user, Optional<Answers> line, Instant awaited, BooleanSupplier gone) {

        static Run heldBy(Peer peer, Answers line) {
            return new Run(peer.user(), Optional.of(line), Instant.MAX, () -> false); // the kernel shuts the line
        }
    }

    private final LeaseCommands leases;
    private final SessionCommands sessions;
    private final Acts acts;
    private final InstantSource clock;
    private final Consumer<Alert> alerts;

    /** By their leases. */
    private final Map<String, Run> runs = new ConcurrentHashMap<>();

    RunCommands(
            LeaseCommands leases, SessionCommands sessions, Acts acts, InstantSource clock, Consumer<Alert> alerts) {
        this.leases = leases;
        this.sessions = sessions;
        this.acts = acts;
        this.clock = clock;
        this.alerts = alerts;
    }

    /** Opens a place that lasts as long as {@code line}. */
    Json.Members open(Seal seal, Peer peer, Json.Members arguments, Acts.Entry entry, Answers line)
            throws AdminRefusedException, LedgerUnavailableException {
        line.whenOver(() -> over(line)); // first: where nobody can hold it, none is opened
        Json.Members place = leases.open(seal, peer, arguments, entry);
        String lease = place.text("lease");
        runs.put(lease, Run.heldBy(peer, line));
        sessions.opened(lease, peer.user());
        return place;
    }

    /** Holds a place that is open, by another connection than before. */
    Json.Members hold(Peer peer, String lease, Answers line) throws AdminRefusedException {
        requireOwn(peer, lease);
        line.whenOver(() -> over(line));
        Run held = Run.heldBy(peer, line);
        if (runs.computeIfPresent(lease, (_, _) -> held) == null) {
            throw none(lease); // it was given up a moment ago
        }
        return Json.object().with("lease", lease);
    }

    private void requireOwn(Peer peer, String lease) throws AdminRefusedException {
        Run run = runs.get(lease);
        if (run == null || !run.user().equals(peer.user()) || !leases.isOpen(lease)) {
            throw none(lease);
        }
    }

    private static AdminRefusedException none(String lease) {
        return new AdminRefusedException(
                "not_found", "You hold no place of a lease `" + lease + "`.", "Start the task again.");
    }

    /** Takes up again what was open when the gateway ended. */
    void resume() {
        Instant awaited = clock.instant().plus(GRACE);
        leases.reopen().forEach((lease, entrants) -> {
            runs.put(lease, new Run(entrants.starter(), Optional.empty(), awaited, entrants::areGone));
            sessions.opened(lease, entrants.starter());
        });
        tidy();
    }

    /** Gives up those that have not come back in time, and those that cannot. */
    void tidy() {
        Instant now = clock.instant();
        runs.forEach((lease, run) -> {
            if ((run.gone().getAsBoolean() || !now.isBefore(run.awaited())) && runs.remove(lease, run)) {
                lost(lease, run.user());
            }
        });
    }

    private void over(Answers line) {
        runs.forEach((lease, run) -> {
            if (run.line().filter(line::equals).isPresent() && runs.remove(lease, run)) {
                lost(lease, run.user());
            }
        });
    }

    private void lost(String lease, String user) {
        if (!leases.isOpen(lease)) {
            return; // as a matter of course: it was closed before
        }
        try {
            leases.end(lease, LOST, acts.entry(new Peer(user), "run.lost"), Json.object());
        } catch (AdminRefusedException e) {
            return; // somebody else has ended it meanwhile
        }
        alerts.accept(new Alert(
                Alert.Rule.RUN_LOST,
                Alert.Severity.WARNING,
                "A run has ended without closing its place, as if it was killed: its lease was ended.",
                Map.of("lease", lease, "user", user),
                Optional.empty()));
    }
}
