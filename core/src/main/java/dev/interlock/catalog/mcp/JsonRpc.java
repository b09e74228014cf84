package dev.interlock.catalog.mcp;

import dev.interlock.action.Bytes;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The form of a message of JSON-RPC 2.0: one object, in the strictest JSON. */
public final class JsonRpc {

    static final String VERSION_MEMBER = "jsonrpc";
    static final Value VERSION = new Value.Text("2.0");

    /** Stands for every identifier in what is judged. Otherwise no two calls would be the same. */
    static final Value NEUTRAL = new Value.Numeric(BigDecimal.ZERO);

    /** An identifier in letters. Clients use numbers, and at most a UUID. */
    private static final Pattern IDENTIFIER = Pattern.compile("[\\x21-\\x7e]{1,128}");

    private JsonRpc() {}

    /** Returns the members of the message in {@code body}. */
    public static Map<String, Value> read(Bytes body) {
        return switch (Value.read(body)) {
            case Value.Members(var members) -> members;
            case Value.Items _ ->
                throw new UnreadableException(
                        "The body is a list of messages, which MCP knows no more.", "Send each by itself.");
            default -> throw new UnreadableException("The body is no message of JSON-RPC.", "Send one object.");
        };
    }

    static boolean isIdentifier(Value value) {
        return switch (value) {
            case Value.Numeric(BigDecimal number) -> number.scale() <= 0;
            case Value.Text(String text) -> IDENTIFIER.matcher(text).matches();
            default -> false;
        };
    }

    static void requireIdentifier(Value value, String name) {
        if (!isIdentifier(value)) {
            throw new UnreadableException(
                    "The `" + name + "` is neither a whole number nor a short text.", "Send a whole number.");
        }
    }

    /** Returns the members of the message in {@code body}; empty if it is no object that every reader reads alike. */
    static Optional<Map<String, Value>> find(Bytes body) {
        return Value.find(body).orElse(null) instanceof Value.Members(var members)
                ? Optional.of(members)
                : Optional.empty();
    }

    /** Returns the last answer in {@code body}, a message or a stream of events; empty bytes if there is none. */
    public static Bytes answerIn(Bytes body) {
        return isAnswer(body)
                ? body
                : Stream.of(new String(body.toArray(), StandardCharsets.UTF_8).split("\r?\n\r?\n", -1))
                        .map(event -> event.lines()
                                .filter(line -> line.startsWith("data:"))
                                .map(line -> line.substring("data:".length()).strip())
                                .collect(Collectors.joining("\n")))
                        .map(Bytes::utf8)
                        .filter(JsonRpc::isAnswer)
                        .reduce(Bytes.empty(), (_, last) -> last);
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
