package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A catalog's judgement of one push by Git. Its body says what it does, and another package reads that. */
public final class PushRules {

    private final PushOperations operations;
    private final RestClassifier classifier;
    private final Map<String, String> parameters;
    private final HttpCall outgoing;

    PushRules(PushOperations operations, RestClassifier classifier, RestRequest request, HttpCall outgoing) {
        this.operations = operations;
        this.classifier = classifier;
        this.parameters = Map.copyOf(request.parameters());
        this.outgoing = outgoing;
    }

    /** Returns the request as it would be sent, with the body that it came with. */
    public HttpCall outgoing() {
        return outgoing;
    }

    /** Returns what a push of {@code refs} does, an action for each. A push of nothing only asks. */
    public List<Action> judge(List<PushedRef> refs) {
        if (refs.isEmpty()) {
            return List.of(judge(operations.nothing(), parameters, Map.of()));
        }
        List<Action> actions = new ArrayList<>();
        for (PushedRef ref : refs) {
            Map<String, String> named = new TreeMap<>(parameters);
            if (ref.change() != PushedRef.Change.CREATE) {
                named.put("ref", ref.shortName()); // as in the path of the REST operation with this name
            }
            actions.add(judge(operations.of(ref.change()), named, ref.arguments()));
        }
        return actions;
    }

    private Action judge(RestOperation operation, Map<String, String> named, Map<String, Value> pushed) {
        Map<String, Value> arguments = new HashMap<>(pushed);
        named.forEach((name, value) -> arguments.put(name, new Value.Text(value)));
        return classifier
                .judge(new RestRequest(operation, named, arguments, List.of(), Bytes.empty()))
                .action();
    }
}
