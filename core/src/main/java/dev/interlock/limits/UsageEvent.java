package dev.interlock.limits;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.SealLimits;
import dev.interlock.action.SealLimits.GroupingKey;
import dev.interlock.evidence.IntentMeaning;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Keyword;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * One action of an attempt that was released, or asks to be.
 *
 * @param attempt the key that all actions of one attempt share: its intent
 * @param resources the resources it touches, folded: another spelling counts as the same
 * @param lost how many resources the attempt as a whole would lose, if this action destroys
 */
record UsageEvent(
        String attempt,
        Instant at,
        String lease,
        String person,
        String agent,
        String task,
        String upstream,
        Operation operation,
        Set<Impact> impacts,
        Set<String> resources,
        Set<String> groups,
        Set<String> environments,
        List<Fact> facts,
        long lost) {

    /** The group of what is in a receipt, which names no groups: any. No resource is written like this. */
    static final String ANY_GROUP = "*";

    UsageEvent {
        impacts = Collections.unmodifiableSet(new TreeSet<>(impacts));
        resources = Collections.unmodifiableSet(new TreeSet<>(resources));
        groups = Collections.unmodifiableSet(new TreeSet<>(groups));
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
        facts = List.copyOf(facts);
    }

    static List<UsageEvent> of(String attempt, Instant at, ResolvedAttempt sensed) {
        Lease lease = sensed.lease();
        List<UsageEvent> deeds = new ArrayList<>();
        for (Action action : sensed.actions()) {
            Set<String> resources = new TreeSet<>();
            Set<String> groups = new TreeSet<>();
            Set<String> environments = new TreeSet<>();
            for (Resource resource : action.resources()) {
                Placement place = sensed.placement(resource);
                resources.add(resource.folded());
                place.groups().forEach(group -> groups.add(group.folded()));
                environments.addAll(place.environments());
            }
            deeds.add(new UsageEvent(
                    attempt,
                    at,
                    lease.root(),
                    lease.person(),
                    lease.agent(),
                    lease.task(),
                    sensed.attempt().upstream(),
                    action.operation(),
                    action.impacts(),
                    resources,
                    groups,
                    environments,
                    action.facts(),
                    action.has(Impact.DESTROY) ? sensed.radius().lost().size() : 0));
        }
        return deeds;
    }

    /** Returns the actions of a released call by its receipt. They count for any group: a receipt does not name it. */
    static List<UsageEvent> of(Receipt intent) {
        Json.Members members = intent.members();
        return of(
                intent.id(),
                intent.at(),
                members.optionalText("root").orElseGet(() -> members.text("lease")),
                members,
                IntentMeaning.members(intent));
    }

    /** Returns the actions of a call by what people are asked about it, as if it were released at {@code at}. */
    static List<UsageEvent> of(Statement asked, Instant at) {
        return of(asked.hold(), at, asked.lease(), asked.json(), asked.meaning());
    }

    private static List<UsageEvent> of(
            String attempt, Instant at, String lease, Json.Members members, Json.Members meaning) {
        List<UsageEvent> deeds = new ArrayList<>();
        for (Json.Members action : meaning.objects("actions")) {
            Set<Impact> impacts =
                    action.texts("impacts").stream().map(Impact::of).collect(Collectors.toCollection(TreeSet::new));
            List<Json.Members> resources = action.objects("resources");
            deeds.add(new UsageEvent(
                    attempt,
                    at,
                    lease,
                    members.text("person"),
                    members.text("agent"),
                    members.text("task"),
                    members.text("upstream"),
                    Operation.parse(action.text("operation")),
                    impacts,
                    resources.stream()
                            .map(resource -> Resource.parse(resource.text("id")).folded())
                            .collect(Collectors.toSet()),
                    Set.of(ANY_GROUP),
                    resources.stream()
                            .flatMap(resource -> resource.texts("environments").stream())
                            .collect(Collectors.toSet()),
                    action.objects("facts").stream().map(UsageEvent::fact).toList(),
                    impacts.contains(Impact.DESTROY)
                            ? meaning.object("radius").texts("lost").size()
                            : 0));
        }
        return deeds;
    }

    static Fact fact(Json.Members fact) {
        return new Fact(
                fact.text("name"),
                fact.text("value"),
                Keyword.find(Provenance.class, fact.text("provenance")).orElseThrow());
    }

    UsageEvent with(List<Fact> others) {
        return new UsageEvent(
                attempt,
                at,
                lease,
                person,
                agent,
                task,
                upstream,
                operation,
                impacts,
                resources,
                groups,
                environments,
                others,
                lost);
    }

    boolean fits(SealLimits.ActionSelector selector) {
        return selector.fits(operation, impacts, environments, facts);
    }

    /** Returns its values of {@code facet}. A resource that contains others counts as a group too. */
    Set<String> of(GroupingKey facet) {
        return switch (facet) {
            case LEASE -> Set.of(lease);
            case PERSON -> Set.of(person);
            case AGENT -> Set.of(agent);
            case TASK -> Set.of(task);
            case UPSTREAM -> Set.of(upstream);
            case ENVIRONMENT -> environments;
            case GROUP -> reach();
            case RESOURCE -> resources;
        };
    }

    /** Returns whether it lies in one of {@code resources}, or in a group that is not known. */
    boolean isWithin(Set<String> resources) {
        return groups.contains(ANY_GROUP) || !Collections.disjoint(groups, resources);
    }

    /** Returns the resources it touches, and the groups they lie in. */
    Set<String> reach() {
        Set<String> all = new TreeSet<>(resources);
        all.addAll(groups);
        return all;
    }
}
