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
     * with {@code absent}. Empty if it is another error, not the answer to the gateway, or holds anything but one text,
     * or bytes that are no text.
     */
    public static Optional<Value> read(Bytes answer, Optional<String> absent) {
        Optional<Value.Members> result = JsonRpc.find(JsonRpc.answerIn(answer))
                .filter(message -> JsonRpc.isCurrent(message)
                        && Optional.ofNullable(message.get("id"))
                                .filter(McpEnvelope::isOwn)
                                .isPresent())
                .flatMap(message -> message.get("result") instanceof Value.Members members
                        ? Optional.of(members)
                        : Optional.empty());
        Optional<String> text = result.flatMap(ToolResult::text);
        Value isError = result.flatMap(members -> members.at("isError")).orElse(new Value.Flag(false));
        if (isError.equals(new Value.Flag(false))) {
            return result.<Value>map(members -> members)
                    .filter(shown -> text.isPresent() && !shown.json().contains(REPLACED));
        }
        return isError.equals(new Value.Flag(true))
                        && absent.filter(begin -> text.orElse("").startsWith(begin))
                                .isPresent()
                ? Optional.of(new Value.NullLiteral())
                : Optional.empty();
    }

    private static Optional<String> text(Value.Members result) {
        return result.members().get("content") instanceof Value.Items(List<Value> content)
                        && content.size() == 1
                        && content.getFirst().at("type").equals(Optional.of(new Value.Text("text")))
                        && content.getFirst().at("text").orElse(null) instanceof Value.Text(String text)
                ? Optional.of(text)
                : Optional.empty();
    }
}
