package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.CrowdedException;
import dev.interlock.action.Grounds;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import dev.interlock.action.Verdict;
import dev.interlock.confirm.Confirmation;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.Readiness;
import dev.interlock.evidence.Receipt;
import dev.interlock.gate.Observer.Step;
import dev.interlock.inventory.Freshness;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.policy.Policies;
import dev.interlock.vault.Keys;
import dev.interlock.vault.Opening;
import dev.interlock.vault.Vault;
import dev.interlock.velocity.Velocity;
import dev.interlock.velocity.Velocity.Release;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The one path that every call takes: sense, decide, act, secure.
 *
 * <p>The commit point is the durable intent. Before it, whatever goes wrong refuses. After it and before forwarding,
 * whatever goes wrong refuses too, and is on record. From the first byte sent on, a failure means that the call may
 * have happened: the outcome is {@code unknown}, and nobody sends it again. What only looks has failed then, and no
 * more.
 *
 * <p>Threading: one virtual thread an attempt; every room behind it may be used by any thread.
 */
public final class Gate implements Handler {

    private static final System.Logger LOG = System.getLogger(Gate.class.getName());

    private final Senses senses;
    private final Judging judging;
    private final Velocity velocity;
    private final Confirmations confirmations;
    private final Keys keys;
    private final Records records;
    private final Notices notices;
    private final Consumer<Lease> ending;
    private final Observer observer;
    private final Flights flights = new Flights();
    private final ShutOpenings shutOpenings = new ShutOpenings();
    private final Waits waits;

    /**
     * Wires it.
     *
     * @param ending ends a lease and all that descend from it
     * @param observer who is told how attempts go
     */
    public Gate(
            Senses senses,
            Policies policies,
            Velocity velocity,
            Confirmations confirmations,
            Keys keys,
            Records records,
            Consumer<Lease> ending,
            Observer observer) {
        this.senses = senses;
        this.judging = new Judging(senses, policies, velocity, confirmations);
        this.velocity = velocity;
        this.confirmations = confirmations;
        this.keys = keys;
        this.records = records;
        this.notices = new Notices(keys, senses, records);
        this.ending = ending;
        this.observer = observer;
        this.waits = new Waits(confirmations, senses::stopped, records::now);
    }

    @Override
    public <R> Outcome<R> handle(Attempt attempt, Upstream<R> upstream) {
        Outcome<R> outcome = once(attempt, upstream);
        return outcome instanceof Outcome.Held<R> held
                ? waits.decided(attempt, held, upstream, new Waits.Steps<>() {
                    @Override
                    public Outcome<R> again(Attempt again) {
                        return once(again, upstream);
                    }

                    @Override
                    public Outcome<R> over(Perception.Unheard unheard) {
                        return recorded(attempt, unheard);
                    }
                })
                : outcome;
    }

    private <R> Outcome<R> once(Attempt attempt, Upstream<R> upstream) {
        Observed<R> observed = Observed.of(attempt, upstream, observer);
        return observed.ended(handled(attempt, observed));
    }

    private <R> Outcome<R> handled(Attempt attempt, Observed<R> upstream) {
        try {
            return handle(attempt, upstream, Freshness.CACHED);
        } catch (LedgerUnavailableException e) {
            LOG.log(System.Logger.Level.ERROR, "refused, because the ledger cannot append", e);
            return new Outcome.Refused<>("", Refusals.noLedger(e));
        } catch (RuntimeException | StackOverflowError e) { // what agents write may be deep, and must leave a receipt
            LOG.log(System.Logger.Level.ERROR, "refused, because of a failure of ours", e);
            return ours(attempt);
        }
    }

    private <R> Outcome<R> recorded(Attempt attempt, Perception.Unheard unheard) {
        try {
            return records.refused(attempt, unheard);
        } catch (LedgerUnavailableException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "refused, and the end of a wait could not be recorded", e);
            return new Outcome.Refused<>("", Refusals.noLedger());
        }
    }

    // Before the commit point, so it is certain that nothing left. On record like any other attempt, if that still
    // works.
    private <R> Outcome<R> ours(Attempt attempt) {
        try {
            return records.refused(attempt, whoever(attempt));
        } catch (LedgerUnavailableException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a refusal could not be recorded", e);
            return new Outcome.Refused<>("", Refusals.ours());
        }
    }

    private Perception.Unheard whoever(Attempt attempt) {
        try {
            return senses.unread(attempt.presented(), attempt.place(), Refusals.ours(), attempt.at());
        } catch (RuntimeException | StackOverflowError e) {
            LOG.log(System.Logger.Level.ERROR, "it is not known whose attempt it was", e);
            return Perception.Unheard.of(Refusals.ours());
        }
    }

    /**
     * Records what a front refused by itself, because it never became an attempt; one of the credentials may be foreign
     * all the same. Returns the receipt's identifier; empty if none was written. Never throws.
     *
     * @param presented the credentials it carried
     * @param place the listener it arrived at, if that belongs to one agent alone
     * @param asked where it wanted to go, as it came: looked through, and shown nowhere
     */
    public String unread(
            List<Attempt.Presented> presented, Optional<String> place, String asked, Refusal refusal, Instant at) {
        try {
            Perception.Unheard unheard = senses.shown(senses.unread(presented, place, refusal, at), asked);
            Observed.unread(refusal, observer);
            try {
                return records.refused(unheard, place);
            } finally {
                end(unheard);
            }
        } catch (LedgerUnavailableException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a refusal could not be recorded", e);
            return "";
        }
    }

    /**
     * Looks through {@code text}, which the holder of {@code lease} sends to the gateway itself, as through a call:
     * empty if it may be read; otherwise it is refused, which is on record.
     */
    Optional<Outcome.Refused<Void>> searched(Lease lease, Optional<String> place, Bytes text)
            throws LedgerUnavailableException {
        Optional<Perception.Unheard> unheard = senses.searched(lease, text.toArray());
        if (unheard.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Outcome.Refused<>(
                    records.refused(unheard.get(), place), unheard.get().refusal()));
        } finally {
            end(unheard.get());
        }
    }

    private <R> Outcome<R> handle(Attempt attempt, Observed<R> upstream, Freshness freshness)
            throws LedgerUnavailableException {
        upstream.enter(Step.SENSE);
        Perception perception = senses.sense(attempt, freshness);
        if (perception instanceof Perception.Understood understood
                && understood.noticed().isPresent()) {
            notices.tell(understood.sensed().lease(), understood.noticed().get());
        }
        return switch (perception) {
            case Perception.Unheard unheard -> {
                upstream.enter(Step.SECURE);
                yield unheard(attempt, unheard);
            }
            case Perception.Understood(Seal seal, Sensed sensed, var gaps, var _, var _)
            when attempt.isDryRun() -> records.tried(sensed, decide(seal, sensed, upstream), gaps);
            case Perception.Understood(Seal seal, Sensed sensed, var gaps, var veil, var _) -> {
                upstream.answerThrough(veil);
                yield switch (decide(seal, sensed, upstream)) {
                    case Verdict.Refuse(Grounds grounds, Refusal refusal) ->
                        records.refused(sensed, grounds, Refusals.doubtful(sensed, refusal, gaps));
                    case Verdict.Permit(Grounds grounds) -> act(seal, sensed, grounds, Optional.empty(), upstream);
                    // A provider that does not answer must not change what people are asked, or void what they signed.
                    case Verdict.Hold hold
                    when !gaps.isEmpty() -> records.refused(sensed, hold.grounds(), Refusals.uncertain(gaps));
                    case Verdict.Hold hold
                    when !sensed.outgoing().isWhole() -> records.refused(sensed, hold.grounds(), Refusals.unseen());
                    case Verdict.Hold hold -> held(seal, sensed, hold, upstream, freshness);
                };
            }
        };
    }

    private <R> Outcome<R> unheard(Attempt attempt, Perception.Unheard unheard) throws LedgerUnavailableException {
        try {
            return records.refused(attempt, unheard);
        } finally {
            if (!attempt.isProbe()) {
                end(unheard);
            }
        }
    }

    /** Ends the lease behind it, where the seal says that such a thing ends it, whether or not that can be recorded. */
    private void end(Perception.Unheard unheard) {
        Optional<Perception.Alarm> alarm = unheard.alarm().filter(Perception.Alarm::ends);
        if (alarm.isPresent() && unheard.lease().isPresent()) {
            ending.accept(unheard.lease().get());
            cutStopped();
            records.ended(unheard.lease().get(), alarm.get().summary());
        }
    }

    private Verdict decide(Seal seal, Sensed sensed, Observed<?> upstream) {
        upstream.enter(Step.DECIDE);
        Verdict verdict = judging.of(seal, sensed);
        upstream.enter(Step.SECURE);
        return verdict;
    }

    private <R> Outcome<R> held(Seal seal, Sensed sensed, Verdict.Hold hold, Observed<R> upstream, Freshness freshness)
            throws LedgerUnavailableException {
        Readiness readiness;
        try {
            readiness = confirmations.ready(seal, sensed, hold);
        } catch (CrowdedException _) { // the receipt tells; a log would grow as fast as an agent asks
            return records.refused(sensed, hold.grounds(), Refusals.busy());
        }
        return switch (readiness) {
            // People signed for what was true then: everything is asked anew before it is acted on.
            case Readiness.Ready _
            when freshness == Freshness.CACHED -> handle(sensed.attempt(), upstream, Freshness.FRESH);
            case Readiness.Ready(Confirmation confirmation) ->
                act(seal, sensed, hold.grounds(), Optional.of(confirmation), upstream);
            case Readiness.Denied denied -> records.refused(sensed, hold.grounds(), Refusals.of(denied));
            case Readiness.Waiting _, Readiness.Voided _, Readiness.Expired _, Readiness.Unasked _ ->
                park(seal, sensed, hold);
        };
    }

    private <R> Outcome<R> park(Seal seal, Sensed sensed, Verdict.Hold hold) throws LedgerUnavailableException {
        Confirmations.Parking parking;
        try {
            parking = confirmations.open(seal, sensed, hold);
        } catch (CrowdedException _) {
            return records.refused(sensed, hold.grounds(), Refusals.busy());
        }
        return switch (parking) {
            case Confirmations.Parking.Parked parked -> records.held(sensed, hold, parked);
            case Confirmations.Parking.Denied(Readiness.Denied denied) ->
                records.refused(sensed, hold.grounds(), Refusals.of(denied));
            case Confirmations.Parking.Unaskable(String reason) ->
                records.refused(sensed, hold.grounds(), Refusals.unaskable(reason));
        };
    }

    private <R> Outcome<R> act(
            Seal seal, Sensed sensed, Grounds grounds, Optional<Confirmation> confirmation, Observed<R> upstream)
            throws LedgerUnavailableException {
        Optional<String> shut =
                confirmation.isPresent() ? Optional.empty() : shutOpenings.reason(grounds.seal(), sensed);
        if (shut.isPresent()) {
            return records.refused(sensed, grounds, Refusals.shut(shut.get()));
        }
        // Before the intent: what may not go for want of a place must not take one of everybody's in the ledger.
        Optional<Flights.Call> flight = flights.begin(
                sensed.lease(),
                sensed.outgoing().authority(),
                upstream::cut,
                confirmedBy -> stopped(seal, sensed, grounds.elevation()).or(() -> disowned(confirmedBy)));
        if (flight.isEmpty()) {
            return records.refused(sensed, grounds, Refusals.crowded());
        }
        Outcome<R> outcome = null;
        try {
            outcome = intended(seal, sensed, grounds, confirmation, upstream, flight.get());
            return outcome;
        } finally {
            if (!(outcome instanceof Outcome.Forwarded)) {
                flight.get().close();
            }
        }
    }

    private <R> Outcome<R> intended(
            Seal seal,
            Sensed sensed,
            Grounds grounds,
            Optional<Confirmation> confirmation,
            Observed<R> upstream,
            Flights.Call flight)
            throws LedgerUnavailableException {
        // Durable before anything leaves: a crash may leave evidence of a call that never left, never a call without
        // evidence.
        Optional<Records.Intent> intent = records.intend(sensed, grounds, confirmation);
        if (intent.isEmpty()) {
            return records.refused(sensed, grounds, Refusals.tooLarge());
        }
        try {
            return send(seal, sensed, grounds, confirmation, intent.get(), upstream, flight);
        } catch (RuntimeException | StackOverflowError e) {
            // Nothing of it has left, or the link would have said so: no intent stays without its outcome.
            LOG.log(System.Logger.Level.ERROR, "refused after the intent, because of a failure of ours", e);
            return intent.get().refused(Refusals.ours());
        }
    }

    private <R> Outcome<R> send(
            Seal seal,
            Sensed sensed,
            Grounds grounds,
            Optional<Confirmation> confirmation,
            Records.Intent intent,
            Observed<R> upstream,
            Flights.Call flight) {
        // Once more, now that a kill would find it: it may have been said since the lease was looked at. Before the
        // confirmation is used, which thereby stays good.
        Optional<Refusal> stopped = flight.why();
        if (stopped.isPresent()) {
            return intent.refused(stopped.get());
        }
        upstream.enter(Step.OPEN);
        // Counted before the confirmation is used: of racing copies no more get past this line than the limits let go.
        return switch (velocity.release(seal, sensed, grounds, intent.id())) {
            case Release.Overran(String limit, Refusal refusal) -> intent.overran(limit, refusal);
            case Release.Refused(Refusal refusal) -> intent.refused(refusal);
            case Release.Granted granted -> go(sensed, grounds, confirmation, intent, granted, upstream, flight);
        };
    }

    /** Why what was let through may not go, or not go on. */
    private Optional<Refusal> stopped(Seal seal, Sensed sensed, Optional<String> elevation) {
        return senses.stopped(sensed.lease(), sensed.attempt().upstream())
                .or(() ->
                        elevation.filter(hold -> senses.isWithdrawn(hold, seal)).map(Refusals::withdrawn));
    }

    /** Nothing, if the word of each of those who confirmed it still counts. */
    private Optional<Refusal> disowned(List<String> confirmedBy) {
        return confirmedBy.stream().anyMatch(senses::isKilled) ? Optional.of(Refusals.disowned()) : Optional.empty();
    }

    private <R> Outcome<R> go(
            Sensed sensed,
            Grounds grounds,
            Optional<Confirmation> confirmation,
            Records.Intent intent,
            Release.Granted granted,
            Observed<R> upstream,
            Flights.Call flight) {
        try { // before a confirmation is used
            upstream.lookOut(notices.lookout(sensed));
        } catch (IOException | RuntimeException e) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "refused after the intent, because its answer could not be searched: " + e,
                    withTrace(e));
            velocity.neverLeft(granted);
            return intent.refused(Refusals.unsearched());
        } catch (StackOverflowError e) {
            velocity.neverLeft(granted);
            throw e;
        }
        Opening opening;
        try {
            opening = open(sensed, grounds, confirmation, intent, flight);
        } catch (IOException | RuntimeException e) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "refused after the intent, because no credential could be opened: " + e,
                    withTrace(e));
            velocity.neverLeft(granted);
            return intent.refused(Refusals.unopened(confirmation.isPresent()));
        } catch (StackOverflowError e) {
            velocity.neverLeft(granted);
            throw e;
        }
        return switch (opening) {
            case Opening.Shut(String reason) -> {
                if (confirmation.isEmpty()) {
                    shutOpenings.add(grounds.seal(), sensed, reason);
                }
                velocity.neverLeft(granted);
                yield intent.refused(Refusals.shut(reason));
            }
            case Opening.Unneeded _ -> forward(sensed, intent, granted, Credential.none(), upstream, flight);
            case Opening.Opened(var credential) ->
                forward(sensed, intent, granted, Credential.of(credential), upstream, flight);
        };
    }

    /** Where the keys process is gone, its message says it all. */
    private static @Nullable Exception withTrace(Exception e) {
        return e instanceof RuntimeException ? e : null;
    }

    /** Cuts off whatever is under way or waits and may no longer, because a lease was ended or a kill stops it. */
    public int cutStopped() {
        waits.lookUp();
        int cut = flights.cut();
        records.tellCounted(); // somebody is about to look at what was done under it
        return cut;
    }

    /** Writes down how many refusals were only counted, where nothing was refused after them. For a scheduler. */
    public void tellCounted() {
        records.tellOverdue();
    }

    /** Where agents wait for people. */
    Waits waits() {
        return waits;
    }

    /** Nobody waits for people from now on: each that does is answered as if its time were over. */
    public void endWaits() {
        waits.end();
    }

    private Opening open(
            Sensed sensed,
            Grounds grounds,
            Optional<Confirmation> confirmation,
            Records.Intent intent,
            Flights.Call flight)
            throws IOException {
        Optional<Vault.Proof> proof = Optional.empty();
        if (confirmation.isPresent()) {
            // Single use: of any number of racing copies, one gets past this line.
            Optional<Confirmation.Consumed> used = confirmations.consume(confirmation.get(), intent.id());
            if (used.isEmpty()) {
                return new Opening.Shut(
                        "The confirmation is no longer good: another copy of this request used it, or its time is over.");
            }
            // Said before it is asked: whoever stops one of them from here on finds this call, and cuts it off.
            flight.confirmedBy(used.get().people());
            if (disowned(used.get().people()).isPresent()) {
                return new Opening.Shut(Refusals.DISOWNED);
            }
            proof = used.map(good -> new Vault.Proof(good.statement(), good.signatures()));
        }
        return keys.open(grounds.seal(), sensed, proof);
    }

    private <R> Outcome<R> forward(
            Sensed sensed,
            Records.Intent intent,
            Release.Granted granted,
            Credential credential,
            Observed<R> upstream,
            Flights.Call flight) {
        if (sensed.isPureRead()) {
            upstream.onlyLooks();
        }
        try {
            R answer = upstream.forward(sensed.outgoing(), credential);
            Upstream.Ending ending = upstream.ending(answer);
            Receipt.Result result = intent.result(ending);
            if (result == Receipt.Result.FAILED) {
                velocity.failed(granted);
            }
            return intent.answered(answer, ending, result, flight);
        } catch (NotSentException e) {
            velocity.neverLeft(granted);
            LOG.log(System.Logger.Level.WARNING, "nothing was sent: {0}", e.getMessage());
            return flight.stopped().map(intent::<R>refused).orElseGet(intent::notSent);
        } catch (IOException | RuntimeException | StackOverflowError e) {
            // What does more than look may have happened: whoever asked is told so, and nothing is ever sent again by
            // itself.
            LOG.log(System.Logger.Level.WARNING, "the link died after sending: {0}", e.getMessage());
            return flight.stopped().map(intent::<R>cut).orElseGet(intent::unanswered);
        }
    }
}
