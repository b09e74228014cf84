package dev.interlock.author;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Seal;
import dev.interlock.policy.FormattedText;
import dev.interlock.policy.SealIssue;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;

/**
 * A property of every attempt that fits: its verdict is always, or never, a certain one.
 *
 * @param at file and line; empty for built-in invariants
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
        Optional<Boolean> any = Optional.empty();
        return List.of(
                never("no-destroy-unconfirmed", Impact.DESTROY),
                refused("protected-needs-naming", which(changing, Optional.of(true), Optional.of(false))),
                refused("read-only-outside", which(changing, any, Optional.of(false))),
                refused("unknown-refused", which(Set.of(Impact.UNKNOWN), any, any)),
                never("no-credential-read", Impact.CREDENTIAL));
    }

    private static Invariant never(String name, Impact impact) {
        InvariantSelector which = which(Set.of(impact), Optional.empty(), Optional.empty());
        return new Invariant("", name, which, false, Scenario.ExpectedVerdict.PERMIT);
    }

    private static Invariant refused(String name, InvariantSelector which) {
        return new Invariant("", name, which, true, Scenario.ExpectedVerdict.REFUSE);
    }

    private static InvariantSelector which(
            Set<Impact> impacts, Optional<Boolean> isProtected, Optional<Boolean> named) {
        return new InvariantSelector(Set.of(), Set.of(), Set.of(), impacts, Set.of(), isProtected, named);
    }

    // The format of `invariants.yaml`. Each component is a key, here and below.
    private record InvariantFile(List<Stated> invariants) {}

    private record Stated(
            @JsonProperty(required = true) String name,
            @JsonProperty("for") Optional<Selected> selected,
            Optional<Scenario.ExpectedVerdict> always,
            Optional<Scenario.ExpectedVerdict> never) {}

    private record Selected(
            SortedSet<String> agents,
            SortedSet<String> tasks,
            List<Operation> operations,
            SortedSet<Impact> impacts,
            SortedSet<String> environments,
            @JsonProperty("protected") Optional<Boolean> isProtected,
            Optional<Boolean> named) {}

    static List<Invariant> read(String text, Seal seal, CatalogFacts catalogs) {
        PolicyYaml<InvariantFile> yaml = PolicyYaml.read(FILE, text, InvariantFile.class);
        return yaml.each("invariants", yaml.value().invariants(), (path, said) -> {
            if (said.always().isPresent() == said.never().isPresent()) {
                throw new IllegalArgumentException(
                        "write either `always` or `never`, and `permit`, `hold` or `refuse`");
            }
            return new Invariant(
                    FILE + ":" + yaml.line(path),
                    said.name(),
                    yaml.at(
                            path + " > for",
                            () -> said.selected()
                                    .map(some -> which(some, seal, catalogs.of(seal)))
                                    .orElseGet(() -> which(Set.of(), Optional.empty(), Optional.empty()))),
                    said.always().isPresent(),
                    said.always().or(said::never).orElseThrow());
        });
    }

    /** Returns the selection. It rejects unknown names, because such an invariant would apply to nothing. */
    private static InvariantSelector which(Selected said, Seal seal, CatalogFacts catalogs) {
        Set<String> operations = new LinkedHashSet<>(
                said.operations().stream().map(Operation::toString).toList());
        HypotheticalAttempt.refuse(
                SealIssue.unknown("agents", said.agents(), seal.agents().keySet()));
        HypotheticalAttempt.refuse(
                SealIssue.unknown("tasks", said.tasks(), seal.tasks().keySet()));
        HypotheticalAttempt.refuse(SealIssue.unknown(
                "environments", said.environments(), seal.environments().keySet()));
        operations.stream()
                .filter(name -> !catalogs.nameable(seal).contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw new IllegalArgumentException(
                            "operations: there is no operation `" + FormattedText.of(name) + "`");
                });
        return new InvariantSelector(
                said.agents(),
                said.tasks(),
                operations,
                said.impacts(),
                said.environments(),
                said.isProtected(),
                said.named());
    }
}
