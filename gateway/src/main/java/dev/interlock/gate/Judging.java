package dev.interlock.gate;

import dev.interlock.action.Grounds;
import dev.interlock.action.Lease;
import dev.interlock.action.Obligations;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import dev.interlock.action.Verdict;
import dev.interlock.confirm.Confirmations;
import dev.interlock.identity.Widening;
import dev.interlock.policy.Policies;
import dev.interlock.velocity.Velocity;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the seal says of an attempt that was understood: nothing is asked of anybody, and nothing changes by it.
 *
 * <p>Threading: any.
 */
final class Judging {

    private final Senses senses;
    private final Policies policies;
    private final Velocity velocity;
    private final Confirmations confirmations;

    Judging(Senses senses, Policies policies, Velocity velocity, Confirmations confirmations) {
        this.senses = senses;
        this.policies = policies;
        this.velocity = velocity;
        this.confirmations = confirmations;
    }

    /**
     * The policies decide about one attempt, the limits about what it adds up to: they only make it stricter. A derived
     * lease is judged together with each that it descends from: policies read how narrow a lease is, and being narrower
     * must never permit more.
     */
    Verdict of(Seal seal, Sensed sensed) {
        Instant now = velocity.latest(sensed.attempt().at());
        Verdict verdict = widened(seal, sensed, policies.decideOrObserve(seal, sensed, now), now);
        for (Lease ancestor : senses.ancestors(sensed.lease())) {
            verdict = verdict.and(policies.decideOrObserve(seal, sensed.under(ancestor), now));
        }
        return velocity.limited(seal, sensed, verdict);
    }

    /**
     * What the lease does not cover by itself may be covered by what people gave it besides: the whole of an attempt by
     * one such scope. All that policies say is said of it as well.
     */
    private Verdict widened(Seal seal, Sensed sensed, Verdict verdict, Instant now) {
        if (!(verdict instanceof Verdict.Refuse(Grounds _, Refusal refusal))
                || refusal.elevation().isEmpty()) {
            return verdict;
        }
        Instant time = confirmations.now(); // what people give ends by the clock by which they gave it
        for (Widening widening : senses.widenings(sensed.lease(), seal, time)) {
            Duration left = Duration.between(time, widening.until());
            Lease wider = widening.elevation().of(sensed.lease(), now.plus(left));
            Verdict other = policies.decideOrObserve(seal, sensed.under(wider), now);
            switch (other) {
                case Verdict.Permit(Grounds grounds) -> {
                    return new Verdict.Permit(grounds.elevatedBy(widening.hold()));
                }
                case Verdict.Hold(Grounds grounds, Obligations obligations) -> {
                    return new Verdict.Hold(grounds.elevatedBy(widening.hold()), obligations);
                }
                case Verdict.Refuse(Grounds _, Refusal why) -> {
                    if (why.elevation().isEmpty()) { // policy itself refuses it, and says why
                        return other;
                    }
                }
            }
        }
        return verdict;
    }

    /**
     * Returns why {@code call}, which was permitted, may not go or not go on, if it may not.
     *
     * @param confirmedBy the people who have confirmed it, as far as it has got
     */
    Optional<Refusal> stopped(CallPhase.Permitted<?> call, List<String> confirmedBy) {
        return senses.stopped(call.sensed.lease(), call.sensed.attempt().upstream())
                .or(() -> call.grounds
                        .elevation()
                        .filter(hold -> senses.isWithdrawn(hold, call.seal))
                        .map(Refusals::withdrawn))
                .or(() -> disowned(confirmedBy));
    }

    /** Returns a refusal if the signature of any of {@code confirmedBy} counts no more. */
    Optional<Refusal> disowned(List<String> confirmedBy) {
        return confirmedBy.stream().anyMatch(senses::isKilled) ? Optional.of(Refusals.disowned()) : Optional.empty();
    }
}
