package dev.interlock.author;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Seal;
import dev.interlock.policy.FormattedText;
import dev.interlock.policy.SealIssue;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A property of every attempt that fits: its verdict is always, or never, a certain one.
 *
 * @param at file and line; empty for built-in invariants
 * @param which the attempts to which it applies
 * @param always whether the verdict must be {@code verdict}; otherwise it must not be
 */
record Invariant(String at, String name, InvariantSelector which, boolean always, Scenario.ExpectedVerdict verdict) {

    static final String FILE = "invariants.yaml";

    /**
     * Selects the attempts to which an invariant applies. An empty set stands for any.
     *
     * @param tasks the task templates of the lease; a lease that people have widened belongs to no task here
     * @param isProtected whether the environment is protected, if it matters
     * @param named whether the lease names the environment, if it matters
     */
    record InvariantSelector(
            Set<String> agents,
            Set<String> tasks,
            Set<String> operations,
            Set<Impact> impacts,
            Set<String> environments,
            Optional<Boolean> isProtected,
            Optional<Boolean> named) {

        boolean fits(Seal seal, HypotheticalAttempt example) {
            Set<String> reached = HypotheticalAttempt.environments(example.touches());
            return (agents.isEmpty() || agents.contains(example.agent()))
                    && (tasks.isEmpty()
                            || (example.cover().isEmpty()
                                    && example.task().filter(tasks::contains).isPresent()))
                    && (operations.isEmpty()
                            || operations.contains(example.operation().toString()))
                    && (impacts.isEmpty() || impacts.containsAll(example.impacts()))
                    && (environments.isEmpty() || environments.containsAll(reached))
                    && isProtected
                            .map(wanted -> wanted == guarded(seal, reached))
                            .orElse(true)
                    && named.map(wanted -> wanted
                                    == example.covered(seal).environments().containsAll(reached))
                            .orElse(true);
        }

        private static boolean guarded(Seal seal, Set<String> reached) {
            return reached.stream()
                    .map(seal.environments()::get)
                    .anyMatch(environment -> environment == null || environment.isProtected());
        }
    }

    boolean holds(Scenario.ExpectedVerdict got) {
        return always == (got == verdict);
    }

    /** Returns the verdict that a scenario test would expect where this invariant fails. */
    Scenario.ExpectedVerdict expected() {
        return always ? verdict : Scenario.ExpectedVerdict.REFUSE;
    }

    static List<Invariant> builtIn() {
        Set<Impact> changing = EnumSet.complementOf(EnumSet.of(Impact.READ));
        return List.of(
                never("no-destroy-unconfirmed", Set.of(Impact.DESTROY), Optional.empty(), Optional.empty()),
                refused("protected-needs-naming", changing, Optional.of(true), Optional.of(false)),
                refused("read-only-outside", changing, Optional.empty(), Optional.of(false)),
                refused("unknown-refused", Set.of(Impact.UNKNOWN), Optional.empty(), Optional.empty()),
                never("no-credential-read", Set.of(Impact.CREDENTIAL), Optional.empty(), Optional.empty()));
    }

    private static Invariant never(
            String name, Set<Impact> impacts, Optional<Boolean> isProtected, Optional<Boolean> named) {
        return new Invariant("", name, which(impacts, isProtected, named), false, Scenario.ExpectedVerdict.PERMIT);
    }

    private static Invariant refused(
            String name, Set<Impact> impacts, Optional<Boolean> isProtected, Optional<Boolean> named) {
        return new Invariant("", name, which(impacts, isProtected, named), true, Scenario.ExpectedVerdict.REFUSE);
    }

    private static InvariantSelector which(
            Set<Impact> impacts, Optional<Boolean> isProtected, Optional<Boolean> named) {
        return new InvariantSelector(Set.of(), Set.of(), Set.of(), impacts, Set.of(), isProtected, named);
    }

    /**
     * Reads {@code invariants.yaml}.
     *
     * @throws PolicyProblemException if it differs from the format, or uses a name that the seal does not know
     */
    static List<Invariant> read(String text, Seal seal, CatalogFacts catalogs) {
        YamlSection root = YamlSection.root(FILE, Yaml.read(FILE, text), new HashMap<>());
        List<Invariant> invariants = new ArrayList<>();
        for (YamlSection sheet : root.sheets("invariants")) {
            invariants.add(invariant(sheet, seal, catalogs.of(seal)));
            sheet.end();
        }
        root.end();
        return List.copyOf(invariants);
    }

    private static Invariant invariant(YamlSection sheet, Seal seal, CatalogFacts catalogs) {
        Optional<String> always = sheet.optionalText("always");
        if (always.isPresent() == sheet.optionalText("never").isPresent()) {
            throw sheet.problem("write either `always` or `never`, and `permit`, `hold` or `refuse`");
        }
        Invariant invariant = new Invariant(
                FILE + ":" + sheet.line(),
                sheet.text("name"),
                sheet.optionalSheet("for")
                        .map(some -> which(some, seal, catalogs))
                        .orElseGet(() -> which(Set.of(), Optional.empty(), Optional.empty())),
                always.isPresent(),
                sheet.value(always.isPresent() ? "always" : "never", Scenario.ExpectedVerdict::of));
        return invariant;
    }

    /** Reads the selection. It rejects unknown names, because such an invariant would apply to nothing. */
    private static InvariantSelector which(YamlSection sheet, Seal seal, CatalogFacts catalogs) {
        Set<String> operations = new LinkedHashSet<>(sheet.values("operations", Operation::parse).stream()
                .map(Operation::toString)
                .toList());
        InvariantSelector which = new InvariantSelector(
                new TreeSet<>(sheet.optionalTexts("agents")),
                new TreeSet<>(sheet.optionalTexts("tasks")),
                operations,
                new TreeSet<>(sheet.values("impacts", Impact::of)),
                new TreeSet<>(sheet.optionalTexts("environments")),
                flag(sheet, "protected"),
                flag(sheet, "named"));
        sheet.end();
        Stream.of(
                        SealIssue.unknown(
                                "agents", which.agents(), seal.agents().keySet()),
                        SealIssue.unknown("tasks", which.tasks(), seal.tasks().keySet()),
                        SealIssue.unknown(
                                "environments",
                                which.environments(),
                                seal.environments().keySet()))
                .flatMap(List::stream)
                .findFirst()
                .ifPresent(issue -> {
                    throw sheet.problem(issue.toString());
                });
        which.operations().stream()
                .filter(name -> !catalogs.nameable(seal).contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw sheet.problem("operations: there is no operation `" + FormattedText.of(name) + "`");
                });
        return which;
    }

    private static Optional<Boolean> flag(YamlSection sheet, String name) {
        return sheet.find(name).map(_ -> sheet.flag(name, false));
    }
}
