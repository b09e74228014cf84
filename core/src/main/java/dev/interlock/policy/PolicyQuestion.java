package dev.interlock.policy;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One part of an attempt: one operation, one impact, one resource, one environment, one value of each argument. For so
 * small a part, Cedar's "any ancestor fits" and our "all must be permitted" mean the same.
 */
public record PolicyQuestion(
        Operation operation,
        Impact impact,
        Reversibility reversibility,
        Placement placement,
        String environment,
        Arguments arguments) {

    /**
     * Returns every part of {@code actions}; if there are more than {@link Policies#MAX_QUESTIONS}, more than that.
     *
     * <p>INVARIANT: one more impact, resource, environment or value adds questions and removes none.
     *
     * @param arguments the arguments that policies read; others make no difference
     */
    static Set<PolicyQuestion> of(List<Action> actions, ResolvedAttempt sensed, Set<String> arguments) {
        Set<PolicyQuestion> questions = new LinkedHashSet<>();
        for (Action action : actions) {
            for (Arguments values : Arguments.of(action, arguments, Policies.MAX_QUESTIONS + 1)) {
                add(action, values, sensed, questions);
                if (questions.size() > Policies.MAX_QUESTIONS) {
                    return questions;
                }
            }
        }
        return questions;
    }

    private static void add(Action action, Arguments values, ResolvedAttempt sensed, Set<PolicyQuestion> questions) {
        for (Impact impact : action.impacts()) {
            action.resources().stream()
                    .map(sensed::placement)
                    .forEach(place -> place.environments()
                            .forEach(environment -> questions.add(new PolicyQuestion(
                                    action.operation(), impact, action.reversibility(), place, environment, values))));
        }
    }

    /** Describes the question, for example "`destroy` on `railway:volume/x` in `staging`". */
    public String words() {
        return words(Map.of());
    }

    /** Describes it with what people call the resource, by {@code names}, before its identifier. */
    String words(Map<Resource, String> names) {
        String id = "`" + FormattedText.of(placement.resource().toString()) + "`";
        return "`" + impact.word() + "` on "
                + Optional.ofNullable(names.get(placement.resource()))
                        .map(name -> "`" + FormattedText.of(name) + "` (" + id + ")")
                        .orElse(id)
                + " in `" + environment + "`" + arguments.words();
    }
}
