package dev.interlock.author;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations.Quorum;
import dev.interlock.action.Operation;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.policy.Policies;
import dev.interlock.policy.PolicyProblem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Runs a policy directory's scenario tests through the same decision as real attempts. */
public final class PolicyTests {

    /**
     * One test with its result.
     *
     * @param detail empty if it passed; otherwise the expected and the actual result, in whole sentences
     */
    public record ScenarioResult(String file, int line, String name, boolean passed, String detail) {}

    /**
     * The results of all tests.
     *
     * @param problems the reasons why the directory could not be read; then there are no results
     */
    public record ScenarioReport(
            List<PolicyProblem> problems, List<PolicyProblem> warnings, List<ScenarioResult> results) {
        /** Returns whether the directory is sound and every test passed. */
        public boolean green() {
            return problems.isEmpty() && results.stream().allMatch(ScenarioResult::passed);
        }
    }

    /** Applies budgets and sequences to a verdict. */
    @FunctionalInterface
    public interface Limiter {

        /** Returns {@code verdict} about {@code sensed}, or a stricter one, given that {@code before} have passed. */
        Verdict limited(Seal seal, List<ResolvedAttempt> before, ResolvedAttempt sensed, Verdict verdict);
    }

    private final Seal seal;
    private final CatalogFacts catalogs;
    private final Limiter limiter;
    private final Policies policies = new Policies(_ -> "");

    private PolicyTests(Seal seal, CatalogFacts catalogs, Limiter limiter) {
        this.seal = seal;
        this.catalogs = catalogs.of(seal);
        this.limiter = limiter;
    }

    /**
     * Loads {@code directory} and runs its tests.
     *
     * @throws IOException if it cannot be read
     */
    public static ScenarioReport run(Path directory, CatalogFacts catalogs, Limiter limiter) throws IOException {
        return switch (PolicyDirectory.load(directory, catalogs)) {
            case PolicyDirectory.LoadResult.InvalidDirectory broken ->
                new ScenarioReport(broken.problems(), List.of(), List.of());
            case PolicyDirectory.LoadResult.SoundDirectory sound ->
                new ScenarioReport(
                        List.of(),
                        sound.warnings().stream().map(LintFinding::problem).toList(),
                        run(sound.directory(), catalogs, limiter));
        };
    }

    public static List<ScenarioResult> run(PolicyDirectory directory, CatalogFacts catalogs, Limiter limiter) {
        PolicyTests tests = new PolicyTests(directory.draft(), catalogs, limiter);
        return directory.scenarios().stream().map(tests::run).toList();
    }

    private ScenarioResult run(Scenario scenario) {
        List<String> wrong = new ArrayList<>();
        try {
            ResolvedAttempt sensed = sensed(scenario, scenario.call(), scenario.upstream());
            Verdict alone = policies.decide(seal, sensed);
            judge(scenario, limiter.limited(seal, before(scenario), sensed, alone), wrong);
        } catch (IllegalArgumentException e) {
            wrong.add(e.getMessage());
        }
        return new ScenarioResult(
                scenario.file(), scenario.line(), scenario.name(), wrong.isEmpty(), String.join(" ", wrong));
    }

    private static void judge(Scenario scenario, Verdict verdict, List<String> wrong) {
        Scenario.ExpectedVerdict got = Verdicts.kind(verdict);
        if (got != scenario.expect()) {
            wrong.add("Expected `" + scenario.expect().word() + "`, got `" + got.word() + "`: " + because(verdict));
        }
        if (scenario.confirm().isPresent()
                && !quorums(verdict).equals(scenario.confirm().get())) {
            wrong.add("Expected a confirmation by " + scenario.confirm().get() + ", got " + quorums(verdict) + ".");
        }
        if (scenario.because().isPresent()
                && !because(verdict).contains(scenario.because().get())) {
            wrong.add("Expected the reason to say \"" + scenario.because().get() + "\", got: " + because(verdict));
        }
    }

    private static String because(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Permit _, Verdict.Hold _ ->
                "By `" + String.join("`, `", verdict.grounds().policies()) + "`."
                        + verdict.grounds().limits().stream()
                                .map(limit -> " " + limit.reason())
                                .collect(Collectors.joining());
            case Verdict.Refuse refuse -> refuse.refusal().reason();
        };
    }

    private static Set<Quorum> quorums(Verdict verdict) {
        return verdict instanceof Verdict.Hold hold ? hold.obligations().quorums() : Set.of();
    }

    private List<ResolvedAttempt> before(Scenario scenario) {
        List<ResolvedAttempt> before = new ArrayList<>();
        for (Scenario.ScenarioCall call : scenario.released()) {
            before.addAll(Collections.nCopies((int) call.times(), sensed(scenario, call, Optional.empty())));
        }
        return before;
    }

    private ResolvedAttempt sensed(Scenario scenario, Scenario.ScenarioCall call, Optional<String> upstream) {
        Operation operation = call.operation();
        Set<Impact> impacts = call.impacts().isEmpty() ? catalogs.impacts(operation) : call.impacts();
        if (impacts.isEmpty()) {
            throw new IllegalArgumentException("The impacts of `" + operation
                    + "` depend on its arguments, or no catalog lists it; write `impacts`.");
        }
        HypotheticalAttempt.requireFacts(catalogs, operation, call.facts().keySet());
        return new HypotheticalAttempt(
                        scenario.agent(),
                        scenario.task(),
                        scenario.lease(),
                        upstream,
                        operation,
                        impacts,
                        call.reversibility().orElseGet(() -> catalogs.reversibility(operation, impacts)),
                        call.touches(),
                        call.facts())
                .resolved(seal);
    }
}
