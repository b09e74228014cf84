package dev.interlock.limits;

import dev.interlock.action.Action;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.action.SealLimits.ActionSelector;
import dev.interlock.action.SealLimits.Budget;
import dev.interlock.action.SealLimits.GroupingKey;
import dev.interlock.testing.TestingWorld;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Short factories of attempts and limits. */
final class LimitSamples {

    static final Set<Impact> WRITE = Set.of(Impact.WRITE);
    static final Set<Impact> DESTROY = Set.of(Impact.DESTROY);

    private LimitSamples() {}

    static Seal seal(SealLimits limits) {
        return new TestingWorld().seal().with(parts -> parts.limits = limits);
    }

    static Seal seal(Budget budget) {
        return seal(new SealLimits(Map.of(budget.name(), budget), Map.of()));
    }

    static Seal seal(SealLimits.Sequence sequence) {
        return seal(new SealLimits(Map.of(), Map.of(sequence.name(), sequence)));
    }

    static ActionSelector any(Set<Impact> impacts) {
        return new ActionSelector(impacts, Set.of(), Set.of(), Map.of());
    }

    static ActionSelector only(String operation) {
        return new ActionSelector(Set.of(), Set.of(new Operation("railway", operation)), Set.of(), Map.of());
    }

    static Budget budget(Set<Impact> impacts, long atMost, GroupingKey... per) {
        return new Budget("much", Set.of(per), any(impacts), atMost, Duration.ofHours(1), Optional.empty());
    }

    static Obligations owners(int count) {
        return new Obligations(
                Set.of(new Obligations.Quorum(count, "owners")),
                Duration.ZERO,
                Optional.empty(),
                OptionalLong.empty(),
                false,
                false);
    }

    /** Returns one action on each of {@code volumes}, which lie in {@code railway:project/p}. */
    static ResolvedAttempt attempt(Lease lease, String operation, Set<Impact> impacts, String... volumes) {
        List<Action> actions = new ArrayList<>();
        Map<Resource, Placement> places = new TreeMap<>();
        for (String volume : volumes) {
            Resource resource = new Resource("railway", "volume", volume);
            places.put(resource, place(resource, Set.of("staging")));
            actions.add(action(operation, impacts, Set.of(resource)));
        }
        return sensed(lease, actions, places, impacts.contains(Impact.DESTROY) ? places.keySet() : Set.of());
    }

    static Action action(String operation, Set<Impact> impacts, Set<Resource> resources) {
        return new Action(
                new Operation("railway", operation),
                EnumSet.copyOf(impacts),
                Reversibility.REVERSIBLE,
                resources,
                List.of(new Fact("argument.kinds", "[]", Provenance.CLAIMED)));
    }

    static Placement place(Resource resource, Set<String> environments) {
        return new Placement(
                resource, environments, Set.of(new Resource("railway", "project", "p")), Provenance.RESOLVED, true);
    }

    static ResolvedAttempt sensed(
            Lease lease, List<Action> actions, Map<Resource, Placement> places, Set<Resource> lost) {
        ResolvedAttempt some = TestingWorld.deletion("any", "staging");
        Set<String> environments = new TreeSet<>();
        places.values().forEach(place -> environments.addAll(place.environments()));
        return new ResolvedAttempt(
                some.attempt(),
                lease,
                actions,
                places,
                new BlastRadius(environments, lost, List.of(), List.of(), List.of()),
                some.outgoing(),
                SaltedDigests.OPEN);
    }

    static Lease lease(String id, String root) {
        Lease lease = TestingWorld.lease(root);
        return new Lease(
                id,
                root,
                lease.agent(),
                lease.person(),
                LeaseSigners.NOBODY,
                lease.task(),
                lease.template(),
                lease.environments(),
                lease.impacts(),
                lease.resources(),
                lease.place(),
                lease.issued(),
                lease.expires());
    }
}
