package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.Lease;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.Provenance;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.catalog.mcp.McpAnswer;
import dev.interlock.confirm.Confirmations;
import dev.interlock.evidence.Json;
import dev.interlock.identity.CallIdentity;
import dev.interlock.identity.Identity;
import dev.interlock.identity.LeaseElevation;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.policy.Policies;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Decides by the seal whether a resolved attempt may go, and whether a permitted call still may. It asks nobody and
 * changes nothing. Threading: any.
 */
final class DecisionPoint {

    private final Identity identity;
    private final Policies policies;
    private final LimitEnforcer limits;
    private final Confirmations confirmations;

    DecisionPoint(Identity identity, Policies policies, LimitEnforcer limits, Confirmations confirmations) {
        this.identity = identity;
        this.policies = policies;
        this.limits = limits;
        this.confirmations = confirmations;
    }

    /**
     * The limits only make the verdict stricter. A derived lease is judged with each that it descends from: policies
     * read how narrow a lease is, and a narrower one must never permit more.
     */
    Verdict decide(Seal seal, ResolvedAttempt sensed) {
        return limits.limited(seal, sensed, judge(seal, sensed));
    }

    Optional<Set<String>> argumentsRead(Seal seal) {
        return policies.argumentsRead(seal);
    }

    /**
     * Returns whether {@link #judge} says the same of {@code sensed} and of every read that differs from it only in the
     * identifiers of what it reads: neither a policy nor its lease names one, and so none above it. Cedar refuses a
     * resource in itself, and misreads half a surrogate pair.
     */
    boolean judgesByPlaces(Seal seal, ResolvedAttempt sensed) {
        return sensed.isPureRead()
                && sensed.lease().resources().isEmpty()
                && sensed.placements().values().stream()
                        .allMatch(place -> !place.groups().contains(place.resource())
                                && Json.Text.isScalar(place.resource().id()))
                && sensed.actions().stream()
                        .map(Action::operation)
                        .noneMatch(operation ->
                                !Json.Text.isScalar(operation.name()) || policies.tellApart(seal, operation));
    }

    /** Decides about what was permitted before by the same policies: only the time and other calls may have changed. */
    Verdict decideAgain(Seal seal, ResolvedAttempt sensed, Verdict.Permit before) {
        return policies.isTimely(seal, sensed) ? limits.limited(seal, sensed, before) : decide(seal, sensed);
    }

    /**
     * Returns whether a quantity is unknown that may decide about {@code sensed}, or that people should see: only what
     * is refused whatever it is, and whether it can be put back or not, needs none.
     */
    boolean dependsOnCounts(Seal seal, ResolvedAttempt sensed) {
        List<Action> least = sensed.actions().stream()
                .map(action -> action.withFacts(action.facts().stream()
                        .map(fact -> isUnknown(fact) ? new Fact(fact.name(), "0", fact.provenance()) : fact)
                        .toList()))
                .toList();
        if (least.equals(sensed.actions())) {
            return false;
        }
        ResolvedAttempt smallest = sensed.with(least);
        return !isRefused(seal, smallest)
                || seal.undo()
                        .filter(rules -> !isRefused(seal, sensed.with(PriorState.recoverable(seal, smallest, rules))))
                        .isPresent();
    }

    private boolean isRefused(Seal seal, ResolvedAttempt sensed) {
        return decide(seal, sensed) instanceof Verdict.Refuse;
    }

    private static boolean isUnknown(Fact fact) {
        return fact.name().startsWith(Fact.COUNT)
                && fact.provenance() == Provenance.RESOLVED
                && fact.value().equals(Fact.UNCOUNTED);
    }

    /** Returns whether {@link #judge} may depend on {@code operation}, and not only on its impacts. */
    boolean distinguishes(Seal seal, Operation operation) {
        return policies.distinguishes(seal, operation);
    }

    /** Decides in the same way, but for the limits, which depend on what was sent before. */
    Verdict judge(Seal seal, ResolvedAttempt sensed) {
        Instant now = limits.latest(sensed.attempt().at());
        Verdict verdict = widened(seal, sensed, policies.decideOrObserve(seal, sensed, now), now);
        for (Lease ancestor : identity.ancestors(sensed.lease())) {
            verdict = verdict.and(policies.decideOrObserve(seal, sensed.under(ancestor), now));
        }
        return verdict;
    }

    /**
     * Returns {@code sensed} without the recommendations that would be refused themselves. Only the policies are asked:
     * people sign for the recommendations, which must not come and go with limits and elevations.
     */
    ResolvedAttempt recommending(Seal seal, ResolvedAttempt sensed, Function<Action, Optional<Action>> safer) {
        boolean isAdvised = sensed.actions().stream()
                .flatMap(action -> action.facts().stream())
                .anyMatch(DecisionPoint::isAdvice);
        return !isAdvised
                ? sensed
                : sensed.with(sensed.actions().stream()
                        .map(action -> safer.apply(action)
                                        .filter(other -> isPossible(seal, sensed.with(List.of(other))))
                                        .isPresent()
                                ? action
                                : action.withFacts(action.facts().stream()
                                        .filter(fact -> !isAdvice(fact))
                                        .toList()))
                        .toList());
    }

    private boolean isPossible(Seal seal, ResolvedAttempt sensed) {
        return Stream.concat(Stream.of(sensed.lease()), identity.ancestors(sensed.lease()).stream())
                .noneMatch(lease -> policies.refuses(seal, sensed.under(lease)));
    }

    private static boolean isAdvice(Fact fact) {
        return fact.name().equals(Fact.SAFER);
    }

    /** One of the lease's elevations may cover the attempt, whole; the policies decide under that too. */
    private Verdict widened(Seal seal, ResolvedAttempt sensed, Verdict verdict, Instant now) {
        if (!(verdict instanceof Verdict.Refuse(VerdictReasons _, Refusal refusal))
                || !isBeyondLease(seal, sensed, refusal)) {
            return verdict;
        }
        Verdict refused = verdict;
        Instant time = confirmations.now(); // elevations end by the clock by which they were given
        for (LeaseElevation widening : identity.widenings(sensed.lease(), seal, time)) {
            Duration left = Duration.between(time, widening.until());
            ResolvedAttempt wider = sensed.under(widening.elevation().of(sensed.lease(), now.plus(left)));
            if (!policies.covers(seal, wider)) {
                continue;
            }
            switch (policies.decideOrObserve(seal, wider, now)) {
                case Verdict.Permit(VerdictReasons grounds) -> {
                    return new Verdict.Permit(grounds.elevatedBy(widening.hold()));
                }
                case Verdict.Hold(VerdictReasons grounds, Obligations obligations) -> {
                    return new Verdict.Hold(grounds.elevatedBy(widening.hold()), obligations);
                }
                case Verdict.Refuse refuse -> refused = refuse; // the policy itself refuses it, and says why
            }
        }
        return refused;
    }

    boolean isBeyondLease(Seal seal, ResolvedAttempt sensed, Refusal refusal) {
        return refusal.elevation().isPresent()
                || (refusal.kind() == Refusal.Kind.DENIED
                        && refusal.finality() == Refusal.Finality.FINAL
                        && !policies.covers(seal, sensed));
    }

    /**
     * Returns why the lease of {@code call}, or the elevation that it used, is over at {@code at}: an intent of that
     * time would lie outside of it for ever, although a clock may only have jumped.
     */
    Optional<Refusal> coverageEnded(CallPhase.PermittedCall<?> call, Instant at) {
        Lease lease = call.sensed.lease();
        if (!at.isBefore(lease.expires())) {
            return Optional.of(new CallIdentity.ExpiredLease(lease).refusal());
        }
        return call.grounds
                .elevation()
                .flatMap(hold -> identity.elevatedUntil(hold)
                        .filter(until -> !at.isBefore(until))
                        .map(until -> Refusals.endedElevation(hold, until)));
    }

    /** Returns why a permitted call may not go, or not go on; the people have confirmed it so far. */
    Optional<Refusal> stopReason(CallPhase.PermittedCall<?> call, List<String> confirmedBy) {
        return identity.stopReason(
                        call.sensed.lease(),
                        call.sensed.attempt().upstream(),
                        isPlainRead(call) ? call.seal.readGrace() : Duration.ZERO)
                .or(() -> call.grounds
                        .elevation()
                        .filter(hold -> identity.isWithdrawn(hold, call.seal))
                        .map(Refusals::withdrawn))
                .or(() -> disownedReason(confirmedBy));
    }

    /**
     * Returns whether it may go without the store. What counts, freezes or asks people fails anyway; an elevation may
     * have been withdrawn; and no commit or answer may let an earlier call go on.
     */
    private static boolean isPlainRead(CallPhase.PermittedCall<?> call) {
        return call.sensed.isPureRead()
                && call.confirmation.isEmpty()
                && call.grounds.elevation().isEmpty()
                && !call.sensed.outgoing().completesEarlier()
                && call.sensed.actions().stream()
                        .noneMatch(action -> action.operation().name().equals(McpAnswer.OPERATION));
    }

    Optional<Refusal> disownedReason(List<String> confirmedBy) {
        return confirmedBy.stream().anyMatch(identity::isKilled) ? Optional.of(Refusals.DISOWNED) : Optional.empty();
    }
}
