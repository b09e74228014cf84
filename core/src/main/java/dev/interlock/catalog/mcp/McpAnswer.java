package dev.interlock.catalog.mcp;

import dev.interlock.action.Bytes;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A client's answer to a request of the server, read strictly.
 *
 * @param id the identifier that the server has given its request
 * @param outcome {@code result} or {@code error}
 * @param value what the answer says, without metadata
 */
public record McpAnswer(Value id, String outcome, Map<String, Value> value) {

    /** The operation that it is. What it may answer says the catalog. */
    public static final String OPERATION = McpMethod.OPERATION + "answer";

    private static final String RESULT = "result";
    private static final String ERROR = "error";

    /** The code of clients that do not know a method (JSON-RPC 2.0 §5.1). */
    private static final int UNKNOWN_METHOD = -32601;

    private static final Set<String> MEMBERS = Set.of(JsonRpc.VERSION_MEMBER, "id", RESULT, ERROR);

    /** Reads what {@link JsonRpc#read} has returned; empty if it is no answer at all. */
    public static Optional<McpAnswer> read(Map<String, Value> members) {
        if (!members.containsKey(RESULT) && !members.containsKey(ERROR)) {
            return Optional.empty();
        }
        String outcome = members.containsKey(RESULT) ? RESULT : ERROR;
        if (members.size() != 3
                || !MEMBERS.containsAll(members.keySet())
                || !JsonRpc.isCurrent(members)
                || !(members.get(outcome) instanceof Value.Members(var value))) {
            throw new UnreadableException(
                    "The answer is not one `result` or one `error` of JSON-RPC 2.0.",
                    "Send `jsonrpc`, `id` and one of the two, as an object.");
        }
        Value id = Optional.ofNullable(members.get("id")).orElseGet(Value.NullLiteral::new);
        JsonRpc.requireIdentifier(id, "id");
        Map<String, Value> kept = new LinkedHashMap<>(value);
        kept.remove("_meta");
        return Optional.of(new McpAnswer(id, outcome, kept));
    }

    /** Returns the error that says {@code reason}, in place of what the client says. */
    public McpAnswer refused(String reason) {
        return new McpAnswer(
                id,
                ERROR,
                Map.of(
                        "code",
                        new Value.Numeric(BigDecimal.valueOf(UNKNOWN_METHOD)),
                        "message",
                        new Value.Text(reason)));
    }

    /** Returns it with {@code other} as its identifier. */
    public McpAnswer with(Value other) {
        return new McpAnswer(other, outcome, value);
    }

    /** Returns it without what differs each time that it is sent. */
    public McpAnswer neutral() {
        return with(JsonRpc.NEUTRAL);
    }

    /** Returns it written anew. */
    public Bytes written() {
        return JsonRpc.written(id, outcome, new Value.Members(value));
    }
}
