package dev.interlock.gate;

import dev.interlock.action.Alert;
import dev.interlock.action.Alert.Rule;
import dev.interlock.action.Alert.Severity;
import dev.interlock.action.Attempt;
import dev.interlock.action.Grounds;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.Sensed;
import dev.interlock.action.Verdict;
import dev.interlock.confirm.Confirmation;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldTicket;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.inventory.Consequences;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerUnavailableException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Function;

/** Writes what happened, then says it: no outcome leaves this class before its receipt is durable, or on its way. */
public final class Records {

    /** What a receipt says instead of a kind of refusal. */
    private static final String DRY_RUN = "dry_run";

    private static final System.Logger LOG = System.getLogger(Records.class.getName());

    private final ReceiptWriter writer;
    private final Consumer<Alert> alerts;
    private final Function<String, Optional<Lease>> places;

    private final Tellings tellings = new Tellings();

    /**
     * Wires it.
     *
     * @param places which lease a place was opened for
     */
    public Records(
            Ledger ledger,
            String origin,
            InstantSource clock,
            Consumer<Alert> alerts,
            Function<String, Optional<Lease>> places) {
        this.writer = new ReceiptWriter(ledger, origin, clock);
        this.alerts = alerts;
        this.places = places;
    }

    /** The time that receipts are given. */
    Instant now() {
        return writer.now();
    }

    /** An attempt that ended before it was understood. */
    <R> Outcome<R> refused(Attempt attempt, Perception.Unheard unheard) throws LedgerUnavailableException {
        Json.Members call = Json.object()
                .with("upstream", attempt.upstream())
                .with("protocol", attempt.call().protocol())
                .with("request_sha256", attempt.call().digest());
        return new Outcome.Refused<>(
                attempt.isProbe() ? probed(unheard, call) : refused(unheard, attempt.place(), call), unheard.refusal());
    }

    /** As it must be: on record under a name that no agent has, counted apart, and nothing that people must look at. */
    private String probed(Perception.Unheard unheard, Json.Members call) throws LedgerUnavailableException {
        Json.Members members = Contents.of(unheard.refusal(), Contents.together(unheard.observed(), call))
                .with("agent", Receipt.PROBE);
        return writer.appendTallied(Receipt.Kind.REFUSED, Receipt.PROBE, members)
                .orElse("");
    }

    /** What a front refused by itself. */
    String refused(Perception.Unheard unheard, Optional<String> place) throws LedgerUnavailableException {
        return refused(unheard, place, Json.object());
    }

    private String refused(Perception.Unheard unheard, Optional<String> place, Json.Members call)
            throws LedgerUnavailableException {
        Optional<Lease> other = place.flatMap(places)
                .filter(its -> unheard.lease()
                        .map(Lease::root)
                        .filter(its.id()::equals)
                        .isEmpty());
        Json.Members members = Contents.of(unheard.refusal(), Contents.together(unheard.observed(), call))
                .withOptional("place", other.map(Lease::id));
        String caller = unheard.lease().map(Lease::root).or(() -> place).orElse("nobody");
        Optional<String> id = Optional.empty();
        try {
            id = writer.appendTallied(
                    Receipt.Kind.REFUSED,
                    caller,
                    unheard.lease().map(lease -> Contents.of(lease, members)).orElse(members));
        } finally {
            // Told also while the ledger is down: whoever breaks the one must not silence the other.
            Optional<String> receipt = id;
            unheard.alarm().ifPresent(alarm -> alert(alarm, unheard.lease(), other, receipt));
        }
        return id.orElse("");
    }

    /** Something that people are told of a call that may go, or may be refused for something else. */
    void noticed(Lease lease, Perception.Alarm alarm) throws LedgerUnavailableException {
        Optional<String> id = Optional.empty();
        try {
            id = Optional.of(writer.append(
                    Receipt.Kind.ADMIN,
                    Contents.of(
                            lease,
                            Json.object().with("command", alarm.rule().word()).with("reason", alarm.summary()))));
        } finally {
            alert(alarm.rule(), Severity.ALARM, alarm.summary(), Optional.of(lease), id);
        }
    }

    /** A lease that the gateway itself has ended, because the seal says so. Ended first: a ledger must not keep it. */
    void ended(Lease lease, String reason) {
        try {
            writer.appendKept(
                    Receipt.Kind.ADMIN,
                    Contents.of(lease, Json.object())
                            .with("command", "decoy.kill")
                            .with("peer", "the gateway itself")
                            .with("reason", reason)
                            .withTexts("leases", List.of(lease.root())));
        } catch (LedgerUnavailableException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "the end of a lease could not be recorded", e);
        }
        alert(Rule.KILL, Severity.ALARM, "A lease was ended: " + reason, Optional.of(lease), Optional.empty());
    }

    /** An understood attempt that may not go. */
    <R> Outcome<R> refused(Sensed sensed, Grounds grounds, Refusal why) throws LedgerUnavailableException {
        // What a limit stops, its milder way would not get past either.
        Refusal refusal = grounds.limits().isEmpty() ? Refusals.offering(sensed, why) : why;
        Json.Members members = Contents.of(refusal, Contents.of(sensed, grounds));
        Optional<String> id =
                writer.appendTallied(Receipt.Kind.REFUSED, sensed.lease().root(), members);
        if (sensed.impacts().contains(Impact.DESTROY)) {
            alert(Rule.DENIED_DESTROY, Severity.WARNING, refusal.reason(), Optional.of(sensed.lease()), id);
        }
        tellOfLimits(sensed, grounds, id);
        return new Outcome.Refused<>(id.orElse(""), refusal);
    }

    /** A question what would become of an attempt. On record: questions tell an agent where the walls are. */
    <R> Outcome<R> tried(Sensed sensed, Verdict verdict, List<String> gaps) throws LedgerUnavailableException {
        Trial trial = Trial.of(sensed, verdict, Consequences.describe(sensed, now()), gaps);
        Json.Members members = Contents.of(sensed, verdict.grounds())
                .with("refusal", DRY_RUN)
                .with("verdict", trial.would().word())
                .with("reason", trial.reason());
        Optional<String> id =
                writer.appendTallied(Receipt.Kind.REFUSED, sensed.lease().root(), members);
        return new Outcome.Tried<>(id.orElse(""), trial);
    }

    /** An attempt that waits for people. */
    <R> Outcome<R> held(Sensed sensed, Verdict.Hold hold, Confirmations.Parking.Parked parked)
            throws LedgerUnavailableException {
        HoldTicket ticket = parked.ticket();
        String consequences = Consequences.describe(sensed, now());
        Refusal refusal = Refusals.offering(sensed, Refusals.held(ticket, hold.grounds(), consequences));
        Json.Members members = Contents.of(refusal, Contents.of(sensed, hold.grounds()))
                .with("hold", ticket.id())
                .with("obligations", hold.obligations().canonical());
        Optional<String> id = Optional.empty();
        try {
            id = parked.fresh()
                    ? Optional.of(writer.appendShortened(Receipt.Kind.HELD, members))
                    : writer.appendTallied(Receipt.Kind.HELD, sensed.lease().root(), members);
        } finally {
            // Also of one that could not be recorded: it waits, and is not fresh any more when it is asked for again.
            if (parked.fresh()) {
                tellOfHold(sensed, ticket, id);
                tellOfLimits(sensed, hold.grounds(), id);
            }
        }
        return new Outcome.Held<>(id.orElse(""), sensed.lease(), ticket.id(), refusal, ticket.expires());
    }

    /** People are asked to widen {@code lease} by {@code scope}. Returns the receipt's identifier. */
    String asked(Lease lease, HoldTicket ticket, Json.Members scope) throws LedgerUnavailableException {
        Optional<String> id = Optional.empty();
        try {
            id = Optional.of(writer.append(
                    Receipt.Kind.ADMIN,
                    Contents.of(lease, scope).with("command", "elevation.ask").with("hold", ticket.id())));
            return id.get();
        } finally {
            alert(Rule.HOLD_OPENED, Severity.INFO, ticket.summary(), facts(ticket), id);
        }
    }

    /** People compare the words with those on the page that they sign. */
    private static Map<String, String> facts(HoldTicket ticket) {
        return Map.of(Alert.HOLD, ticket.id(), "words", ticket.words());
    }

    private void tellOfHold(Sensed sensed, HoldTicket ticket, Optional<String> receipt) {
        Map<String, String> facts = new TreeMap<>(facts(Optional.of(sensed.lease())));
        facts.putAll(facts(ticket));
        alert(Rule.HOLD_OPENED, Severity.INFO, ticket.summary(), facts, receipt);
    }

    private void tellOfLimits(Sensed sensed, Grounds grounds, Optional<String> receipt) {
        for (Grounds.Limited limited : grounds.limits()) {
            tellOfLimit(sensed, limited.name(), limited.reason(), receipt);
        }
    }

    private void tellOfLimit(Sensed sensed, String limit, String reason, Optional<String> receipt) {
        Map<String, String> facts = new TreeMap<>(facts(Optional.of(sensed.lease())));
        facts.put("limit", limit);
        alert(Rule.VELOCITY, Severity.WARNING, reason, facts, receipt);
    }

    /**
     * An attempt that is about to go. Durable when this returns; empty if no receipt can hold all that it does, and
     * then nothing may go: an intent leaves nothing out.
     */
    Optional<Intent> intend(Sensed sensed, Grounds grounds, Optional<Confirmation> confirmation)
            throws LedgerUnavailableException {
        Json.Members members = tellings.of(sensed, grounds);
        Optional<String> id = confirmation.isPresent()
                ? appendConfirmed(Contents.of(confirmation.get(), members))
                : writer.appendWhole(Receipt.Kind.INTENT, members);
        grounds.observed()
                .ifPresent(refusal -> alert(
                        Rule.OBSERVING,
                        Severity.WARNING,
                        "A call is let through because the seal only observes. " + refusal.reason(),
                        Optional.of(sensed.lease()),
                        id));
        return id.map(written -> new Intent(written, sensed));
    }

    /** What people signed says what it does: only where both do not fit is it not said twice. */
    private Optional<String> appendConfirmed(Json.Members members) throws LedgerUnavailableException {
        Optional<String> twice = writer.appendWhole(Receipt.Kind.INTENT, members);
        return twice.isPresent() ? twice : writer.appendWhole(Receipt.Kind.INTENT, Contents.saidOnce(members));
    }

    /**
     * What a gateway that died before its outcomes left open: nobody knows, and nobody sends it again. But nothing of
     * what was held leaves before it has used its hold up, and the store knows which intent that was; and what only
     * looks has changed nothing.
     *
     * @param unused whether a hold, the first, was certainly not used by an intent, the second
     */
    public void closeAfterCrash(List<Receipt> intents, BiPredicate<String, String> unused)
            throws LedgerUnavailableException {
        for (Receipt intent : intents) {
            if (intent.hold().filter(hold -> unused.test(hold, intent.id())).isPresent()) {
                writer.appendKept(
                        Receipt.Kind.OUTCOME,
                        Contents.of(Refusals.stoppedBefore(), Contents.outcome(intent.id(), Receipt.Result.REFUSED)));
            } else if (Contents.onlyLooks(intent.members())) {
                writer.appendKept(
                        Receipt.Kind.OUTCOME,
                        Contents.of(
                                Refusals.endedWhileReading(), Contents.outcome(intent.id(), Receipt.Result.FAILED)));
            } else {
                closeUnknown(intent.id());
            }
        }
    }

    private void closeUnknown(String intent) throws LedgerUnavailableException {
        String id = writer.appendKept(Receipt.Kind.OUTCOME, Contents.outcome(intent, Receipt.Result.UNKNOWN));
        alerts.accept(new Alert(
                Rule.UNKNOWN_OUTCOME,
                Severity.ALARM,
                "The gateway stopped between sending a call and learning what became of it.",
                Map.of("intent", intent),
                Optional.of(id)));
    }

    /** Writes down how many refusals were only counted, of windows that are over. Never throws. */
    void tellOverdue() {
        writer.tellOverdue();
    }

    /** The same of all windows: before somebody looks, and before the ledger is closed. Never throws. */
    public void tellCounted() {
        writer.tellCounted();
    }

    /** An administrative act. Durable when this returns. */
    public String administered(Json.Members members) throws LedgerUnavailableException {
        return writer.appendKept(Receipt.Kind.ADMIN, members);
    }

    /** A try of one by somebody who may not: nobody's act, whatever is kept for those. */
    public String turnedAway(Json.Members members) throws LedgerUnavailableException {
        return writer.append(Receipt.Kind.ADMIN, members);
    }

    /** A lease that an agent has derived by itself: nobody's act, whatever is kept for those. */
    String derived(Lease parent, Lease child) throws LedgerUnavailableException {
        return writer.append(Receipt.Kind.ADMIN, Contents.derived(parent, child));
    }

    /** A durable intent, which is followed by exactly one outcome. */
    final class Intent {
        private final String id;
        private final Sensed sensed;

        private Intent(String id, Sensed sensed) {
            this.id = id;
            this.sensed = sensed;
        }

        String id() {
            return id;
        }

        <R> Outcome<R> refused(Refusal refusal) {
            end(Contents.of(refusal, Contents.outcome(id, Receipt.Result.REFUSED)));
            return new Outcome.Refused<>(id, refusal);
        }

        /** Copies raced, and others used up what a limit lets go. */
        <R> Outcome<R> overran(String limit, Refusal refusal) {
            tellOfLimit(sensed, limit, refusal.reason(), Optional.of(id));
            return refused(refusal);
        }

        <R> Outcome<R> notSent() {
            return failed(Refusals.notSent());
        }

        /** Nobody answered after sending. */
        <R> Outcome<R> unanswered() {
            return sensed.isPureRead() ? failed(Refusals.noAnswer()) : unknown(Refusals.unknown());
        }

        /** It was cut off after sending. */
        <R> Outcome<R> cut(Refusal why) {
            return sensed.isPureRead() ? failed(why) : unknown(Refusals.cut(why));
        }

        private <R> Outcome<R> failed(Refusal refusal) {
            end(Contents.of(refusal, Contents.outcome(id, Receipt.Result.FAILED)));
            return new Outcome.Refused<>(id, refusal);
        }

        private <R> Outcome<R> unknown(Refusal refusal) {
            end(Contents.of(refusal, Contents.outcome(id, Receipt.Result.UNKNOWN)));
            tellUnknown(refusal.reason());
            return new Outcome.Refused<>(id, refusal);
        }

        /** @param result what {@link #result} made of {@code ending} */
        <R> Outcome<R> answered(R answer, Upstream.Ending ending, Receipt.Result result, Flight flight) {
            Json.Members outcome = Contents.outcome(id, result).with("answer", ending.members());
            end(ending.sent().map(sent -> outcome.with("sent", sent)).orElse(outcome));
            if (result == Receipt.Result.UNKNOWN && (ending.result() == result || !onlyWrites())) {
                tellUnknown("The upstream's answer leaves open whether the call happened.");
            }
            return new Outcome.Forwarded<>(id, answer, flight);
        }

        /**
         * What only looks has changed nothing, whatever the upstream leaves open: nobody needs to go and see. Where it
         * says no to what else is more than one deed, some of it may be done.
         */
        Receipt.Result result(Upstream.Ending ending) {
            if (ending.result() == Receipt.Result.DONE) {
                return Receipt.Result.DONE;
            }
            if (sensed.isPureRead()) {
                return Receipt.Result.FAILED;
            }
            return sensed.isOneDeed() ? ending.result() : Receipt.Result.UNKNOWN;
        }

        /**
         * What is refused of it most often is a slip in its words: on record that may do, people need not go and see.
         */
        private boolean onlyWrites() {
            return EnumSet.of(Impact.READ, Impact.WRITE).containsAll(sensed.impacts());
        }

        private void tellUnknown(String summary) {
            alert(Rule.UNKNOWN_OUTCOME, Severity.ALARM, summary, Optional.empty(), Optional.of(id));
        }

        /** Not awaited: the call has happened, and a lost outcome is recovered as {@code unknown}. */
        private void end(Json.Members members) {
            try {
                writer.appendOwed(Receipt.Kind.OUTCOME, members);
            } catch (LedgerUnavailableException | RuntimeException e) {
                // Not even a bug of ours may make the answer say that the call did not happen.
                LOG.log(System.Logger.Level.ERROR, "an outcome could not be recorded", e);
                alert(
                        Rule.LEDGER_TROUBLE,
                        Severity.ALARM,
                        "An outcome could not be recorded.",
                        Optional.empty(),
                        Optional.of(id));
            }
        }
    }

    /** At whose place it came in helps to find who sent it, where no lease says so. */
    private void alert(Perception.Alarm alarm, Optional<Lease> lease, Optional<Lease> place, Optional<String> receipt) {
        Map<String, String> facts = new TreeMap<>(facts(lease));
        place.ifPresent(its -> facts.put("place", its.id()));
        alert(alarm.rule(), Severity.ALARM, alarm.summary(), facts, receipt);
    }

    private void alert(Rule rule, Severity severity, String summary, Optional<Lease> lease, Optional<String> receipt) {
        alert(rule, severity, summary, facts(lease), receipt);
    }

    private static Map<String, String> facts(Optional<Lease> lease) {
        return lease.map(l -> Map.of("agent", l.agent(), "task", l.task(), "lease", l.id()))
                .orElse(Map.of());
    }

    private void alert(
            Rule rule, Severity severity, String summary, Map<String, String> facts, Optional<String> receipt) {
        try {
            alerts.accept(new Alert(rule, severity, summary, facts, receipt));
        } catch (RuntimeException e) {
            // Whoever is told of it or not: the receipt stands, and so does what the agent is answered.
            LOG.log(System.Logger.Level.ERROR, "an alert could not be raised", e);
        }
    }
}
