package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Provenance;
import dev.interlock.catalog.StateQuestion.StateComparison;
import dev.interlock.catalog.StateQuestion.StateCondition;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The present state at the provider that a call's meaning depends on. The gateway asks before it decides.
 *
 * @param worst the action in the worst case: it leaves out every present entry, also one that holds machines back; or
 *     the condition does not hold
 * @param losing the action if it leaves out entries that hold no machine back
 * @param harmlessAction the mildest action that the call can be
 * @param question the request that the gateway itself sends to the provider: a read of the present state
 * @param sent the entries of a replacing request, as JSON; empty if they are not known
 */
public record StateCheck(
        Action worst,
        Action losing,
        Action harmlessAction,
        HttpCall question,
        StateQuestion how,
        Optional<Set<String>> sent) {

    /**
     * Returns the action, now that the present state is known. If {@code answer} leaves any doubt, it is the worst
     * case.
     *
     * @param answer the body of a good answer to {@link #question}
     */
    public Action compareWith(Bytes answer) {
        Optional<Map<String, Value>> root = Value.find(answer).map(value -> Map.of(StateQuestion.ANSWER, value));
        return switch (how) {
            case StateComparison comparison
            when sent.isPresent() ->
                root.flatMap(shown -> StateComparison.entries(comparison.at(), shown))
                        .map(stands -> compared(comparison, stands))
                        .orElseGet(this::notShown);
            case StateComparison _ -> worstCase("the request is ambiguous");
            case StateCondition condition ->
                root.map(shown -> condition.condition().holds(shown)
                                ? with(harmlessAction, condition.because())
                                : with(worst, "otherwise"))
                        .orElseGet(this::notShown);
        };
    }

    private Action notShown() {
        return worstCase("the provider's answer does not show the current state");
    }

    private Action compared(StateComparison comparison, Set<String> stands) {
        if (comparison.fewerThan().isPresent()
                && stands.size() >= comparison.fewerThan().getAsInt()) {
            return worstCase("one answer may not show the whole current state");
        }
        Set<String> lost = new LinkedHashSet<>(stands);
        lost.removeAll(sent.orElseThrow());
        return lost.isEmpty()
                ? with(harmlessAction, "none of the " + stands.size() + " current entries")
                : with(comparison.isHolding(lost) ? worst : losing, Fact.shortened("[" + String.join(",", lost) + "]"));
    }

    /** Returns the action in case the provider could not be queried, for the reason {@code why} in a few words. */
    public Action worstCase(String why) {
        return with(losing, "not known: " + why);
    }

    private Action with(Action action, String said) {
        List<Fact> facts = new ArrayList<>(action.facts());
        String name = how instanceof StateComparison ? Fact.LEAVES_OUT : ActionFacts.PROVIDER_SAYS;
        facts.add(new Fact(name, said, Provenance.RESOLVED));
        return action.withFacts(facts);
    }

    /** {@inheritDoc} The entries that were sent are not shown, because they may be secret. */
    @Override
    public String toString() {
        return "present state of " + worst.operation();
    }
}
