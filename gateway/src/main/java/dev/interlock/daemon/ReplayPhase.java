package dev.interlock.daemon;

import dev.interlock.action.Alert;
import dev.interlock.evidence.Json;
import dev.interlock.housekeeping.ClockAlerts;
import dev.interlock.housekeeping.LedgerRepairs;
import dev.interlock.replay.StoreReplay;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Brings the store up to the ledger, says once what a fault has left, and watches the clock. */
record ReplayPhase(StoreReplay replay, List<String> found, LedgerRepairs repairs, ClockAlerts clock) {

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
                        seals.inForce().current()),
                new StoreReplay.OtherGateways(
                        stores.replicas(), stores::serves, context.data("store.mark")));
        List<String> found = new ArrayList<>();
        Optional<StoreReplay.StoreLag> lag = replay.run();
        Optional<Json.Members> stopped = lag.flatMap(StoreReplay.StoreLag::stopped);
        if (stopped.isPresent()) {
            stores.records().recordAdministration(stopped.get());
        }
        lag.ifPresent(behind -> {
            found.add(behind.words());
            raise(context, Alert.AlertKind.STORE_BEHIND, Alert.Severity.ALARM, behind.words());
        });
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
        return new ReplayPhase(replay, List.copyOf(found), repairs, clock);
    }

    /** Returns what people should know, in whole sentences: what was found at the start, and what is wrong now. */
    List<String> warnings() {
        List<String> warnings = new ArrayList<>(found);
        warnings.addAll(repairs.warnings());
        clock.trouble().ifPresent(warnings::add);
        return warnings;
    }

    private static void raise(DaemonContext context, Alert.AlertKind kind, Alert.Severity severity, String words) {
        context.alerts().accept(new Alert(kind, severity, words, Map.of()));
    }
}
