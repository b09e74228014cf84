package dev.interlock.author;

import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.SealLimits;
import dev.interlock.action.SealLimits.ActionSelector;
import dev.interlock.policy.PolicyQuestion;
import dev.interlock.policy.SealIssue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds budgets and sequences that never apply, because no policy permits anything that they are about. */
final class LimitLint {

    private record PermittedCall(Operation operation, Impact impact, String environment) {}

    private final SealLimits limits;
    private final Set<PermittedCall> permitted = new HashSet<>();

    LimitLint(SealLimits limits) {
        this.limits = limits;
    }

    void permitted(PolicyQuestion question) {
        permitted.add(new PermittedCall(question.operation(), question.impact(), question.environment()));
    }

    List<SealIssue> issues() {
        List<SealIssue> issues = new ArrayList<>();
        limits.budgets().values().forEach(budget -> {
            if (!isReachable(budget.selector())) {
                issues.add(new SealIssue(
                        "budgets > " + budget.name(),
                        "no policy permits a call that the budget `" + budget.name() + "` counts"));
            }
        });
        limits.sequences().values().forEach(sequence -> {
            if (!isReachable(sequence.after())) {
                issues.add(new SealIssue(
                        "sequences > " + sequence.name() + " > after",
                        "no policy permits a call that could start the sequence `" + sequence.name() + "`"));
            }
            if (!isReachable(sequence.selector())) {
                issues.add(new SealIssue(
                        "sequences > " + sequence.name(),
                        "no policy permits a call that the sequence `" + sequence.name() + "` could stop"));
            }
        });
        return issues;
    }

    private boolean isReachable(ActionSelector selector) {
        ActionSelector factless =
                new ActionSelector(selector.impacts(), selector.operations(), selector.environments(), Map.of());
        return permitted.stream()
                .anyMatch(one ->
                        factless.fits(one.operation(), Set.of(one.impact()), Set.of(one.environment()), List.of()));
    }
}
