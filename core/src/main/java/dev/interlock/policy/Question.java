package dev.interlock.policy;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Sensed;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One part of an attempt, small enough that Cedar's "any ancestor fits" and our "all must be permitted" mean the same:
 * one operation, one impact, one resource, one environment.
 */
public record Question(
        Operation operation, Impact impact, Reversibility reversibility, Placement placement, String environment) {

    /**
     * Every part of {@code actions}.
     *
     * <p>INVARIANT: an impact, resource or environment more is a question more and takes none away.
     */
    static Set<Question> of(List<Action> actions, Sensed sensed) {
        Set<Question> questions = new LinkedHashSet<>();
        for (Action action : actions) {
            for (Impact impact : action.impacts()) {
                action.resources().stream()
                        .map(sensed::placement)
                        .forEach(place -> place.environments()
                                .forEach(environment -> questions.add(new Question(
                                        action.operation(), impact, action.reversibility(), place, environment))));
            }
        }
        return questions;
    }

    /** As in "`destroy` on `railway:volume/x` in `staging`". */
    public String words() {
        return "`" + impact.word() + "` on `" + Shown.of(placement.resource().toString()) + "` in `" + environment
                + "`";
    }
}
