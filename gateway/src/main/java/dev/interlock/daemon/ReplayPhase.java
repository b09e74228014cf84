package dev.interlock.daemon;

import dev.interlock.action.Alert;
import dev.interlock.evidence.Json;
import dev.interlock.gate.AuditRecorder;
import dev.interlock.housekeeping.ClockAlerts;
import dev.interlock.housekeeping.LedgerRepairs;
import dev.interlock.replay.StoreReplay;
import dev.interlock.store.StoreListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Brings the store up to the ledger, says once what a fault has left, and watches the clock.
 *
 * @param found what the store lacked at the start and later, the oldest first
 */
record ReplayPhase(
        StoreReplay replay,
        AuditRecorder records,
        List<String> found,
        LedgerRepairs repairs,
        ClockAlerts clock,
        Consumer<Alert> alerts)
        implements StoreListener {

    /** The number of restorations that people still see. The log has all. */
    private static final int MAX_FOUND = 4;

    static ReplayPhase open(DaemonContext context, StoresPhase stores, SealsPhase seals, DecisionPhase decision)
            throws IOException {
        StoreReplay replay = new StoreReplay(
                stores.ledger(),
                context.config().origin(),
                context.clock(),
                new StoreReplay.Restorable(
                        stores.stores().marks(),
                        stores.leases(),
                        stores.confirmations(),
                        stores.passkeys(),
                        decision.limits(),
                        seals.inForce()::current),
                new StoreReplay.OtherGateways(stores.replicas(), stores::members, context.data("store.mark")));
        List<String> found = new CopyOnWriteArrayList<>();
        tell(replay.run(), stores.records(), context.alerts()).ifPresent(found::add);
        context.part(() -> {
            replay.mark();
            replay.mark(); // the first call sees the ledger's size, and nothing changes any more
        });
        ClockAlerts clock = new ClockAlerts(
                stores.leases().clockWatch(),
                stores.confirmations()::ahead,
                stores.confirmations()::followWall,
                context.clock(),
                context.alerts());
        LedgerRepairs repairs =
                new LedgerRepairs(stores.ledger()::madeAgain, stores.ledger()::damage, context.alerts());
        repairs.run();
        return new ReplayPhase(replay, stores.records(), found, repairs, clock, context.alerts());
    }

    /** Does it again, because the store may have forgotten commits: as when its database failed over. */
    @Override
    public void reload() {
        tell(replay::again);
    }

    @Override
    public Optional<String> awaited() {
        List<String> others = replay.awaited();
        if (others.isEmpty()) {
            tell(replay::finish);
            return Optional.empty();
        }
        return Optional.of("it waits some seconds for others that may come back too, or reads their logs: "
                + String.join(", ", others));
    }

    private interface Replay {
        Optional<StoreReplay.StoreLag> run() throws IOException;
    }

    private void tell(Replay part) {
        try {
            tell(part.run(), records, alerts).ifPresent(this::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void add(String words) {
        while (found.size() >= MAX_FOUND) {
            found.removeFirst();
        }
        found.add(words);
    }

    private static Optional<String> tell(
            Optional<StoreReplay.StoreLag> lag, AuditRecorder records, Consumer<Alert> alerts) throws IOException {
        Optional<Json.Members> stopped = lag.flatMap(StoreReplay.StoreLag::stopped);
        if (stopped.isPresent()) {
            records.recordAdministration(stopped.get());
        }
        Optional<String> behind = lag.map(StoreReplay.StoreLag::words);
        behind.ifPresent(
                words -> alerts.accept(new Alert(Alert.AlertKind.STORE_BEHIND, Alert.Severity.ALARM, words, Map.of())));
        return behind;
    }

    /**
     * Returns what people should know, in whole sentences: what was restored since the start, and what is wrong now.
     */
    List<String> warnings() {
        List<String> warnings = new ArrayList<>(found);
        warnings.addAll(repairs.warnings());
        clock.trouble().ifPresent(warnings::add);
        return warnings;
    }
}
