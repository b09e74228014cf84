package dev.interlock.author;

import dev.interlock.action.Action;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Placement;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.policy.PolicyAnalysis;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Makes variants of one attempt, each with one change that the seal makes possible. The smallest changes come first.
 */
final class Variations {

    /** One variant; {@code seal} differs only where the agent itself does. */
    record Variation(String kind, String words, Seal seal, ResolvedAttempt resolved) {}

    private final Seal seal;
    private final ResolvedAttempt sensed;
    private final PolicyAnalysis policies;
    private final List<Variation> all = new ArrayList<>();

    Variations(Seal seal, ResolvedAttempt sensed, PolicyAnalysis policies) {
        this.seal = seal;
        this.sensed = sensed;
        this.policies = policies;
    }

    List<Variation> all() {
        facts();
        arguments();
        impacts();
        environments();
        resources();
        leases();
        tasks();
        agents();
        teams();
        return List.copyOf(all);
    }

    private void facts() {
        for (Reversibility reversibility : Reversibility.values()) {
            acting(
                    "fact",
                    "if it were `" + reversibility.word() + "`",
                    action -> new Action(
                            action.operation(), action.impacts(), reversibility, action.resources(), action.facts()));
        }
        if (sensed.placements().values().stream().anyMatch(place -> !place.known())) {
            placing("fact", "if its environment were known", place -> known(place, true));
        }
        if (sensed.placements().values().stream().anyMatch(Placement::known)) {
            placing(
                    "fact",
                    "if its environment were not known",
                    place -> inEnvironments(known(place, false), seal.mostProtected()));
        }
        if (!sensed.radius().lost().isEmpty()) {
            add(
                    "fact",
                    "if nothing were lost",
                    with(sensed.lease(), sensed.actions(), sensed.placements(), nothingLost()));
        }
    }

    /** Varies the arguments that the attempt has, by the texts that policies compare them with. */
    private void arguments() {
        Set<String> given = sensed.actions().stream()
                .flatMap(action -> action.facts().stream())
                .flatMap(fact -> fact.argument().stream())
                .collect(Collectors.toCollection(TreeSet::new));
        policies.comparedArguments().stream()
                .flatMap(compared -> compared.entrySet().stream())
                .filter(argument -> given.contains(argument.getKey()))
                .distinct()
                .forEach(argument -> acting(
                        "fact",
                        "if its `" + argument.getKey() + "` were `" + argument.getValue() + "`",
                        action -> action.withFacts(action.facts().stream()
                                .map(fact -> fact.argument()
                                                .filter(argument.getKey()::equals)
                                                .isPresent()
                                        ? new Fact(fact.name(), argument.getValue(), fact.provenance())
                                        : fact)
                                .toList())));
    }

    private BlastRadius nothingLost() {
        return new BlastRadius(sensed.radius().environments(), Set.of(), List.of(), List.of(), List.of());
    }

    private void impacts() {
        if (sensed.actions().stream().anyMatch(action -> action.has(Impact.UNKNOWN))) {
            return; // an operation that no catalog knows is refused with any impact
        }
        for (Impact impact : Impact.values()) {
            if (impact != Impact.UNKNOWN) {
                acting(
                        "impact",
                        "if its only impact were `" + impact.word() + "`",
                        action -> new Action(
                                action.operation(),
                                Set.of(impact),
                                action.reversibility(),
                                action.resources(),
                                action.facts()));
            }
        }
    }

    private void environments() {
        for (String environment : seal.environments().keySet()) {
            placing(
                    "environment",
                    "if all of it were only in `" + environment + "`",
                    place -> inEnvironments(place, Set.of(environment)));
        }
        seal.environments().keySet().stream()
                .filter(environment -> !sensed.environments().contains(environment))
                .forEach(environment -> placing("environment", "if it were also in `" + environment + "`", place -> {
                    Set<String> more = new TreeSet<>(place.environments());
                    more.add(environment);
                    return inEnvironments(place, more);
                }));
    }

    /**
     * Varies the resource, if the attempt touches only one: others of the same provider that the seal or a policy
     * names.
     */
    private void resources() {
        if (sensed.placements().size() != 1) {
            return;
        }
        Placement now = sensed.placements().values().iterator().next();
        Map<Resource, Placement> placed = new TreeMap<>();
        for (Seal.Upstream upstream : seal.upstreams().values()) {
            placed.putAll(upstream.resources());
        }
        Set<Resource> others = new TreeSet<>(placed.keySet());
        others.addAll(policies.resources());
        for (Resource other : others) {
            if (!other.equals(now.resource())
                    && other.provider().equals(now.resource().provider())) {
                Placement place = placed.getOrDefault(
                        other, new Placement(other, now.environments(), now.groups(), now.provenance(), now.known()));
                instead(other, place);
                if (!now.groups().contains(other)) {
                    placing("resource", "if it were in the group `" + other + "`", was -> {
                        Set<Resource> groups = new TreeSet<>(was.groups());
                        groups.add(other);
                        return new Placement(was.resource(), was.environments(), groups, was.provenance(), was.known());
                    });
                }
            }
        }
    }

    private void instead(Resource other, Placement place) {
        List<Action> actions = sensed.actions().stream()
                .map(action -> new Action(
                        action.operation(), action.impacts(), action.reversibility(), Set.of(other), action.facts()))
                .toList();
        Map<Resource, Placement> placements = Map.of(other, place);
        add(
                "resource",
                "if it were `" + other + "` in " + words(place.environments()),
                with(sensed.lease(), actions, placements, radius(actions, placements)));
    }

    private void leases() {
        Lease lease = sensed.lease();
        Set<String> environments = new TreeSet<>(lease.environments());
        environments.addAll(sensed.environments());
        Set<Impact> impacts = EnumSet.copyOf(lease.impacts());
        impacts.addAll(sensed.actions().stream()
                .map(seal::classified)
                .flatMap(action -> action.impacts().stream())
                .toList());
        impacts.remove(Impact.UNKNOWN);
        Set<String> more = without(environments, lease.environments());
        Set<Impact> further = without(impacts, lease.impacts());
        if (!more.isEmpty()) {
            lease("if the lease also named " + words(more), environments, lease.impacts(), lease.resources());
        }
        if (!further.isEmpty()) {
            lease("if the lease also allowed " + impacts(further), lease.environments(), impacts, lease.resources());
        }
        if (!more.isEmpty() && !further.isEmpty()) {
            lease(
                    "if the lease also named " + words(more) + " and allowed " + impacts(further),
                    environments,
                    impacts,
                    lease.resources());
        }
        if (!lease.resources().isEmpty()) {
            lease("if the lease covered all resources", lease.environments(), lease.impacts(), Set.of());
        }
        for (String environment : lease.environments()) {
            if (lease.environments().size() > 1) {
                lease(
                        "if the lease did not name `" + environment + "`",
                        without(lease.environments(), Set.of(environment)),
                        lease.impacts(),
                        lease.resources());
            }
        }
    }

    private void lease(String words, Set<String> environments, Set<Impact> impacts, Set<Resource> resources) {
        Lease was = sensed.lease();
        leased(
                "lease",
                words,
                lease(was, was.agent(), was.person(), was.task(), was.template(), environments, impacts, resources));
    }

    private void tasks() {
        Lease was = sensed.lease();
        for (Seal.TaskTemplate task : seal.tasks().values()) {
            boolean allowed = task.agents().isEmpty() || task.agents().contains(was.agent());
            if (allowed && !was.template().equals(Optional.of(task.name()))) {
                leased(
                        "task",
                        "under the task `" + task.name() + "`",
                        lease(
                                was,
                                was.agent(),
                                was.person(),
                                task.name(),
                                Optional.of(task.name()),
                                task.environments(),
                                task.impacts(),
                                Set.of()));
            }
        }
    }

    private void agents() {
        Lease was = sensed.lease();
        for (Seal.Agent agent : seal.agents().values()) {
            boolean allowed = was.template()
                    .map(seal.tasks()::get)
                    .map(task -> task.agents().isEmpty() || task.agents().contains(agent.id()))
                    .orElse(true);
            if (allowed && !agent.id().equals(was.agent())) {
                leased(
                        "agent",
                        "as `" + agent.id() + "`",
                        lease(
                                was,
                                agent.id(),
                                agent.owner(),
                                was.task(),
                                was.template(),
                                was.environments(),
                                was.impacts(),
                                was.resources()));
            }
        }
    }

    private void teams() {
        Seal.Agent agent = seal.agents().get(sensed.lease().agent());
        if (agent == null) {
            return;
        }
        Set<String> teams = new TreeSet<>();
        seal.agents().values().forEach(known -> teams.addAll(known.teams()));
        for (String team : teams) {
            boolean member = agent.teams().contains(team);
            Set<String> other = new TreeSet<>(agent.teams());
            if (!(member ? other.remove(team) : other.add(team))) {
                continue;
            }
            all.add(new Variation(
                    "team",
                    "if the agent were " + (member ? "not " : "") + "in the team `" + team + "`",
                    with(new Seal.Agent(agent.id(), agent.owner(), other)),
                    sensed));
        }
    }

    /** Returns the seal with one agent replaced; the policies stay the same, and so does its id. */
    private Seal with(Seal.Agent agent) {
        Map<String, Seal.Agent> agents = new TreeMap<>(seal.agents());
        agents.put(agent.id(), agent);
        return seal.with(parts -> parts.agents = agents);
    }

    private interface OfAction {
        Action apply(Action action);
    }

    private interface OfPlace {
        Placement apply(Placement place);
    }

    private void acting(String kind, String words, OfAction change) {
        List<Action> actions = sensed.actions().stream()
                .map(seal::classified)
                .map(change::apply)
                .toList();
        add(kind, words, with(sensed.lease(), actions, sensed.placements(), radius(actions, sensed.placements())));
    }

    private void placing(String kind, String words, OfPlace change) {
        Map<Resource, Placement> placements = new TreeMap<>();
        sensed.placements().forEach((resource, place) -> placements.put(resource, change.apply(place)));
        add(kind, words, with(sensed.lease(), sensed.actions(), placements, radius(sensed.actions(), placements)));
    }

    private void leased(String kind, String words, Lease lease) {
        add(kind, words, with(lease, sensed.actions(), sensed.placements(), sensed.radius()));
    }

    private void add(String kind, String words, ResolvedAttempt changed) {
        if (!changed.equals(sensed)) {
            all.add(new Variation(kind, words, seal, changed));
        }
    }

    private ResolvedAttempt with(
            Lease lease, List<Action> actions, Map<Resource, Placement> placements, BlastRadius radius) {
        return new ResolvedAttempt(
                sensed.attempt(), lease, actions, placements, radius, sensed.outgoing(), sensed.digests());
    }

    /**
     * Returns the changed blast radius. Only destroyed resources are lost; if none was lost before, all touched ones
     * are.
     */
    private BlastRadius radius(List<Action> actions, Map<Resource, Placement> placements) {
        boolean destroys = actions.stream().anyMatch(action -> action.has(Impact.DESTROY));
        BlastRadius was = sensed.radius();
        Set<String> environments = HypotheticalAttempt.environments(placements.values());
        if (!destroys) {
            return new BlastRadius(environments, Set.of(), List.of(), List.of(), List.of());
        }
        boolean same =
                placements.keySet().containsAll(was.lost()) && !was.lost().isEmpty();
        return new BlastRadius(
                environments,
                same ? was.lost() : placements.keySet(),
                same ? was.lostBackups() : List.of(),
                same ? was.survivors() : List.of(),
                was.notes());
    }

    private static Placement inEnvironments(Placement place, Set<String> environments) {
        return new Placement(place.resource(), environments, place.groups(), place.provenance(), place.known());
    }

    private static Placement known(Placement place, boolean known) {
        return new Placement(place.resource(), place.environments(), place.groups(), place.provenance(), known);
    }

    private static Lease lease(
            Lease was,
            String agent,
            String person,
            String task,
            Optional<String> template,
            Set<String> environments,
            Set<Impact> impacts,
            Set<Resource> resources) {
        return new Lease(
                was.id(),
                was.root(),
                agent,
                person,
                LeaseSigners.NOBODY,
                task,
                template,
                environments,
                impacts,
                resources,
                was.place(),
                was.issued(),
                was.expires());
    }

    private static <T> Set<T> without(Set<T> all, Set<T> some) {
        Set<T> rest = new TreeSet<>(all);
        rest.removeAll(some);
        return rest;
    }

    private static String impacts(Set<Impact> impacts) {
        return words(impacts.stream().map(Impact::word).collect(Collectors.toCollection(TreeSet::new)));
    }

    private static String words(Set<String> names) {
        return names.stream().map(name -> "`" + name + "`").collect(Collectors.joining(" and "));
    }
}
