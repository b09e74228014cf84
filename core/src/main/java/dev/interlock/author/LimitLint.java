package dev.interlock.author;

import dev.interlock.action.Impact;
import dev.interlock.action.Limits;
import dev.interlock.action.Limits.Selector;
import dev.interlock.action.Operation;
import dev.interlock.policy.Issue;
import dev.interlock.policy.Question;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds budgets and sequences that never apply, because no policy permits anything that they are about. */
final class LimitLint {

    private record Permitted(Operation operation, Impact impact, String environment) {}

    private final Limits limits;
    private final Set<Permitted> permitted = new HashSet<>();

    LimitLint(Limits limits) {
        this.limits = limits;
    }

    void permitted(Question question) {
        permitted.add(new Permitted(question.operation(), question.impact(), question.environment()));
    }

    List<Issue> issues() {
        List<Issue> issues = new ArrayList<>();
        limits.budgets().values().forEach(budget -> {
            if (!isReachable(budget.selector())) {
                issues.add(new Issue(
                        "budgets > " + budget.name(),
                        "no policy permits anything that the budget `" + budget.name() + "` counts"));
            }
        });
        limits.sequences().values().forEach(sequence -> {
            if (!isReachable(sequence.after())) {
                issues.add(new Issue(
                        "sequences > " + sequence.name() + " > after",
                        "no policy permits anything that could begin the sequence `" + sequence.name() + "`"));
            }
            if (!isReachable(sequence.selector())) {
                issues.add(new Issue(
                        "sequences > " + sequence.name(),
                        "no policy permits anything that the sequence `" + sequence.name() + "` could stop"));
            }
        });
        return issues;
    }

    /**
     * Returns whether a permitted attempt fits, whatever its facts. Facts come from arguments, which only a real
     * attempt has.
     */
    private boolean isReachable(Selector selector) {
        Selector factless = new Selector(selector.impacts(), selector.operations(), selector.environments(), Map.of());
        return permitted.stream()
                .anyMatch(one ->
                        factless.fits(one.operation(), Set.of(one.impact()), Set.of(one.environment()), List.of()));
    }
}
