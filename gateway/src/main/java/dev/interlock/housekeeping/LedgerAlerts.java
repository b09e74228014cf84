package dev.interlock.housekeeping;

import dev.interlock.action.Alert;
import dev.interlock.ledger.LedgerStatus;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Alerts of a ledger in trouble. To be run every few seconds, by one thread. */
public final class LedgerAlerts implements Runnable {

    /** Maximum runs in which a replica that lags may take nothing: a minute, at five seconds a run. */
    static final int MAX_STILL = 12;

    private final Supplier<LedgerStatus> ledger;
    private final Consumer<Alert> alerts;
    private long replicated = -1;
    private int still;
    private int unwitnessed;
    private long replicaLosses;

    public LedgerAlerts(Supplier<LedgerStatus> ledger, Consumer<Alert> alerts) {
        this.ledger = ledger;
        this.alerts = alerts;
    }

    @Override
    public void run() {
        LedgerStatus status = ledger.get();
        status.refusing()
                .ifPresent(why -> trouble(
                        Alert.Severity.ALARM, "The ledger cannot write receipts, so every call is refused.", why));
        if (status.isDiskLow() && status.refusing().isEmpty()) {
            // The text stays the same while the disk fills: another one would be another alert.
            String why = "it has less free space than required: `interlock status` says how much (`ledger_room`)";
            trouble(
                    Alert.Severity.WARNING,
                    "The ledger's disk is nearly full: once it is full, every call is refused.",
                    why);
        }
        status.publishing().ifPresent(why -> {
            // Nothing is refused yet, but each call takes seconds: what comes next is that everything is.
            Alert.Severity severity = status.isCheckpointLagging() ? Alert.Severity.ALARM : Alert.Severity.WARNING;
            trouble(severity, "The ledger's checkpoint does not advance.", why);
        });
        status.replicating().or(() -> stalled(status)).ifPresent(why -> {
            String summary =
                    "The ledger's replica is behind: the receipts that it lacks would be lost with this machine.";
            raise(Alert.AlertKind.REPLICA_TROUBLE, Alert.Severity.ALARM, summary, why);
        });
        witnesses(status);
        if (status.replicaLosses() > replicaLosses) {
            replicaLosses = status.replicaLosses();
            raise(
                    Alert.AlertKind.REPLICA_TROUBLE,
                    Alert.Severity.ALARM,
                    "The ledger's replica had lost receipts, so it is being copied again from the beginning.",
                    "it was emptied or set back, its disk was replaced, or an earlier copy was mounted over it");
        }
    }

    /** A witness that another history convinced is an alarm at once; one that is silent for a minute is a warning. */
    private void witnesses(LedgerStatus status) {
        boolean isBehind = false;
        for (LedgerStatus.WitnessStatus witness : status.witnesses()) {
            String why = witness.failing().orElse("");
            isBehind |= !why.isEmpty();
            if (witness.isContradicting()) {
                String summary = "The ledger's witness `" + witness.name() + "` has seen another history of it.";
                raise(Alert.AlertKind.WITNESS_TROUBLE, Alert.Severity.ALARM, summary, why);
            } else if (!why.isEmpty() && unwitnessed >= MAX_STILL) {
                String summary = "The ledger's witness `" + witness.name() + "` does not cosign.";
                raise(Alert.AlertKind.WITNESS_TROUBLE, Alert.Severity.WARNING, summary, why);
            }
        }
        unwitnessed = isBehind ? unwitnessed + 1 : 0;
    }

    /** A replica whose disk hangs reports no failure. It is recognized by taking nothing while it lacks receipts. */
    private Optional<String> stalled(LedgerStatus status) {
        long now = status.replicated().orElse(-1);
        boolean lags = status.lag().orElse(0) > 0;
        still = lags && now == replicated ? still + 1 : 0;
        replicated = now;
        return still < MAX_STILL
                ? Optional.empty()
                : Optional.of("it has accepted nothing for a while, and lacks receipts");
    }

    private void trouble(Alert.Severity severity, String summary, String why) {
        raise(Alert.AlertKind.LEDGER_TROUBLE, severity, summary, why);
    }

    private void raise(Alert.AlertKind rule, Alert.Severity severity, String summary, String why) {
        alerts.accept(new Alert(rule, severity, summary, Map.of("why", why)));
    }
}
