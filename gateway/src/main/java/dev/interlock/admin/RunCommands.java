package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Commands about runs that are under way.
 *
 * <p>Whoever has a place opened holds the connection on which they asked until the run is over. The kernel closes that
 * connection however the process ends. A place that nobody holds is closed at once, and its lease ended.
 *
 * <p>A gateway that was started again knows which places were open. It gives their runs time to come back, unless it
 * sees that their processes have ended.
 *
 * <p>Threading: any thread.
 */
public final class RunCommands implements CommandGroup {

    /** The time that a run has to come back. It tries every second, but a machine may be busy with its start. */
    static final Duration GRACE = Duration.ofSeconds(30);

    static final String LOST = "its run ended without closing it";

    /** A run of {@code user}, held by a connection; until it is {@code awaited}, it may come back to one. */
    private record Run(String user, Optional<ResultSink> line, Instant awaited, BooleanSupplier gone) {

        static Run heldBy(Peer peer, ResultSink line) {
            return new Run(
                    peer.user(), Optional.of(line), Instant.MAX, () -> false); // the kernel closes the connection
        }
    }

    private final LeaseCommands leases;
    private final SessionCommands sessions;
    private final String logKey;
    private final AdminReceipts acts;
    private final InstantSource clock;
    private final Consumer<Alert> alerts;
    private final Map<String, Run> runs = new ConcurrentHashMap<>();

    /** {@code logKey} is the ledger's public key, by which a run recognizes this gateway. */
    public RunCommands(
            LeaseCommands leases,
            SessionCommands sessions,
            String logKey,
            Administration.Recorder recorder,
            InstantSource clock,
            Consumer<Alert> alerts) {
        this.leases = leases;
        this.sessions = sessions;
        this.logKey = logKey;
        this.acts = new AdminReceipts(recorder);
        this.clock = clock;
        this.alerts = alerts;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(LeaseQuestion.OpenRun.class, this::open),
                Command.of(LeaseQuestion.ReattachRun.class, this::hold),
                Command.of(LeaseQuestion.ArmDecoys.class, leases::arm),
                Command.of(LeaseQuestion.RenewRun.class, leases::renew),
                Command.of(
                        LeaseQuestion.CloseRun.class,
                        request -> leases.revoke(request.question().lease(), request.entry())));
    }

    private LeaseQuestion.OpenedRun open(AdminRequest<LeaseQuestion.OpenRun> request)
            throws AdminRefusedException, LedgerUnavailableException {
        Peer peer = request.peer();
        ResultSink line = request.answers();
        line.onEnd(() -> over(line)); // first: a place that no connection can hold is not opened
        LeaseQuestion.OpenedRun place = leases.open(request, logKey);
        String lease = place.lease().lease();
        runs.put(lease, Run.heldBy(peer, line));
        sessions.opened(lease, peer.user());
        return place;
    }

    private LeaseQuestion.HeldRun hold(AdminRequest<LeaseQuestion.ReattachRun> request) throws AdminRefusedException {
        String lease = request.question().lease();
        ResultSink line = request.answers();
        requireOwn(request.peer(), lease);
        line.onEnd(() -> over(line));
        Run held = Run.heldBy(request.peer(), line);
        if (runs.computeIfPresent(lease, (_, _) -> held) == null) {
            throw none(lease); // it was given up a moment ago
        }
        return new LeaseQuestion.HeldRun(lease);
    }

    private void requireOwn(Peer peer, String lease) throws AdminRefusedException {
        Run run = runs.get(lease);
        if (run == null || !run.user().equals(peer.user()) || !leases.isOpen(lease)) {
            throw none(lease);
        }
    }

    static AdminRefusedException none(String lease) {
        return new AdminRefusedException(
                "not_found", "You have no listener for a lease `" + lease + "`.", "Start the task again.");
    }

    /** Opens again the places that were open when the gateway ended. */
    @Override
    public void resume() {
        Instant awaited = clock.instant().plus(GRACE);
        leases.reopen().forEach((lease, entrants) -> {
            runs.put(lease, new Run(entrants.starter(), Optional.empty(), awaited, entrants::areGone));
            sessions.opened(lease, entrants.starter());
        });
        runPeriodically();
    }

    /** Ends the runs that have not come back in time, and those that cannot. */
    @Override
    public void runPeriodically() {
        Instant now = clock.instant();
        runs.forEach((lease, run) -> {
            if ((run.gone().getAsBoolean() || !now.isBefore(run.awaited())) && runs.remove(lease, run)) {
                lost(lease, run.user());
            }
        });
    }

    private void over(ResultSink line) {
        runs.forEach((lease, run) -> {
            if (run.line().filter(line::equals).isPresent() && runs.remove(lease, run)) {
                lost(lease, run.user());
            }
        });
    }

    private void lost(String lease, String user) {
        if (!leases.isOpen(lease)) {
            return; // the usual case: it was closed before
        }
        try {
            leases.end(lease, LOST, acts.entry(new Peer(user), "run.lost"), Json.object());
        } catch (AdminRefusedException e) {
            return; // somebody else has ended it meanwhile
        }
        alerts.accept(new Alert(
                Alert.AlertKind.RUN_LOST,
                Alert.Severity.WARNING,
                "A run ended without closing its listener, as if it was killed, so its lease was ended.",
                Map.of("lease", lease, "user", user)));
    }
}
