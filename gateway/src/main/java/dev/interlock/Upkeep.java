package dev.interlock;

import dev.interlock.action.Seal;
import dev.interlock.confirm.Confirmations;
import dev.interlock.ledger.LedgerStatus;
import dev.interlock.watch.Alert;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What nobody asks for: tells of a ledger in trouble, ends holds in time, and tidies up behind leases and strangers. To
 * be run every few seconds.
 */
final class Upkeep implements Runnable {

    private static final System.Logger LOG = System.getLogger(Upkeep.class.getName());

    private final Supplier<Optional<Seal>> seals;
    private final Confirmations confirmations;
    private final Supplier<LedgerStatus> ledger;
    private final Runnable administration;
    private final Consumer<Alert> alerts;

    Upkeep(
            Supplier<Optional<Seal>> seals,
            Confirmations confirmations,
            Supplier<LedgerStatus> ledger,
            Runnable administration,
            Consumer<Alert> alerts) {
        this.seals = seals;
        this.confirmations = confirmations;
        this.ledger = ledger;
        this.administration = administration;
        this.alerts = alerts;
    }

    @Override
    public void run() {
        attempt(() -> tellOf(ledger.get()));
        attempt(() -> seals.get().ifPresent(this::expire));
        attempt(() -> seals.get().ifPresent(this::escalate));
        attempt(administration);
    }

    /** One chore that fails keeps no other from being done, and is tried again: a schedule drops a task that throws. */
    private static void attempt(Runnable chore) {
        try {
            chore.run();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "upkeep failed", e);
        }
    }

    private void tellOf(LedgerStatus status) {
        status.refusing()
                .ifPresent(why -> trouble(
                        Alert.Severity.ALARM, "The ledger takes no receipts, so that everything is refused.", why));
        status.publishing()
                .ifPresent(why -> trouble(Alert.Severity.WARNING, "The ledger's checkpoint does not advance.", why));
        status.replicating()
                .ifPresent(why -> trouble(Alert.Severity.WARNING, "The ledger's replica does not follow.", why));
    }

    private void trouble(Alert.Severity severity, String summary, String why) {
        alerts.accept(new Alert(Alert.Rule.LEDGER_TROUBLE, severity, summary, Map.of("why", why), Optional.empty()));
    }

    private void expire(Seal seal) {
        confirmations
                .expire(seal)
                .forEach(hold -> alerts.accept(new Alert(
                        Alert.Rule.HOLD_EXPIRED,
                        Alert.Severity.WARNING,
                        "A hold has expired, which counts as a denial: " + hold.summary(),
                        Map.of("hold", hold.id()),
                        Optional.empty())));
    }

    private void escalate(Seal seal) {
        confirmations
                .escalate(seal)
                .forEach(hold -> alerts.accept(new Alert(
                        Alert.Rule.HOLD_ESCALATED,
                        Alert.Severity.WARNING,
                        "Nobody has answered for " + hold.after().toMinutes() + " minutes, and `" + hold.to()
                                + "` is asked: " + hold.ticket().summary(),
                        Map.of(
                                "hold",
                                hold.ticket().id(),
                                "to",
                                hold.to(),
                                "words",
                                hold.ticket().words()),
                        Optional.empty())));
    }
}
