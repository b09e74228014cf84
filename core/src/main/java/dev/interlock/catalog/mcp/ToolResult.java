package dev.interlock.catalog.mcp;

import dev.interlock.action.Bytes;
import dev.interlock.catalog.graphql.Value;
import java.util.List;
import java.util.Optional;

/** Reads the result of a tool that the gateway itself has called. */
public final class ToolResult {

    /** What readers put in the place of bytes that are no text: such a text is not what it was read from. */
    private static final String REPLACED = "\ufffd";

    private ToolResult() {}

    /**
     * Returns the result in {@code answer}, a message or a stream of events; {@code null} if it is an error that begins
     * with {@code absent}. Empty if it is another error, not the answer to the gateway, or holds bytes that are no
     * text.
     */
    public static Optional<Value> read(Bytes answer, Optional<String> absent) {
        Optional<Value.Members> result = JsonRpc.find(JsonRpc.answerIn(answer))
                .filter(message -> JsonRpc.isCurrent(message) && McpEnvelope.OWN.equals(message.get("id")))
                .flatMap(message -> message.get("result") instanceof Value.Members members
                        ? Optional.of(members)
                        : Optional.empty());
        Optional<Value> isError = result.flatMap(members -> members.at("isError"));
        if (isError.isEmpty() || isError.get().equals(new Value.Flag(false))) {
            return result.<Value>map(members -> members)
                    .filter(shown -> !shown.json().contains(REPLACED));
        }
        return isError.get().equals(new Value.Flag(true))
                        && absent.filter(text -> begins(result.get(), text)).isPresent()
                ? Optional.of(new Value.NullLiteral())
                : Optional.empty();
    }

    private static boolean begins(Value.Members result, String text) {
        return result.members().get("content") instanceof Value.Items(List<Value> content)
                && content.size() == 1
                && content.getFirst() instanceof Value.Members only
                && only.at("text")
                        .flatMap(Value::scalar)
                        .filter(said -> said.startsWith(text))
                        .isPresent();
    }
}
