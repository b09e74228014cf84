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
        Json.Members members = of(unheard.refusal(), unheard.observed())
                .with("upstream", attempt.upstream())
                .with("protocol", attempt.call().protocol())
                .with("request_sha256", attempt.call().digest());
        String id = append(
                Receipt.Kind.REFUSED,
                unheard.lease().map(lease -> of(lease, members)).orElse(members));
        unheard.alarm()
                .ifPresent(rule -> alert(rule, Severity.ALARM, unheard.refusal().reason(), unheard.lease(), id));
        return new Outcome.Refused<>(id, unheard.refusal());
    }

    /** An understood attempt that may not go. */
    <R> Outcome<R> refused(Sensed sensed, Grounds grounds, Refusal refusal) throws LedgerUnavailableException {
        Json.Members members = of(refusal, of(sensed, grounds));
        String id = append(Receipt.Kind.REFUSED, members);
        if (sensed.impacts().contains(Impact.DESTROY)) {
            alert(Rule.DENIED_DESTROY, Severity.WARNING, refusal.reason(), Optional.of(sensed.lease()), id);
        }
        return new Outcome.Refused<>(id, refusal);
    }

    /** An attempt that waits for people. */
    <R> Outcome<R> held(Sensed sensed, Verdict.Hold hold, Confirmations.Parking.Parked parked)
            throws LedgerUnavailableException {
        Refusal refusal = Refusals.held(parked.ticket(), Consequences.describe(sensed, clock.instant()));
        Json.Members members = of(refusal, of(sensed, hold.grounds()))
                .with("hold", parked.ticket().id())
                .with("obligations", hold.obligations().canonical());
        String id = append(Receipt.Kind.HELD, members);
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

    /** An attempt that is about to go. Durable when this returns. */
    Intent intend(Sensed sensed, Grounds grounds, Optional<Confirmation> confirmation)
            throws LedgerUnavailableException {
        Json.Members members = of(sensed, grounds);
        return new Intent(append(
                Receipt.Kind.INTENT,
                confirmation.map(c -> confirmed(members, c)).orElse(members)));
    }

    /** What a gateway that died before its outcomes left open: nobody knows, and nobody sends it again. */
    public void closeAfterCrash(List<String> intents) throws LedgerUnavailableException {
        for (String intent : intents) {
            String id = append(Receipt.Kind.OUTCOME, outcome(intent, Receipt.Result.UNKNOWN));
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
        return append(Receipt.Kind.REFUSED, of(refusal, Json.object()));
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
            end(of(refusal, outcome(id, Receipt.Result.REFUSED)));
            return new Outcome.Refused<>(id, refusal);
        }

        <R> Outcome<R> notSent() {
            Refusal refusal = Refusals.notSent();
            end(of(refusal, outcome(id, Receipt.Result.FAILED)));
            return new Outcome.Refused<>(id, refusal);
        }

        <R> Outcome<R> unknown() {
            Refusal refusal = Refusals.unknown();
            end(of(refusal, outcome(id, Receipt.Result.UNKNOWN)));
            alert(Rule.UNKNOWN_OUTCOME, Severity.ALARM, refusal.reason(), Optional.empty(), id);
            return new Outcome.Refused<>(id, refusal);
        }

        <R> Outcome<R> answered(R answer, Upstream.Ending ending) {
            end(outcome(id, ending.result()).with("answer", ending.members()));
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

    private String append(Receipt.Kind kind, Json.Members members) throws LedgerUnavailableException {
        Receipt receipt = receipt(kind, members);
        ledger.append(receipt);
        return receipt.id();
    }

    private Receipt receipt(Receipt.Kind kind, Json.Members members) {
        return new Receipt("R-" + UlidCreator.getUlid(), kind, clock.instant(), origin, members);
    }

    private static Json.Members outcome(String intent, Receipt.Result result) {
        return Json.object().with("intent", intent).with("result", result.word());
    }

    private static Json.Members of(Sensed sensed, Grounds grounds) {
        Json.Members meaning = sensed.meaning();
        return of(sensed.lease(), Json.object())
                .with("upstream", sensed.attempt().upstream())
                .with("protocol", sensed.outgoing().protocol())
                .with("actions", new Json.Array(meaning.items("actions")))
                .with("radius", meaning.object("radius"))
                .with("meaning_sha256", sensed.meaningDigest())
                .with("request_sha256", sensed.outgoing().digest())
                .with("seal", grounds.seal())
                .withTexts("policies", grounds.policies());
    }

    private static Json.Members of(Lease lease, Json.Members members) {
        return members.with("agent", lease.agent())
                .with("person", lease.person())
                .with("task", lease.task())
                .with("lease", lease.id());
    }

    private static Json.Members of(Refusal refusal, Json.Members members) {
        return members.with("refusal", refusal.kind().word()).with("reason", refusal.reason());
    }

    private static Json.Members confirmed(Json.Members members, Confirmation confirmation) {
        return members.with("hold", confirmation.hold())
                .with(
                        "confirmation",
                        Json.object()
                                .with(
                                        "statement",
                                        Json.readObject(confirmation.statement().toArray()))
                                .withTexts("signatures", confirmation.signatures()));
    }
}
