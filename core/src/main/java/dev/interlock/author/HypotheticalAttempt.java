package dev.interlock.author;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Bytes;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Fact;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.ResourceContainment;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.policy.FactNames;
import dev.interlock.policy.FormattedText;
import dev.interlock.policy.SealIssue;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A hypothetical attempt: scenario tests try it, explanations vary it, and proofs enumerate it.
 *
 * @param agent the agent that acts
 * @param task the template of its lease, if it has one
 * @param cover the lease's scope, where it differs from the template's
 * @param upstream the upstream; empty for the one that has the operation's catalog
 * @param operation the operation that is tried
 * @param impacts the operation's impacts
 * @param reversibility whether it can be undone
 * @param touches the resources that it touches, with their places
 * @param facts the facts of the operation, by name
 */
public record HypotheticalAttempt(
        String agent,
        Optional<String> task,
        Optional<LeaseScope> cover,
        Optional<String> upstream,
        Operation operation,
        Set<Impact> impacts,
        Reversibility reversibility,
        List<Placement> touches,
        SortedMap<String, String> facts) {

    private static final String NO_UPSTREAM = "test";

    /** The scope of a lease; {@code resources} is empty for everything in its environments. */
    public record LeaseScope(Set<String> environments, Set<Impact> impacts, Set<Resource> resources) {
        public LeaseScope {
            environments = Set.copyOf(environments);
            impacts = Set.copyOf(impacts);
            resources = Set.copyOf(resources);
        }
    }

    /**
     * An action as a person describes it.
     *
     * @param operation as {@code railway/volumeDelete}
     * @param impacts the impacts; empty for those in the catalog
     * @param reversibility whether it can be undone, if stated
     * @param resource the resource that it touches, if stated
     * @param environments the resource's environments; empty for those in the seal
     * @param facts the facts of the operation, by name
     */
    public record DescribedAction(
            String operation,
            Set<Impact> impacts,
            Optional<Reversibility> reversibility,
            Optional<Resource> resource,
            Set<String> environments,
            SortedMap<String, String> facts) {
        public DescribedAction {
            impacts = Set.copyOf(impacts);
            environments = Collections.unmodifiableSet(new TreeSet<>(environments));
            facts = Collections.unmodifiableSortedMap(new TreeMap<>(facts));
        }
    }

    public HypotheticalAttempt {
        impacts = Set.copyOf(impacts);
        touches = List.copyOf(touches);
        facts = Collections.unmodifiableSortedMap(new TreeMap<>(facts));
    }

    /**
     * Returns the attempt as the gateway would have resolved it.
     *
     * @throws IllegalArgumentException if {@code seal} knows no such agent or task
     */
    public ResolvedAttempt resolved(Seal seal) {
        Map<Resource, Placement> placements = new TreeMap<>();
        touches.forEach(placement -> placements.put(placement.resource(), placement));
        Action action = new Action(operation, impacts, reversibility, placements.keySet(), actionFacts());
        HttpCall call = new HttpCall("POST", "test", "/", List.of(), List.of(), Bytes.empty());
        BlastRadius radius = new BlastRadius(
                environments(touches),
                impacts.contains(Impact.DESTROY) ? placements.keySet() : Set.of(),
                List.of(),
                List.of(),
                List.of());
        return new ResolvedAttempt(
                new Attempt(upstreamIn(seal), List.of(), Optional.empty(), call, Instant.EPOCH),
                lease(seal),
                List.of(action),
                placements,
                radius,
                call,
                SaltedDigests.OPEN); // it is never recorded
    }

    private List<Fact> actionFacts() {
        return facts.entrySet().stream()
                .map(fact -> new Fact(
                        fact.getKey(),
                        fact.getValue(),
                        fact.getKey().startsWith(Fact.ARGUMENT) ? Provenance.CLAIMED : Provenance.SEALED))
                .toList();
    }

    /** Checks that the operation can have these facts. */
    static void requireFacts(CatalogFacts catalogs, Operation operation, Set<String> names) {
        names.stream()
                .flatMap(name -> FactNames.objection(catalogs, operation, name).stream())
                .findFirst()
                .ifPresent(objection -> {
                    throw new IllegalArgumentException(objection + ".");
                });
    }

    /**
     * Builds the attempt that a person describes briefly. Missing parts get the values that the gateway would find. The
     * impacts are those that the catalog gives for any arguments, and the resource is the provider's account. A
     * resource's place is the one in the seal; without one, the most protected environments.
     *
     * @throws IllegalArgumentException if a part of the description is unknown
     */
    public static HypotheticalAttempt fromDescription(
            Seal seal,
            CatalogFacts catalogs,
            String agent,
            Optional<String> task,
            Optional<LeaseScope> cover,
            DescribedAction described) {
        Operation tried = Operation.parse(described.operation());
        Set<Impact> does = described.impacts().isEmpty() ? catalogs.of(seal).impacts(tried) : described.impacts();
        SealIssue.unknown(
                        "--environment",
                        described.environments(),
                        seal.environments().keySet())
                .stream()
                .findFirst()
                .ifPresent(issue -> {
                    throw new IllegalArgumentException(issue.toString());
                });
        requireFacts(catalogs.of(seal), tried, described.facts().keySet());
        return new HypotheticalAttempt(
                agent,
                task,
                cover,
                Optional.empty(),
                tried,
                does.isEmpty() ? Set.of(Impact.UNKNOWN) : does,
                described.reversibility().orElseGet(() -> catalogs.of(seal).reversibility(tried, does)),
                List.of(placed(
                        seal,
                        described.resource().orElseGet(() -> new Resource(tried.provider(), "account", "self")),
                        does,
                        described.environments())),
                described.facts());
    }

    private static Placement placed(Seal seal, Resource resource, Set<Impact> impacts, Set<String> environments) {
        Optional<Placement> sealed = seal.upstreams().values().stream()
                .flatMap(upstream -> upstream.placement(resource).stream()
                        .map(placement -> new ResourceContainment(upstream).placed(placement, impacts)))
                .findFirst();
        if (environments.isEmpty()) {
            return sealed.orElseGet(
                    () -> new Placement(resource, seal.mostProtected(), Set.of(), Provenance.SEALED, false));
        }
        return new Placement(
                resource, environments, sealed.map(Placement::groups).orElse(Set.of()), Provenance.SEALED, true);
    }

    static Set<String> environments(Collection<Placement> placements) {
        return placements.stream()
                .flatMap(placement -> placement.environments().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private String upstreamIn(Seal seal) {
        List<String> fitting = seal.upstreams().values().stream()
                .filter(known -> known.catalog().equals(operation.provider()))
                .map(Seal.Upstream::name)
                .toList();
        return upstream.orElse(fitting.size() == 1 ? fitting.getFirst() : NO_UPSTREAM);
    }

    private Lease lease(Seal seal) {
        Seal.Agent known = seal.agents().get(agent);
        if (known == null) {
            throw new IllegalArgumentException("There is no agent `" + FormattedText.of(agent) + "`"
                    + only(seal.agents().keySet()));
        }
        LeaseScope covered = covered(seal);
        return new Lease(
                "L-example",
                "L-example",
                known.id(),
                known.owner(),
                LeaseSigners.NOBODY,
                task.orElse("test"),
                task,
                covered.environments(),
                covered.impacts(),
                covered.resources(),
                Optional.empty(),
                Instant.EPOCH,
                Instant.MAX);
    }

    private static String only(Set<String> names) {
        return names.isEmpty() ? "." : ", only " + names.stream().sorted().collect(Collectors.joining(", ")) + ".";
    }

    /** Returns the scope of its lease. */
    LeaseScope covered(Seal seal) {
        return cover.orElseGet(() -> templated(seal, task.orElseThrow()));
    }

    private LeaseScope templated(Seal seal, String name) {
        Seal.TaskTemplate template = seal.tasks().get(name);
        if (template == null) {
            throw new IllegalArgumentException("There is no task template `" + FormattedText.of(name) + "`"
                    + only(seal.tasks().keySet()));
        }
        if (!template.agents().isEmpty() && !template.agents().contains(agent)) {
            throw new IllegalArgumentException("The task `" + name + "` is not for `" + agent + "`.");
        }
        return new LeaseScope(template.environments(), template.impacts(), Set.of());
    }

    /** Formats it as a scenario test to paste under {@code tests:}, with everything that affects the decision. */
    String scenario(String name, Scenario.ExpectedVerdict expect) {
        StringBuilder text =
                new StringBuilder("  - name: ").append(quoted(name)).append("\n    given:\n");
        text.append("      agent: ").append(quoted(agent)).append('\n');
        task.ifPresent(
                template -> text.append("      task: ").append(quoted(template)).append('\n'));
        cover.ifPresent(lease -> {
            text.append("      lease:\n        environments: ").append(list(lease.environments()));
            text.append("        impacts: ").append(list(words(lease.impacts())));
            if (!lease.resources().isEmpty()) {
                text.append("        resources: ").append(list(texts(lease.resources())));
            }
        });
        text.append("    when:\n");
        upstream.ifPresent(through ->
                text.append("      upstream: ").append(quoted(through)).append('\n'));
        text.append("      operation: ").append(quoted(operation.toString())).append('\n');
        text.append("      impacts: ").append(list(words(impacts)));
        text.append("      reversibility: ").append(reversibility.word()).append('\n');
        if (!touches.stream().allMatch(Placement::known)) {
            text.append("      known: false\n");
        }
        if (!facts.isEmpty()) {
            text.append("      facts:\n");
            facts.forEach((fact, value) -> text.append("        ")
                    .append(fact)
                    .append(": ")
                    .append(quoted(value))
                    .append('\n'));
        }
        text.append("      touches:\n");
        for (Placement place : touches) {
            text.append("        - resource: ")
                    .append(quoted(place.resource().toString()))
                    .append('\n');
            text.append("          environments: ").append(list(place.environments()));
            if (!place.groups().isEmpty()) {
                text.append("          groups: ").append(list(texts(place.groups())));
            }
        }
        return text.append("    expect: ").append(expect.word()).append('\n').toString();
    }

    private static Set<String> words(Set<Impact> impacts) {
        return impacts.stream().map(Impact::word).collect(Collectors.toSet());
    }

    private static Set<String> texts(Set<Resource> resources) {
        return resources.stream().map(Resource::toString).collect(Collectors.toSet());
    }

    private static String list(Collection<String> items) {
        return "[" + items.stream().sorted().map(HypotheticalAttempt::quoted).collect(Collectors.joining(", ")) + "]\n";
    }

    private static String quoted(String text) {
        return text.matches("[A-Za-z][A-Za-z0-9._/-]*(:[A-Za-z0-9._/-]+)?")
                        && !text.matches("(?i)true|false|null|yes|no|on|off|y|n")
                ? text
                : new Json.Text(text).canonicalText();
    }
}
