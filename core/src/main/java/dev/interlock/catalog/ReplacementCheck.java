package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Provenance;
import dev.interlock.catalog.graphql.JsonBody;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The present state that a replacing call depends on. Such a call removes the entries that it leaves out, and only the
 * provider knows those.
 *
 * @param worst the action if it leaves out every present entry
 * @param harmlessAction the action if it leaves out none
 * @param question the request that the gateway itself sends to the provider: a read of the present state
 * @param how the way both are compared
 * @param sent the entries of the request, as JSON; empty if they are not known
 */
record ReplacementCheck(
        Action worst, Action harmlessAction, HttpCall question, StateComparison how, Optional<Set<String>> sent)
        implements StateCheck {

    @Override
    public Action compareWith(Bytes answer) {
        if (sent.isEmpty()) {
            return worstCase("the request is ambiguous");
        }
        Optional<Set<String>> stands = stands(answer);
        if (stands.isEmpty()) {
            return worstCase("the provider's answer does not show the current state");
        }
        if (how.fewerThan().isPresent()
                && stands.get().size() >= how.fewerThan().getAsInt()) {
            return worstCase("one answer may not show the whole current state");
        }
        Set<String> lost = new LinkedHashSet<>(stands.get());
        lost.removeAll(sent.get());
        return lost.isEmpty()
                ? with(harmlessAction, "none of the " + stands.get().size() + " current entries")
                : with(worst, Fact.shortened("[" + String.join(",", lost) + "]"));
    }

    private Optional<Set<String>> stands(Bytes answer) {
        return switch (JsonBody.read(answer.toArray())) {
            case JsonBody.JsonDocument(var value) ->
                StateComparison.entries(how.at(), Map.of(StateComparison.ANSWER, value));
            case JsonBody.JsonRejection _ -> Optional.empty();
        };
    }

    @Override
    public Action worstCase(String why) {
        return with(worst, "not known: " + why);
    }

    /** {@inheritDoc} The entries that were sent are not shown, because they may be secret. */
    @Override
    public String toString() {
        return "present state of " + worst.operation();
    }

    private static Action with(Action action, String leavesOut) {
        List<Fact> facts = new ArrayList<>(action.facts());
        facts.add(new Fact(ActionFacts.LEAVES_OUT, leavesOut, Provenance.RESOLVED));
        return action.withFacts(facts);
    }
}
