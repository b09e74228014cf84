package dev.interlock.author;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.author.ObservedUse.PlacedOperation;
import dev.interlock.policy.Annotations;
import dev.interlock.policy.PolicyRule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Writes the permits for observed uses, as a person would write them.
 *
 * <p>Reads without obligations become a permit for every read of the same agents under the same tasks in the same
 * environment, and so do writes outside protected environments. Every other impact is permitted only for the operations
 * that were used, and on the resources that were used. Where people confirmed each use, and no environment is
 * protected, three resources of a kind stand for all of that kind.
 */
final class LearnedPermits {

    /** From this number of confirmed resources of a kind on, the permit is for all of that kind. */
    private static final int KIND_FROM = 3;

    /** The agents and tasks of a permit. */
    private record Actors(Set<String> agents, Set<String> tasks) {}

    /** What a widened permit is about, apart from the operations. */
    private record WideGroup(Impact impact, String environment, String task) {}

    /** What an exact permit is about, apart from operation and resources. */
    private record ExactGroup(Impact impact, String environment, String task, Obligations obligations) {}

    /**
     * A permit without its number.
     *
     * @param name what it is about, as a part of its id
     * @param comment what was seen, and what is wider than that
     * @param action the action part of its head
     */
    private record Permit(
            String name,
            List<String> comment,
            Obligations obligations,
            Actors actors,
            String action,
            String environment,
            List<String> conditions) {}

    private final Seal draft;
    private final CatalogFacts catalogs;
    private final Map<ObservedUse, Obligations> uses;
    private final Map<ObservedUse, Long> calls;
    private final Set<PlacedOperation> single = new HashSet<>();

    /**
     * Creates the permits.
     *
     * @param uses with their obligations
     * @param calls the number of calls of each use
     * @param refused the operations that no wider permit may cover, because some of their uses were refused
     */
    LearnedPermits(
            Seal draft,
            CatalogFacts catalogs,
            Map<ObservedUse, Obligations> uses,
            Map<ObservedUse, Long> calls,
            Set<PlacedOperation> refused) {
        this.draft = draft;
        this.catalogs = catalogs;
        this.uses = uses;
        this.calls = calls;
        single.addAll(refused);
        uses.forEach((use, obligations) -> {
            if (!obligations.isEmpty()) {
                single.add(use.placed());
            }
        });
    }

    /** A policy file, and the number of permits in it. */
    record PolicyText(String text, int permits) {}

    /**
     * Returns the file, with {@code forbids} as they are.
     *
     * @param forbids those of the policy directory, which win over every permit
     */
    PolicyText write(List<PolicyRule> forbids) {
        Set<String> taken = forbids.stream().map(PolicyRule::id).collect(Collectors.toSet());
        StringBuilder text = new StringBuilder("""
                // Learned from receipts. It is complete: it takes the place of the other .cedar files. Review it. Calls
                // that were never made may be missing, and calls that were made by mistake are permitted. Conditions on
                // arguments are not learned.
                """);
        List<Permit> permits = new ArrayList<>(wide());
        permits.addAll(exact());
        int number = 0;
        for (Permit permit : permits) {
            String id;
            do {
                number++;
                id = id(number, permit.name());
            } while (!taken.add(id));
            text.append('\n').append(text(id, permit));
        }
        if (!forbids.isEmpty()) {
            text.append("\n// The `forbid`s of the policy directory, unchanged.\n");
            forbids.forEach(
                    forbid -> text.append('\n').append(forbid.source().strip()).append('\n'));
        }
        return new PolicyText(text.toString(), permits.size());
    }

    private static String id(int number, String name) {
        String id = "learned-" + number + "-" + name.replaceAll("[^a-z0-9-]", "-");
        return id.substring(0, Math.min(id.length(), 100));
    }

    /** Returns whether {@code use} may stand for every operation with its impact. */
    private boolean isWide(ObservedUse use) {
        return mayWiden(use.impact(), use.environment()) && !single.contains(use.placed());
    }

    private boolean mayWiden(Impact impact, String environment) {
        return impact == Impact.READ || (impact == Impact.WRITE && !isProtected(environment));
    }

    private boolean isProtected(String environment) {
        Seal.Environment known = draft.environments().get(environment);
        return known == null || known.isProtected();
    }

    private List<Permit> wide() {
        Map<WideGroup, Set<ObservedUse>> groups = new HashMap<>();
        uses.keySet().stream()
                .filter(this::isWide)
                .forEach(use -> groups.computeIfAbsent(
                                new WideGroup(use.impact(), use.environment(), use.task()), _ -> new HashSet<>())
                        .add(use));
        // Tasks under which the same agents did the same through the same upstreams share a permit.
        Map<String, Map<List<Object>, Set<ObservedUse>>> merged = new TreeMap<>();
        groups.forEach((group, seen) -> merged.computeIfAbsent(
                        group.environment() + " " + group.impact().word(), _ -> new HashMap<>())
                .computeIfAbsent(List.of(agents(seen), upstreams(seen)), _ -> new HashSet<>())
                .addAll(seen));
        return merged.values().stream()
                .flatMap(same -> same.values().stream().map(this::wide).sorted(LearnedPermits::inOrder))
                .toList();
    }

    private static int inOrder(Permit one, Permit other) {
        return one.actors().toString().compareTo(other.actors().toString());
    }

    private static Set<String> agents(Collection<ObservedUse> seen) {
        return seen.stream().map(ObservedUse::agent).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> tasks(Collection<ObservedUse> seen) {
        return seen.stream().map(ObservedUse::task).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> upstreams(Collection<ObservedUse> seen) {
        return seen.stream().map(ObservedUse::upstream).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> operations(Collection<ObservedUse> seen) {
        return seen.stream().map(use -> use.operation().toString()).collect(Collectors.toCollection(TreeSet::new));
    }

    private Permit wide(Set<ObservedUse> seen) {
        ObservedUse one = seen.iterator().next();
        Impact impact = one.impact();
        List<String> conditions = new ArrayList<>();
        Set<String> upstreams = upstreams(seen);
        if (!upstreams.containsAll(draft.upstreams().keySet())) {
            conditions.add(anyOf(upstreams.stream()
                    .map(upstream -> "context.upstream == " + quoted(upstream))
                    .toList()));
        }
        Set<String> except = single.stream()
                .filter(placed ->
                        placed.impact() == impact && placed.environment().equals(one.environment()))
                .map(placed -> placed.operation().toString())
                .collect(Collectors.toCollection(TreeSet::new));
        if (!except.isEmpty()) {
            conditions.add("!(action in [" + named("Operation::Action", except) + "])");
        }
        List<String> comment = new ArrayList<>(List.of(seen(seen)));
        comment.add("Wider than that: every " + impact.word() + " in `" + one.environment() + "` through `"
                + String.join("`, `", upstreams) + "` (" + number(covered(impact, upstreams, except), "operation")
                + ").");
        if (!except.isEmpty()) {
            comment.add("Not among them: what waited for people, or was refused, in the past.");
        }
        return new Permit(
                impact.word() + "-in-" + one.environment(),
                comment,
                Obligations.NONE,
                new Actors(agents(seen), tasks(seen)),
                "action in Impact::Action::" + quoted(impact.word()),
                one.environment(),
                conditions);
    }

    /** Returns the number of operations that a widened permit covers. */
    private long covered(Impact impact, Set<String> upstreams, Set<String> except) {
        return upstreams.stream()
                .flatMap(name -> draft.upstreams().containsKey(name)
                        ? Set.of(draft.upstreams().get(name).catalog()).stream()
                        : Set.of(name).stream())
                .distinct()
                .flatMap(provider -> catalogs.operations(provider).stream()
                        .filter(known -> known.possible().contains(impact))
                        .map(known -> known.operation().toString()))
                .filter(operation -> !except.contains(operation))
                .count();
    }

    private String seen(Collection<ObservedUse> seen) {
        long count = seen.stream().mapToLong(use -> calls.getOrDefault(use, 0L)).sum();
        long resources = seen.stream().map(ObservedUse::resource).distinct().count();
        return "Seen: " + number(count, "use") + " of "
                + number(operations(seen).size(), "operation") + " on " + number(resources, "resource") + ".";
    }

    private static String number(long count, String thing) {
        return count + " " + thing + (count == 1 ? "" : "s");
    }

    private List<Permit> exact() {
        Map<ExactGroup, Map<String, Map<String, Set<ObservedUse>>>> groups = new HashMap<>();
        uses.forEach((use, obligations) -> {
            if (!isWide(use)) {
                groups.computeIfAbsent(
                                new ExactGroup(use.impact(), use.environment(), use.task(), obligations),
                                _ -> new HashMap<>())
                        .computeIfAbsent(use.operation().toString(), _ -> new TreeMap<>())
                        .computeIfAbsent(use.agent(), _ -> new HashSet<>())
                        .add(use);
            }
        });
        // Uses that differ in nothing but the operation share a permit, as do those that differ only in the agent.
        Map<String, Map<List<Object>, Set<ObservedUse>>> merged = new TreeMap<>();
        groups.forEach((group, operations) -> operations.forEach((_, agents) -> {
            Map<Set<String>, Set<ObservedUse>> alike = new HashMap<>();
            agents.forEach((_, seen) ->
                    alike.computeIfAbsent(targets(seen), _ -> new HashSet<>()).addAll(seen));
            alike.forEach((targets, seen) -> merged.computeIfAbsent(
                            group.environment() + " " + group.impact().word() + " " + group.task() + " "
                                    + Annotations.write(group.obligations()),
                            _ -> new HashMap<>())
                    .computeIfAbsent(List.of(agents(seen), targets), _ -> new HashSet<>())
                    .addAll(seen));
        }));
        return merged.values().stream()
                .flatMap(same -> same.values().stream().map(this::exact).sorted(LearnedPermits::byAction))
                .toList();
    }

    private static int byAction(Permit one, Permit other) {
        return (one.action() + one.actors()).compareTo(other.action() + other.actors());
    }

    /** Returns the conditions about the resource, one of which must hold. All of {@code seen} are of one operation. */
    private Set<String> targets(Set<ObservedUse> seen) {
        Map<String, Set<Resource>> kinds = new TreeMap<>();
        seen.forEach(use -> kinds.computeIfAbsent(use.resource().type(), _ -> new TreeSet<>())
                .add(use.resource()));
        boolean mayWiden = isAlwaysConfirmedAlike(seen.iterator().next());
        Set<String> targets = new TreeSet<>();
        kinds.forEach((kind, resources) -> {
            if (mayWiden && resources.size() >= KIND_FROM) {
                targets.add("resource.kind == " + quoted(kind));
            } else {
                resources.forEach(resource -> targets.add("resource == Resource::" + quoted(resource.toString())));
            }
        });
        return targets;
    }

    /**
     * Returns whether people confirmed every use of the operation there under the same obligations. Then a permit for
     * further resources asks them too, and adds nothing to the obligations of others.
     */
    private boolean isAlwaysConfirmedAlike(ObservedUse one) {
        Obligations obligations = uses.getOrDefault(one, Obligations.NONE);
        return !isProtected(one.environment())
                && !obligations.quorums().isEmpty()
                && uses.entrySet().stream()
                        .filter(entry -> entry.getKey().placed().equals(one.placed()))
                        .allMatch(entry -> entry.getValue().equals(obligations));
    }

    private Permit exact(Set<ObservedUse> seen) {
        ObservedUse one = seen.iterator().next();
        Set<String> targets = targets(seen.stream() // those of every other operation and agent are the same
                .filter(use ->
                        use.operation().equals(one.operation()) && use.agent().equals(one.agent()))
                .collect(Collectors.toSet()));
        List<String> comment = new ArrayList<>(List.of(seen(seen)));
        targets.stream()
                .filter(target -> target.startsWith("resource.kind"))
                .forEach(kind -> comment.add("Wider than that: every resource with `" + kind + "` in `"
                        + one.environment() + "`, each time with the same obligations."));
        return new Permit(
                one.impact().word() + "-in-" + one.environment(),
                comment,
                uses.getOrDefault(one, Obligations.NONE),
                new Actors(agents(seen), tasks(seen)),
                "action in [" + named("Operation::Action", operations(seen)) + "]",
                one.environment(),
                List.of("action in Impact::Action::" + quoted(one.impact().word()), anyOf(targets)));
    }

    private String text(String id, Permit permit) {
        List<String> comment = new ArrayList<>(permit.comment());
        List<String> conditions = new ArrayList<>(permit.conditions());
        String principal = principal(permit.actors().agents(), comment, conditions);
        conditions.add(anyOf(permit.actors().tasks().stream()
                .map(task -> task.equals(ObservedUse.NO_TASK)
                        ? "!(context.lease has template)"
                        : "context.lease has template && context.lease.template == " + quoted(task))
                .toList()));
        StringBuilder text = new StringBuilder();
        comment.forEach(line -> text.append("// ").append(line).append('\n'));
        text.append("@id(").append(quoted(id)).append(")\n");
        String obligations = Annotations.write(permit.obligations());
        if (!obligations.isEmpty()) {
            text.append(obligations).append('\n');
        }
        return text.append("permit (\n    ")
                .append(principal)
                .append(",\n    ")
                .append(permit.action())
                .append(",\n    resource in Environment::")
                .append(quoted(permit.environment()))
                .append("\n)\nwhen {\n    ")
                .append(String.join(" &&\n    ", conditions))
                .append("\n};\n")
                .toString();
    }

    /**
     * Returns the principal part of a head. A team stands for its agents if all of them are meant; it is what a person
     * would write, and a new agent of the team may then do the same.
     */
    private String principal(Set<String> agents, List<String> comment, List<String> conditions) {
        if (agents.size() == 1) {
            return "principal == Agent::" + quoted(agents.iterator().next());
        }
        Map<String, Set<String>> teams = new TreeMap<>();
        draft.agents()
                .values()
                .forEach(agent -> agent.teams()
                        .forEach(team -> teams.computeIfAbsent(team, _ -> new TreeSet<>())
                                .add(agent.id())));
        for (Map.Entry<String, Set<String>> team : teams.entrySet()) {
            if (team.getValue().equals(agents)) {
                comment.add("All " + agents.size() + " agents of the team did so, and new ones may.");
                return "principal in Team::" + quoted(team.getKey());
            }
        }
        conditions.add("[" + named("Agent", agents) + "].contains(principal)");
        return "principal";
    }

    private static String anyOf(Collection<String> conditions) {
        return conditions.size() == 1
                ? conditions.iterator().next()
                : "(" + String.join(" ||\n     ", conditions) + ")";
    }

    private static String named(String type, Set<String> ids) {
        return ids.stream().map(id -> type + "::" + quoted(id)).collect(Collectors.joining(", "));
    }

    /** Returns {@code text} as a Cedar string. */
    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
