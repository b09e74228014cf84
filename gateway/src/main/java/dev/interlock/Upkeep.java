package dev.interlock;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.Confirmers;
import dev.interlock.confirm.Glass;
import dev.interlock.ledger.LedgerStatus;
import java.time.Duration;
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

    /** Whoever was asleep when the glass was broken hears of it again the next day. */
    private static final Duration REMINDING = Duration.ofDays(1);

    /** Looks in which a replica that lacks receipts may take none: a minute, of one that is copied to all the time. */
    static final int MAX_STILL = 12;

    private final Supplier<Optional<Seal>> seals;
    private final Confirmations confirmations;
    private final Confirmers confirmers;
    private final Glass glass;
    private final Supplier<LedgerStatus> ledger;
    private final Runnable administration;
    private final Runnable watch;
    private final Consumer<Alert> alerts;

    // Of the one thread that runs this.
    private long replicated = -1;
    private int still;
    private long replicaLosses;

    /**
     * Wires it.
     *
     * @param administration what is to be tidied there
     * @param watch whether alerts reach whom they should
     */
    Upkeep(
            Supplier<Optional<Seal>> seals,
            Confirmations confirmations,
            Confirmers confirmers,
            Glass glass,
            Supplier<LedgerStatus> ledger,
            Runnable administration,
            Runnable watch,
            Consumer<Alert> alerts) {
        this.seals = seals;
        this.confirmations = confirmations;
        this.confirmers = confirmers;
        this.glass = glass;
        this.ledger = ledger;
        this.administration = administration;
        this.watch = watch;
        this.alerts = alerts;
    }

    @Override
    public void run() {
        attempt(() -> tellOf(ledger.get()));
        attempt(() -> confirmers.settle(seals));
        attempt(() -> seals.get().ifPresent(this::expire));
        attempt(() -> seals.get().ifPresent(this::escalate));
        attempt(this::remind);
        attempt(administration);
        attempt(watch);
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
                        Alert.Severity.ALARM, "The ledger takes no receipts of calls, so that each is refused.", why));
        if (status.isNarrow() && status.refusing().isEmpty()) {
            // The same words while it fills, or each would be news.
            String why = "it has less room than it should: `interlock status` says how much (`ledger_room`)";
            trouble(Alert.Severity.WARNING, "The ledger's disk is nearly full: then every call is refused.", why);
        }
        status.publishing().ifPresent(why -> {
            // Nothing is refused yet, but each call takes seconds: what comes next is that everything is.
            Alert.Severity severity = status.isHeldUp() ? Alert.Severity.ALARM : Alert.Severity.WARNING;
            trouble(severity, "The ledger's checkpoint does not advance.", why);
        });
        status.replicating().or(() -> standing(status)).ifPresent(why -> {
            String summary = "The ledger's replica does not follow: what it lacks would be lost with this machine.";
            tell(Alert.Rule.REPLICA_TROUBLE, Alert.Severity.ALARM, summary, why);
        });
        if (status.replicaLosses() > replicaLosses) {
            replicaLosses = status.replicaLosses();
            tell(
                    Alert.Rule.REPLICA_TROUBLE,
                    Alert.Severity.ALARM,
                    "The ledger's replica had lost what was copied to it, and is copied again from the beginning.",
                    "somebody emptied it, put it back or exchanged its disk, or mounted it over an earlier copy");
        }
    }

    /** One that hangs says of nothing that it fails. */
    private Optional<String> standing(LedgerStatus status) {
        long now = status.replicated().orElse(-1);
        boolean lags = status.lag().orElse(0) > 0;
        still = lags && now == replicated ? still + 1 : 0;
        replicated = now;
        return still < MAX_STILL
                ? Optional.empty()
                : Optional.of("it has taken nothing for a while, and lacks receipts");
    }

    private void trouble(Alert.Severity severity, String summary, String why) {
        tell(Alert.Rule.LEDGER_TROUBLE, severity, summary, why);
    }

    private void tell(Alert.Rule rule, Alert.Severity severity, String summary, String why) {
        alerts.accept(new Alert(rule, severity, summary, Map.of("why", why), Optional.empty()));
    }

    private void expire(Seal seal) {
        confirmations
                .expire(seal)
                .forEach(hold -> alerts.accept(new Alert(
                        Alert.Rule.HOLD_EXPIRED,
                        Alert.Severity.WARNING,
                        "A hold has expired, which counts as a denial: " + hold.summary(),
                        Map.of(Alert.HOLD, hold.id()),
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

    private void remind() {
        glass.remind(REMINDING)
                .forEach(broken -> alerts.accept(new Alert(
                        Alert.Rule.BREAK_GLASS,
                        Alert.Severity.ALARM,
                        "Nobody has reviewed what " + broken.person() + " did by break-glass at " + broken.at() + ": "
                                + broken.summary(),
                        Map.of(Alert.HOLD, broken.hold(), "person", broken.person()),
                        Optional.empty())));
    }
}
