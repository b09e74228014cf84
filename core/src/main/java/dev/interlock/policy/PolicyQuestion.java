package dev.interlock.policy;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Reversibility;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One part of an attempt: one operation, one impact, one resource, one environment. For so small a part, Cedar's "any
 * ancestor fits" and our "all must be permitted" mean the same.
 */
public record PolicyQuestion(
        Operation operation, Impact impact, Reversibility reversibility, Placement placement, String environment) {

    /**
     * Returns every part of {@code actions}.
     *
     * <p>INVARIANT: one more impact, resource or environment adds questions and removes none.
     */
    static Set<PolicyQuestion> of(List<Action> actions, ResolvedAttempt sensed) {
        Set<PolicyQuestion> questions = new LinkedHashSet<>();
        for (Action action : actions) {
            for (Impact impact : action.impacts()) {
                action.resources().stream()
                        .map(sensed::placement)
                        .forEach(place -> place.environments()
                                .forEach(environment -> questions.add(new PolicyQuestion(
                                        action.operation(), impact, action.reversibility(), place, environment))));
            }
        }
        return questions;
    }

    /** Describes the question, for example "`destroy` on `railway:volume/x` in `staging`". */
    public String words() {
        return "`" + impact.word() + "` on `"
                + FormattedText.of(placement.resource().toString()) + "` in `" + environment + "`";
    }
}
