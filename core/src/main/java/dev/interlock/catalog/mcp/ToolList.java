package dev.interlock.catalog.mcp;

import dev.interlock.action.Bytes;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A server's answer to {@code tools/list}: one page of its tools.
 *
 * @param message the whole message
 * @param tools the tools of it, in its order
 */
public record ToolList(Map<String, Value> message, List<ToolPin> tools) {

    private static final Set<String> KEPT = Set.of("resultType", "nextCursor", "_meta", "ttlMs", "cacheScope");
    private static final String EXECUTION = "execution";
    private static final String TASK_SUPPORT = "taskSupport";

    /** What it says of tools that may or must run as tasks. */
    private static final Set<String> SUPPORTED = Set.of("optional", "required");

    private static final int MAX_TOOLS = 2_000;

    public ToolList {
        tools = List.copyOf(tools);
    }

    /** What an answer to {@code tools/list} is. */
    public sealed interface Reading {}

    /** It is a list. */
    public record ListOfTools(ToolList list) implements Reading {}

    /**
     * It is an error.
     *
     * @param id the message that it answers
     * @param message it, written anew
     */
    public record ListError(Value id, Bytes message) implements Reading {}

    /** It is a request or a notification of the server's. */
    public record OtherMessage() implements Reading {}

    /** It is nothing that every reader understands in the same way. */
    public record Unreadable() implements Reading {}

    /** Reads {@code body} as one message. */
    public static Reading read(Bytes body) {
        Map<String, Value> message = JsonRpc.find(body).orElse(null);
        if (message == null) {
            return new Unreadable();
        }
        if (message.containsKey("method")) {
            return new OtherMessage();
        }
        if (message.containsKey("error") && !message.containsKey("result")) {
            return new ListError(id(message), written(message, "error", Objects.requireNonNull(message.get("error"))));
        }
        if (!(message.get("result") instanceof Value.Members(var result))
                || !(result.get("tools") instanceof Value.Items(var items))
                || items.size() > MAX_TOOLS) {
            return new Unreadable();
        }
        List<ToolPin> tools = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Value item : items) {
            if (!(item instanceof Value.Members(var tool))
                    || !(tool.get("name") instanceof Value.Text(String name))
                    || !names.add(name)) {
                return new Unreadable();
            }
            tools.add(ToolPin.of(tool));
        }
        return new ListOfTools(new ToolList(message, tools));
    }

    /** Returns the identifier of the message that it answers. */
    public Value id() {
        return id(message);
    }

    private static Value id(Map<String, Value> message) {
        return message.getOrDefault("id", new Value.NullLiteral());
    }

    /** Returns where its next page begins, if there is one. Clients take an empty text for the end. */
    public Optional<String> cursor() {
        return result().get("nextCursor") instanceof Value.Text(String cursor) && !cursor.isEmpty()
                ? Optional.of(cursor)
                : Optional.empty();
    }

    /**
     * Returns the message with those tools alone that {@code isShown} accepts, and of each only what a pin has. Of
     * those that {@code isTask} accepts it also has whether they run as tasks.
     */
    public Bytes written(Predicate<ToolPin> isShown, Predicate<String> isTask) {
        Map<String, Value> result = new LinkedHashMap<>(result());
        result.keySet().retainAll(KEPT);
        result.put(
                "tools",
                new Value.Items(tools.stream()
                        .filter(isShown)
                        .<Value>map(
                                tool -> new Value.Members(isTask.test(tool.name()) ? withTasks(tool) : tool.members()))
                        .toList()));
        return written(message, "result", new Value.Members(result));
    }

    private Map<String, Value> withTasks(ToolPin tool) {
        Map<String, Value> members = new LinkedHashMap<>(tool.members());
        taskSupport(tool)
                .ifPresent(support -> members.put(EXECUTION, new Value.Members(Map.of(TASK_SUPPORT, support))));
        return members;
    }

    /** Returns whether the server says that {@code tool}, one of these, may or must run as a task. */
    public boolean isTask(ToolPin tool) {
        return taskSupport(tool).isPresent();
    }

    private Optional<Value> taskSupport(ToolPin tool) {
        return result().get("tools") instanceof Value.Items(var items)
                ? items.get(tools.indexOf(tool))
                        .at(EXECUTION, TASK_SUPPORT)
                        .filter(support -> support instanceof Value.Text(String text) && SUPPORTED.contains(text))
                : Optional.empty();
    }

    // A reader that ignores case would find more members than these.
    private static Bytes written(Map<String, Value> message, String outcome, Value value) {
        Map<String, Value> written = new LinkedHashMap<>(message);
        written.keySet().retainAll(Set.of("jsonrpc", "id"));
        written.put(outcome, value);
        return Bytes.utf8(new Value.Members(written).json());
    }

    private Map<String, Value> result() {
        return message.get("result") instanceof Value.Members(var result) ? result : Map.of();
    }
}
