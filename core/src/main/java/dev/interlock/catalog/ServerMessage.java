package dev.interlock.catalog;

import dev.interlock.action.Bytes;
import dev.interlock.catalog.graphql.JsonBody;
import dev.interlock.catalog.graphql.Value;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What an MCP server says in one message of an answer, as far as it asks its client for something. */
public sealed interface ServerMessage {

    /** The method in place of one that the client does not get. No client knows it, so each answers with an error. */
    String REFUSED = "interlock/refused";

    /** A request of the server's, as of the versions with sessions. */
    record ServerRequest(Value id, String method) implements ServerMessage {

        /** Returns the message that the client gets in place of one that is refused. */
        public Bytes refused() {
            return Bytes.utf8(new Value.Members(
                            Map.of("jsonrpc", new Value.Text("2.0"), "id", id, "method", new Value.Text(REFUSED)))
                    .json());
        }
    }

    /**
     * A result that asks for more, as of 2026-07-28.
     *
     * @param id the identifier of the client's request
     * @param asked the methods that it asks for, by the server's keys
     * @param state what the client sends back with its answers
     */
    record InputRequired(Value id, Map<String, String> asked, Optional<String> state) implements ServerMessage {
        public InputRequired {
            asked = Map.copyOf(asked);
        }
    }

    /** The members of a message that count. */
    Set<String> MEMBERS = Set.of("id", "method", "result", "error");

    /** The members of a result that ask for more. */
    Set<String> OF_RESULT = Set.of("resultType", "inputRequests", "requestState");

    /** It asks for nothing. */
    record OtherMessage() implements ServerMessage {}

    /** It is nothing that every reader understands in the same way. */
    record UnreadableMessage() implements ServerMessage {}

    /** Reads {@code message}, in which a method or a request for input was seen. */
    static ServerMessage read(Bytes message) {
        if (!(JsonBody.read(message.toArray()) instanceof JsonBody.JsonDocument(Value.Members(var members)))) {
            return new UnreadableMessage();
        }
        if (isSpeltOtherwise(members, MEMBERS)) {
            return new UnreadableMessage();
        }
        Value id = Optional.ofNullable(members.get("id")).orElseGet(Value.NullLiteral::new);
        if (members.get("method") instanceof Value.Text(String method)) {
            if (members.containsKey("result") || members.containsKey("error")) {
                return new UnreadableMessage();
            }
            if (!members.containsKey("id")) {
                return new OtherMessage(); // a notification
            }
            return McpMessage.isIdentifier(id) ? new ServerRequest(id, method) : new UnreadableMessage();
        }
        return members.containsKey("method") ? new UnreadableMessage() : result(id, members);
    }

    private static ServerMessage result(Value id, Map<String, Value> members) {
        if (!(members.get("result") instanceof Value.Members(var result)) || isSpeltOtherwise(result, OF_RESULT)) {
            return new UnreadableMessage();
        }
        boolean isAsking = result.get("resultType") instanceof Value.Text(String type) && type.equals("input_required");
        if (!isAsking && !result.containsKey("inputRequests")) {
            return new OtherMessage();
        }
        Map<String, String> asked = new LinkedHashMap<>();
        if (result.get("inputRequests") instanceof Value.Members(var requests)) {
            for (Map.Entry<String, Value> request : requests.entrySet()) {
                if (!(request.getValue() instanceof Value.Members(var own))
                        || !(own.get("method") instanceof Value.Text(String method))) {
                    return new UnreadableMessage();
                }
                asked.put(request.getKey(), method);
            }
        } else if (result.containsKey("inputRequests")) {
            return new UnreadableMessage();
        }
        return McpMessage.isIdentifier(id)
                ? new InputRequired(
                        id,
                        asked,
                        Optional.ofNullable(result.get("requestState")).flatMap(Value::scalar))
                : new UnreadableMessage();
    }

    /** Returns whether a reader that finds names in any case would find more of {@code names}. */
    private static boolean isSpeltOtherwise(Map<String, Value> members, Set<String> names) {
        return members.keySet().stream()
                .anyMatch(member -> !names.contains(member) && names.stream().anyMatch(member::equalsIgnoreCase));
    }
}
