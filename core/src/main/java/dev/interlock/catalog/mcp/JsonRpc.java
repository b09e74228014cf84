package dev.interlock.catalog.mcp;

import dev.interlock.action.Bytes;
import dev.interlock.catalog.graphql.JsonBody;
import dev.interlock.catalog.graphql.Value;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The form of a message of JSON-RPC 2.0: one object, in the strictest JSON. */
public final class JsonRpc {

    static final String VERSION_MEMBER = "jsonrpc";
    static final Value VERSION = new Value.Text("2.0");

    /** Stands for every identifier in what is judged. Otherwise no two calls would be the same. */
    static final Value NEUTRAL = new Value.Numeric(BigDecimal.ZERO);

    /** An identifier in letters. Clients use numbers, and at most a UUID. */
    private static final Pattern IDENTIFIER = Pattern.compile("[\\x21-\\x7e]{1,128}");

    private JsonRpc() {}

    /**
     * Returns the members of the message in {@code body}.
     *
     * @throws McpException if it is no object that every reader reads alike
     */
    static Map<String, Value> read(Bytes body) {
        return switch (JsonBody.read(body.toArray())) {
            case JsonBody.JsonDocument(Value.Members(var members)) -> members;
            case JsonBody.JsonDocument(Value.Items _) ->
                throw new McpException(
                        "The body is a list of messages, which MCP knows no more.", "Send each by itself.");
            case JsonBody.JsonDocument _ ->
                throw new McpException("The body is no message of JSON-RPC.", "Send one object.");
            case JsonBody.JsonRejection(var reason, var next) -> throw new McpException(reason, next);
        };
    }

    static boolean isIdentifier(Value value) {
        return switch (value) {
            case Value.Numeric(BigDecimal number) -> number.scale() <= 0;
            case Value.Text(String text) -> IDENTIFIER.matcher(text).matches();
            case Value.NullLiteral _, Value.Flag _, Value.Word _, Value.Items _, Value.Members _, Value.File _ -> false;
        };
    }

    static void requireIdentifier(Value value, String name) {
        if (!isIdentifier(value)) {
            throw new McpException(
                    "The `" + name + "` is neither a whole number nor a short text.", "Send a whole number.");
        }
    }

    /** Returns the members of the message in {@code body}; empty if it is no object that every reader reads alike. */
    static Optional<Map<String, Value>> find(Bytes body) {
        return JsonBody.read(body.toArray()) instanceof JsonBody.JsonDocument(Value.Members(var members))
                ? Optional.of(members)
                : Optional.empty();
    }

    /** Returns whether {@code body} is the answer to a request. */
    public static boolean isAnswer(Bytes body) {
        return find(body)
                .filter(members -> members.containsKey("result") || members.containsKey("error"))
                .isPresent();
    }

    /** Returns whether {@code members} are of a message of version 2.0. */
    static boolean isCurrent(Map<String, Value> members) {
        return VERSION.equals(members.get(VERSION_MEMBER));
    }

    /** Returns a message with the member {@code name} beside its identifier. */
    static Bytes written(Value id, String name, Value value) {
        return Bytes.utf8(new Value.Members(Map.of(VERSION_MEMBER, VERSION, "id", id, name, value)).json());
    }
}
