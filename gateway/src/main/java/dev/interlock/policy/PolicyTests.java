package dev.interlock.policy;

import dev.interlock.action.Impact;
import dev.interlock.action.Obligations.Quorum;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import dev.interlock.action.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Runs a policy directory's scenario tests, by the same decision that real attempts meet. */
public final class PolicyTests {

    /**
     * One test and what came of it.
     *
     * @param detail empty if it passed; otherwise what was expected and what came, in whole sentences
     */
    public record Result(String file, int line, String name, boolean passed, String detail) {}

    /**
     * All of them.
     *
     * @param problems why the directory could not even be read; then there are no results
     */
    public record Report(List<Problem> problems, List<Problem> warnings, List<Result> results) {
        /** Whether the directory is sound and every test passed. */
        public boolean green() {
            return problems.isEmpty() && results.stream().allMatch(Result::passed);
        }
    }

    private final Seal seal;
    private final CatalogFacts catalogs;
    private final Policies policies = new Policies(_ -> "");

    private PolicyTests(Seal seal, CatalogFacts catalogs) {
        this.seal = seal;
        this.catalogs = catalogs.of(seal);
    }

    /**
     * Loads {@code directory} and runs what tests it has.
     *
     * @throws IOException if it cannot be read
     */
    public static Report run(Path directory, CatalogFacts catalogs) throws IOException {
        return switch (PolicyDirectory.load(directory, catalogs)) {
            case PolicyDirectory.Loaded.Broken broken -> new Report(broken.problems(), List.of(), List.of());
            case PolicyDirectory.Loaded.Sound sound ->
                new Report(List.of(), sound.warnings(), run(sound.directory(), catalogs));
        };
    }

    /** Runs the tests of a directory that was loaded. */
    public static List<Result> run(PolicyDirectory directory, CatalogFacts catalogs) {
        PolicyTests tests = new PolicyTests(directory.draft(), catalogs);
        return directory.scenarios().stream().map(tests::run).toList();
    }

    private Result run(Scenario scenario) {
        List<String> wrong = new ArrayList<>();
        try {
            judge(scenario, policies.decide(seal, sensed(scenario)), wrong);
        } catch (IllegalArgumentException e) {
            wrong.add(e.getMessage());
        }
        return new Result(scenario.file(), scenario.line(), scenario.name(), wrong.isEmpty(), String.join(" ", wrong));
    }

    private static void judge(Scenario scenario, Verdict verdict, List<String> wrong) {
        Scenario.Expected got = Verdicts.kind(verdict);
        if (got != scenario.expect()) {
            wrong.add("Expected `" + scenario.expect().word() + "`, got `" + got.word() + "`: " + because(verdict));
        }
        if (scenario.confirm().isPresent()
                && !quorums(verdict).equals(scenario.confirm().get())) {
            wrong.add("Expected to be confirmed by " + scenario.confirm().get() + ", got " + quorums(verdict) + ".");
        }
        if (scenario.because().isPresent()
                && !because(verdict).contains(scenario.because().get())) {
            wrong.add("Expected the reason to say \"" + scenario.because().get() + "\", got: " + because(verdict));
        }
    }

    private static String because(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Permit _, Verdict.Hold _ -> "By " + verdict.grounds().policies() + ".";
            case Verdict.Refuse refuse -> refuse.refusal().reason();
        };
    }

    private static Set<Quorum> quorums(Verdict verdict) {
        return verdict instanceof Verdict.Hold hold ? hold.obligations().quorums() : Set.of();
    }

    private Sensed sensed(Scenario scenario) {
        Set<Impact> impacts =
                scenario.impacts().isEmpty() ? catalogs.impacts(scenario.operation()) : scenario.impacts();
        if (impacts.isEmpty()) {
            throw new IllegalArgumentException("The impacts of `" + scenario.operation()
                    + "` depend on its arguments, or no catalog knows it; write `impacts`.");
        }
        return new Example(
                        scenario.agent(),
                        scenario.task(),
                        scenario.lease(),
                        scenario.upstream(),
                        scenario.operation(),
                        impacts,
                        scenario.reversibility(),
                        scenario.touches())
                .sensed(seal);
    }
}
