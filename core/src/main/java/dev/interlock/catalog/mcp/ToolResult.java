package dev.interlock.catalog.mcp;

import dev.interlock.action.Bytes;
import dev.interlock.catalog.graphql.Value;
import java.util.Map;
import java.util.Optional;

/** The result of a tool that the gateway itself has called. */
public record ToolResult(Value.Members members) {

    /** What readers put in the place of bytes that are no text: such a text is not what it was read from. */
    private static final String REPLACED = "\ufffd";

    /** Reads it from {@code answer}, a message or a stream of events. Empty if that is no one's result, or an error. */
    public static Optional<ToolResult> read(Bytes answer) {
        Optional<Map<String, Value>> message = JsonRpc.find(JsonRpc.answerIn(answer));
        return message.filter(members ->
                                JsonRpc.isCurrent(members) && McpEnvelope.OWN.equals(members.get("id")))
                        .map(members -> members.get("result"))
                        .orElse(null)
                        instanceof Value.Members result
                ? Optional.of(new ToolResult(result))
                : Optional.empty();
    }

    /**
     * Returns it as a state to keep; {@code null} if it is an error that begins with {@code absent}. Empty if it is
     * another error, or holds bytes that are no text.
     */
    public Optional<Value> shown(Optional<String> absent) {
        Value isError = members.members().getOrDefault("isError", new Value.Flag(false));
        if (isError.equals(new Value.Flag(false))) {
            return Optional.<Value>of(members).filter(shown -> !shown.json().contains(REPLACED));
        }
        return isError.equals(new Value.Flag(true)) && absent.filter(this::begins).isPresent()
                ? Optional.of(new Value.NullLiteral())
                : Optional.empty();
    }

    private boolean begins(String text) {
        return members.members().get("content") instanceof Value.Items(var content)
                && content.size() == 1
                && content.getFirst() instanceof Value.Members(var only)
                && only.get("text") instanceof Value.Text(String said)
                && said.startsWith(text);
    }

    /** {@inheritDoc} Nothing of it is shown. */
    @Override
    public String toString() {
        return "result of a tool";
    }
}
