package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Provenance;
import dev.interlock.catalog.graphql.JsonBody;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A call that is milder if a condition holds for the provider's present state.
 *
 * @param worst the action if it does not hold, or nobody knows
 * @param harmlessAction the action if it holds
 * @param question the request that the gateway itself sends to the provider
 * @param how the condition
 */
record ConditionCheck(Action worst, Action harmlessAction, HttpCall question, StateCondition how)
        implements StateCheck {

    @Override
    public Action compareWith(Bytes answer) {
        return switch (JsonBody.read(answer.toArray())) {
            case JsonBody.JsonDocument(Value value)
            when how.condition().holds(Map.of(StateComparison.ANSWER, value)) -> with(harmlessAction, how.because());
            case JsonBody.JsonDocument _ -> with(worst, "otherwise");
            case JsonBody.JsonRejection _ -> worstCase("the provider's answer does not show the current state");
        };
    }

    @Override
    public Action worstCase(String why) {
        return with(worst, "not known: " + why);
    }

    private static Action with(Action action, String said) {
        List<Fact> facts = new ArrayList<>(action.facts());
        facts.add(new Fact(ActionFacts.PROVIDER_SAYS, said, Provenance.RESOLVED));
        return action.withFacts(facts);
    }
}
