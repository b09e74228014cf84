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
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.policy.FactNames;
import dev.interlock.policy.FormattedText;
import dev.interlock.policy.SealIssue;
import java.time.Instant;
import java.util.ArrayList;
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
 * @param task the template of the agent's lease, if it has one
 * @param cover the lease's scope, where it differs from the template's
 * @param upstream the upstream; empty for the one that has the operation's catalog
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
                .map(fact -> new Fact(fact.getKey(), fact.getValue(), provenance(fact.getKey())))
                .toList();
    }

    private static Provenance provenance(String name) {
        boolean isMeasured = name.startsWith(Fact.PUSHED) || name.startsWith(Fact.COUNT);
        return isMeasured
                ? Provenance.RESOLVED
                : name.startsWith(Fact.ARGUMENT) ? Provenance.CLAIMED : Provenance.SEALED;
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

    /** Throws the first of {@code issues}, if there are any. */
    static void refuse(List<SealIssue> issues) {
        if (!issues.isEmpty()) {
            throw new IllegalArgumentException(issues.getFirst().toString());
        }
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
        List<String> lines = new ArrayList<>(List.of("  - name: " + quoted(name), "    given:"));
        lines.add("      agent: " + quoted(agent));
        task.ifPresent(template -> lines.add("      task: " + quoted(template)));
        cover.ifPresent(lease -> {
            lines.addAll(List.of("      lease:", "        environments: " + list(lease.environments())));
            lines.add("        impacts: " + list(words(lease.impacts())));
            if (!lease.resources().isEmpty()) {
                lines.add("        resources: " + list(texts(lease.resources())));
            }
        });
        lines.add("    when:");
        upstream.ifPresent(through -> lines.add("      upstream: " + quoted(through)));
        lines.add("      operation: " + quoted(operation.toString()));
        lines.add("      impacts: " + list(words(impacts)));
        lines.add("      reversibility: " + reversibility.word());
        if (!touches.stream().allMatch(Placement::known)) {
            lines.add("      known: false");
        }
        if (!facts.isEmpty()) {
            lines.add("      facts:");
            facts.forEach((fact, value) -> lines.add("        " + fact + ": " + quoted(value)));
        }
        lines.add("      touches:");
        for (Placement place : touches) {
            lines.add("        - resource: " + quoted(place.resource().toString()));
            lines.add("          environments: " + list(place.environments()));
            if (!place.groups().isEmpty()) {
                lines.add("          groups: " + list(texts(place.groups())));
            }
        }
        lines.add("    expect: " + expect.word());
        return String.join("\n", lines) + "\n";
    }

    static Set<String> words(Set<Impact> impacts) {
        return impacts.stream().map(Impact::word).collect(Collectors.toSet());
    }

    private static Set<String> texts(Set<Resource> resources) {
        return resources.stream().map(Resource::toString).collect(Collectors.toSet());
    }

    private static String list(Collection<String> items) {
        return "[" + items.stream().sorted().map(HypotheticalAttempt::quoted).collect(Collectors.joining(", ")) + "]";
    }

    private static String quoted(String text) {
        return text.matches("[A-Za-z][A-Za-z0-9._/-]*(:[A-Za-z0-9._/-]+)?")
                        && !text.matches("(?i)true|false|null|yes|no|on|off|y|n")
                ? text
                : new Json.Text(text).canonicalText();
    }
}
