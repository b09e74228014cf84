package dev.interlock.gate;

import com.github.f4b6a3.ulid.UlidCreator;
import dev.interlock.action.Attempt;
import dev.interlock.action.Grounds;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.Sensed;
import dev.interlock.action.Verdict;
import dev.interlock.confirm.Confirmation;
import dev.interlock.confirm.Confirmations;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.inventory.Consequences;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.watch.Alert;
import dev.interlock.watch.Alert.Rule;
import dev.interlock.watch.Alert.Severity;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Writes what happened, then says it: no outcome leaves this class before its receipt is durable, or on its way. */
public final class Records {

    private final Ledger ledger;
    private final String origin;
    private final InstantSource clock;
    private final Consumer<Alert> alerts;

    public Records(Ledger ledger, String origin, InstantSource clock, Consumer<Alert> alerts) {
        this.ledger = ledger;
        this.origin = origin;
        this.clock = clock;
        this.alerts = alerts;
    }

    /** An attempt that ended before it was understood. */
    <R> Outcome<R> refused(Attempt attempt, Perception.Unheard unheard) throws LedgerUnavailableException {
        Json.Members members = Contents.of(unheard.refusal(), unheard.observed())
                .with("upstream", attempt.upstream())
                .with("protocol", attempt.call().protocol())
                .with("request_sha256", attempt.call().digest());
        String id = appendShortened(
                Receipt.Kind.REFUSED,
                unheard.lease().map(lease -> Contents.of(lease, members)).orElse(members));
        unheard.alarm()
                .ifPresent(rule -> alert(rule, Severity.ALARM, unheard.refusal().reason(), unheard.lease(), id));
        return new Outcome.Refused<>(id, unheard.refusal());
    }

    /** An understood attempt that may not go. */
    <R> Outcome<R> refused(Sensed sensed, Grounds grounds, Refusal refusal) throws LedgerUnavailableException {
        Json.Members members = Contents.of(refusal, Contents.of(sensed, grounds));
        String id = appendShortened(Receipt.Kind.REFUSED, members);
        if (sensed.impacts().contains(Impact.DESTROY)) {
            alert(Rule.DENIED_DESTROY, Severity.WARNING, refusal.reason(), Optional.of(sensed.lease()), id);
        }
        return new Outcome.Refused<>(id, refusal);
    }

    /** An attempt that waits for people. */
    <R> Outcome<R> held(Sensed sensed, Verdict.Hold hold, Confirmations.Parking.Parked parked)
            throws LedgerUnavailableException {
        Refusal refusal = Refusals.held(parked.ticket(), Consequences.describe(sensed, clock.instant()));
        Json.Members members = Contents.of(refusal, Contents.of(sensed, hold.grounds()))
                .with("hold", parked.ticket().id())
                .with("obligations", hold.obligations().canonical());
        String id = appendShortened(Receipt.Kind.HELD, members);
        if (parked.fresh()) {
            alerts.accept(new Alert(
                    Rule.HOLD_OPENED,
                    Severity.INFO,
                    parked.ticket().summary(),
                    Map.of("hold", parked.ticket().id()),
                    Optional.of(id)));
        }
        return new Outcome.Held<>(
                id, parked.ticket().id(), refusal, parked.ticket().expires());
    }

    /**
     * An attempt that is about to go. Durable when this returns; empty if no receipt can hold all that it does, and
     * then nothing may go: an intent leaves nothing out.
     */
    Optional<Intent> intend(Sensed sensed, Grounds grounds, Optional<Confirmation> confirmation)
            throws LedgerUnavailableException {
        Json.Members members = Contents.of(sensed, grounds);
        Optional<Receipt> receipt = confirmation.isPresent()
                ? confirmed(Contents.of(confirmation.get(), members))
                : fitting(Receipt.Kind.INTENT, members);
        if (receipt.isEmpty()) {
            return Optional.empty();
        }
        ledger.append(receipt.get());
        return Optional.of(new Intent(receipt.get().id()));
    }

    /** What people signed says what it does: only where both do not fit is it not said twice. */
    private Optional<Receipt> confirmed(Json.Members members) {
        return fitting(Receipt.Kind.INTENT, members).or(() -> fitting(Receipt.Kind.INTENT, Contents.saidOnce(members)));
    }

    /** What a gateway that died before its outcomes left open: nobody knows, and nobody sends it again. */
    public void closeAfterCrash(List<String> intents) throws LedgerUnavailableException {
        for (String intent : intents) {
            String id = append(Receipt.Kind.OUTCOME, Contents.outcome(intent, Receipt.Result.UNKNOWN));
            alerts.accept(new Alert(
                    Rule.UNKNOWN_OUTCOME,
                    Severity.ALARM,
                    "The gateway stopped between sending a call and learning what became of it.",
                    Map.of("intent", intent),
                    Optional.of(id)));
        }
    }

    /** An administrative act, or a refused try of one. Durable when this returns. */
    public String administered(Json.Members members) throws LedgerUnavailableException {
        return append(Receipt.Kind.ADMIN, members);
    }

    /** Something that a front refused by itself, because it never became an attempt. */
    public String unread(Refusal refusal) throws LedgerUnavailableException {
        return appendShortened(Receipt.Kind.REFUSED, Contents.of(refusal, Json.object()));
    }

    /** A durable intent, which is followed by exactly one outcome. */
    final class Intent {
        private final String id;

        private Intent(String id) {
            this.id = id;
        }

        String id() {
            return id;
        }

        <R> Outcome<R> refused(Refusal refusal) {
            end(Contents.of(refusal, Contents.outcome(id, Receipt.Result.REFUSED)));
            return new Outcome.Refused<>(id, refusal);
        }

        <R> Outcome<R> notSent() {
            Refusal refusal = Refusals.notSent();
            end(Contents.of(refusal, Contents.outcome(id, Receipt.Result.FAILED)));
            return new Outcome.Refused<>(id, refusal);
        }

        <R> Outcome<R> unknown() {
            Refusal refusal = Refusals.unknown();
            end(Contents.of(refusal, Contents.outcome(id, Receipt.Result.UNKNOWN)));
            alert(Rule.UNKNOWN_OUTCOME, Severity.ALARM, refusal.reason(), Optional.empty(), id);
            return new Outcome.Refused<>(id, refusal);
        }

        <R> Outcome<R> answered(R answer, Upstream.Ending ending) {
            end(Contents.outcome(id, ending.result()).with("answer", ending.members()));
            return new Outcome.Forwarded<>(id, answer);
        }

        /** Not awaited: the call has happened, and a lost outcome is recovered as {@code unknown}. */
        private void end(Json.Members members) {
            try {
                ledger.appendLater(receipt(Receipt.Kind.OUTCOME, members));
            } catch (LedgerUnavailableException e) {
                alert(Rule.LEDGER_TROUBLE, Severity.ALARM, "An outcome could not be recorded.", Optional.empty(), id);
            }
        }
    }

    private void alert(Rule rule, Severity severity, String summary, Optional<Lease> lease, String receipt) {
        Map<String, String> facts = lease.map(l -> Map.of("agent", l.agent(), "task", l.task(), "lease", l.id()))
                .orElse(Map.of());
        alerts.accept(new Alert(rule, severity, summary, facts, Optional.of(receipt)));
    }

    private String appendShortened(Receipt.Kind kind, Json.Members members) throws LedgerUnavailableException {
        Receipt receipt = fitting(kind, members).orElseGet(() -> receipt(kind, Contents.shortened(members)));
        ledger.append(receipt);
        return receipt.id();
    }

    /** The receipt, unless it is longer than an entry of the ledger may be. */
    private Optional<Receipt> fitting(Receipt.Kind kind, Json.Members members) {
        Receipt receipt = receipt(kind, members);
        return receipt.json().canonical().length <= Receipt.MAX_BYTES ? Optional.of(receipt) : Optional.empty();
    }

    private String append(Receipt.Kind kind, Json.Members members) throws LedgerUnavailableException {
        Receipt receipt = receipt(kind, members);
        ledger.append(receipt);
        return receipt.id();
    }

    private Receipt receipt(Receipt.Kind kind, Json.Members members) {
        return new Receipt("R-" + UlidCreator.getUlid(), kind, clock.instant(), origin, members);
    }
}
