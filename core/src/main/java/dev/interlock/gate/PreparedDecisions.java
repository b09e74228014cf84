package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.MemoryEstimate;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.SampledCache;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.evidence.Json;
import dev.interlock.identity.Identity;
import dev.interlock.inventory.Inventory;
import dev.interlock.inventory.LocatedActions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What was permitted before, under the seal in force. A call that does the same again takes the short path through
 * {@link Gate}: nothing is located, decided or described twice.
 *
 * <p>INVARIANT: a decision is prepared only if it follows from its key, which never changes: seal, upstream, lease with
 * its ancestors, actions. Arguments that no policy reads are no part of it. Whatever may change is asked for each call
 * on both paths: who calls, and whether they still may; what the call carries and means; the clock, freezes, limits and
 * plans. Of what a call writes, no text stays in memory. Where nothing names a resource, a read of another one in the
 * same places is decided alike; it is located and described itself. Threading: any.
 */
final class PreparedDecisions {

    /** Maximum decisions. Of an agent that never does the same twice, the last stay. */
    private static final int MAX_DECISIONS = 500;

    /** Maximum weight of the actions of one decision. Its receipt takes some times that. */
    private static final int MAX_WEIGHT = 4 * 1024;

    private static final Set<Impact> LOSING_NOTHING = EnumSet.of(Impact.READ, Impact.WRITE);

    private final Identity identity;
    private final Inventory inventory;
    private volatile Optional<SealDecisions> current = Optional.empty();

    PreparedDecisions(Identity identity, Inventory inventory) {
        this.identity = identity;
        this.inventory = inventory;
    }

    /** @param told the receipt's members for {@code actions}, without those of the request */
    record PreparedDecision(List<Action> actions, LocatedActions located, Verdict.Permit permit, Json.Members told) {}

    private record Key(String upstream, Lease lease, List<Lease> ancestors, List<Action> actions) {}

    /** {@code read} are the arguments that policies read; {@code alike} decides by places, and by no identifier. */
    private record SealDecisions(
            Seal seal,
            Set<String> read,
            SampledCache<Key, PreparedDecision> decisions,
            SampledCache<List<Object>, Verdict.Permit> alike) {}

    Optional<PreparedDecision> find(Seal seal, String upstream, Lease lease, List<Action> actions) {
        return under(seal).flatMap(its -> its.decisions().get(key(its, upstream, lease, actions)));
    }

    /** Finds what was permitted of a read in the same places. */
    Optional<Verdict.Permit> findAlike(Seal seal, ResolvedAttempt sensed) {
        return under(seal).flatMap(its -> its.alike().get(places(its, sensed)));
    }

    /**
     * Prepares what {@code call} was permitted for the next call that does the same.
     *
     * @param read the arguments that policies of the seal read
     * @param isByPlaces whether also for the next read in the same places
     */
    void prepare(CallPhase.ResolvedCall<?> call, Verdict.Permit permit, Set<String> read, boolean isByPlaces) {
        ResolvedAttempt sensed = call.sensed;
        if (!call.gaps.isEmpty() || call.prior.isPresent() || !isLasting(permit.grounds())) {
            return;
        }
        String upstream = sensed.attempt().upstream();
        if (isSmall(sensed.actions())
                && sensed.attempt().undoes().isEmpty()
                && sensed.actions().stream().allMatch(PreparedDecisions::losesNothing)
                && inventory.isPlacedBySeal(call.seal, upstream, sensed.actions())) {
            SealDecisions its = under(call.seal).orElseGet(() -> begin(call.seal, read));
            if (isByPlaces) {
                its.alike().offer(places(its, sensed), () -> permit);
            }
            Key key = key(its, upstream, sensed.lease(), sensed.actions());
            ResolvedAttempt kept = sensed.isPureRead() ? sensed : sensed.with(key.actions());
            if (kept.isPureRead() || kept.actions().stream().noneMatch(PreparedDecisions::holdsText)) {
                its.decisions()
                        .offer(
                                key,
                                () -> new PreparedDecision(
                                        kept.actions(),
                                        new LocatedActions(sensed.placements(), sensed.radius(), List.of()),
                                        permit,
                                        ReceiptMembers.withoutRequest(kept, permit.grounds())
                                                .prepared()));
            }
        }
    }

    /**
     * Returns whether {@code actions}, which are not prepared, are located and decided in less time than a hand-over.
     */
    boolean isQuick(Seal seal, String upstream, List<Action> actions) {
        return isSmall(actions)
                && actions.stream().allMatch(action -> action.isPureRead() && losesNothing(action))
                && inventory.isPlacedBySeal(seal, upstream, actions);
    }

    private static boolean isSmall(List<Action> actions) {
        return actions.stream().mapToLong(MemoryEstimate::of).sum() <= MAX_WEIGHT;
    }

    private static boolean holdsText(Action action) {
        return action.facts().stream().anyMatch(Fact::isSalted);
    }

    /** Whether a recommendation stands depends on the time, and what would be lost on others' work. */
    private static boolean losesNothing(Action action) {
        return LOSING_NOTHING.containsAll(action.impacts())
                && action.facts().stream().noneMatch(fact -> fact.name().equals(Fact.SAFER));
    }

    /** Elevations and observing end, and a reached limit does not stay reached. */
    private static boolean isLasting(VerdictReasons grounds) {
        return grounds.equals(new VerdictReasons(grounds.seal(), grounds.policies()));
    }

    private Key key(SealDecisions its, String upstream, Lease lease, List<Action> actions) {
        return new Key(
                upstream,
                lease,
                identity.ancestors(lease),
                actions.stream()
                        .map(action -> action.withFacts(read(its, action)))
                        .toList());
    }

    /** Returns the key for {@link SealDecisions#alike}. The types of its items say where the next action begins. */
    private List<Object> places(SealDecisions its, ResolvedAttempt sensed) {
        Lease lease = sensed.lease();
        List<Object> key = new ArrayList<>(List.of(sensed.attempt().upstream(), lease, identity.ancestors(lease)));
        for (Action action : sensed.actions()) {
            key.addAll(List.of(action.operation(), action.reversibility(), read(its, action)));
            for (Resource resource : action.resources()) {
                Placement place = sensed.placement(resource);
                key.addAll(List.of(resource.provider(), resource.type(), place.environments(), place.groups()));
                key.add(place.known());
            }
        }
        return key;
    }

    private static List<Fact> read(SealDecisions its, Action action) {
        return action.facts().stream()
                .filter(fact -> !isUnreadArgument(fact, its.read()))
                .toList();
    }

    private static boolean isUnreadArgument(Fact fact, Set<String> read) {
        return fact.provenance() == Provenance.CLAIMED
                && fact.name().startsWith(Fact.ARGUMENT)
                && fact.readAs().filter(read::contains).isEmpty();
    }

    @SuppressWarnings("ReferenceEquality") // the seal in force is one object; comparing two takes long
    private Optional<SealDecisions> under(Seal seal) {
        return current.filter(its -> its.seal() == seal);
    }

    private SealDecisions begin(Seal seal, Set<String> read) {
        SealDecisions fresh =
                new SealDecisions(seal, read, new SampledCache<>(MAX_DECISIONS), new SampledCache<>(MAX_DECISIONS));
        current = Optional.of(fresh);
        return fresh;
    }
}
