package dev.interlock.catalog.mcp;

import dev.interlock.action.Bytes;
import dev.interlock.catalog.graphql.Value;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an MCP server says in one message of an answer, as far as it asks its client for something, gives it a task, or
 * says what itself can do.
 */
public sealed interface ServerMessage {

    /** What a server may ask its client for, where the catalog lists it. A {@code ping} needs no line. */
    enum Ask {
        SAMPLING("sampling/createMessage", "sampling"),
        ELICITATION("elicitation/create", "elicitation"),
        ROOTS("roots/list", "roots");

        private final String text;
        private final String capability;

        Ask(String text, String capability) {
            this.text = text;
            this.capability = capability;
        }

        public static Optional<Ask> find(String text) {
            return Arrays.stream(values()).filter(ask -> ask.text.equals(text)).findFirst();
        }

        public String text() {
            return text;
        }

        public String capability() {
            return capability;
        }
    }

    /** The method in place of one that the client does not get. No client knows it, so each answers with an error. */
    String REFUSED = "interlock/refused";

    /** A request of the server's, as of the versions with sessions. */
    record ServerRequest(Value id, String method) implements ServerMessage {

        /** Returns the message that the client gets in place of one that is refused. */
        public Bytes refused() {
            return JsonRpc.written(id, "method", new Value.Text(REFUSED));
        }
    }

    /**
     * A result that asks for more, as of 2026-07-28.
     *
     * @param asked the methods that it asks for, by the server's keys
     * @param state what the client sends back with its answers
     */
    record InputRequired(Value id, Map<String, String> asked, Optional<String> state) implements ServerMessage {
        public InputRequired {
            asked = Map.copyOf(asked);
        }
    }

    /** So long a task is known at most. */
    Duration MAX_TASK_TTL = Duration.ofDays(1);

    /**
     * A result that gives a task, as of 2025-11-25: the outcome comes later.
     *
     * @param ttl how long the server keeps it, and {@link #MAX_TASK_TTL} at most
     */
    record NewTask(String task, Duration ttl) implements ServerMessage {}

    /** A result that says how it stands with {@code task}. As of 2026-07-28 a result may give a task in this form. */
    record TaskState(String task) implements ServerMessage {}

    /** A result that says what the server can do, such as that of {@code initialize}. */
    record ServerAbilities(Map<String, Value> message) implements ServerMessage {

        /** Returns the version of the protocol that it says, if it says one. */
        public Optional<String> version() {
            return new Value.Members(message)
                    .at("result", "protocolVersion")
                    .filter(Value.Text.class::isInstance)
                    .flatMap(Value::scalar);
        }

        /** Returns whether it runs calls of tools as tasks, as of 2025-11-25. */
        public boolean runsTasks() {
            return new Value.Members(message)
                    .at("result", ABILITIES, TASKS, "requests", "tools", "call")
                    .filter(Value.Members.class::isInstance)
                    .isPresent();
        }

        /**
         * Returns it written anew, as that of a server with the tasks alone that pass here: those of tools, if
         * {@code hasTasks}, and without a list of them. Empty if it says nothing else of tasks.
         */
        public Optional<Bytes> narrowed(boolean hasTasks) {
            Map<String, Value> result = members(message.get("result"));
            Map<String, Value> abilities = members(result.get(ABILITIES));
            Map<String, Value> kept = new LinkedHashMap<>(abilities);
            Map<String, Value> tasks = new LinkedHashMap<>(members(abilities.get(TASKS)));
            tasks.keySet().retainAll(Set.of("cancel", "requests"));
            tasks.computeIfPresent("requests", (_, requests) -> only(requests, "tools"));
            if (hasTasks) {
                kept.computeIfPresent(TASKS, (_, _) -> new Value.Members(tasks));
            } else {
                kept.remove(TASKS);
            }
            Map<String, Value> extensions = new LinkedHashMap<>(members(abilities.get(EXTENSIONS)));
            if (extensions.remove(TASKS_EXTENSION) != null) {
                kept.put(EXTENSIONS, new Value.Members(extensions));
            }
            if (kept.equals(abilities)) {
                return Optional.empty();
            }
            Map<String, Value> written = new LinkedHashMap<>(message);
            Map<String, Value> other = new LinkedHashMap<>(result);
            other.put(ABILITIES, new Value.Members(kept));
            written.put("result", new Value.Members(other));
            return Optional.of(Bytes.utf8(new Value.Members(written).json()));
        }

        private static Value only(Value value, String name) {
            Map<String, Value> kept = new LinkedHashMap<>(members(value));
            kept.keySet().retainAll(Set.of(name));
            return new Value.Members(kept);
        }

        private static Map<String, Value> members(@Nullable Value value) {
            return value instanceof Value.Members(var members) ? members : Map.of();
        }
    }

    /** The members of a message that count. */
    Set<String> MEMBERS = Set.of("id", "method", "result", "error");

    String TASK = "task";
    String TASK_ID = "taskId";
    String ABILITIES = "capabilities";
    String TASKS = "tasks";
    String EXTENSIONS = "extensions";

    /** The extension of 2026-07-28 for tasks. None passes here. */
    String TASKS_EXTENSION = "io.modelcontextprotocol/tasks";

    /** The members of a result that count. */
    Set<String> OF_RESULT = Set.of("resultType", "inputRequests", "requestState", TASK, TASK_ID, ABILITIES);

    /** Identifiers of tasks: visible ASCII, and no longer than two UUIDs with words between them. */
    Pattern TASK_IDENTIFIER = Pattern.compile("[\\x21-\\x7e]{1,256}");

    /** It asks for nothing. */
    record OtherMessage() implements ServerMessage {}

    /** It is nothing that every reader understands in the same way. */
    record UnreadableMessage() implements ServerMessage {}

    /** Reads {@code message}, in which a method or a request for input was seen. */
    static ServerMessage read(Bytes message) {
        Map<String, Value> members = JsonRpc.find(message).orElse(null);
        if (members == null || isSpeltOtherwise(members, MEMBERS)) {
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
            return JsonRpc.isIdentifier(id) ? new ServerRequest(id, method) : new UnreadableMessage();
        }
        return members.containsKey("method") ? new UnreadableMessage() : result(id, members);
    }

    private static ServerMessage result(Value id, Map<String, Value> members) {
        if (!(members.get("result") instanceof Value.Members(var result)) || isSpeltOtherwise(result, OF_RESULT)) {
            return new UnreadableMessage();
        }
        boolean isAsking = result.get("resultType") instanceof Value.Text(String type) && type.equals("input_required");
        if (!isAsking && !result.containsKey("inputRequests")) {
            return ofTask(members, result);
        }
        if (result.containsKey(TASK) || result.containsKey(TASK_ID)) {
            return new UnreadableMessage();
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
        return JsonRpc.isIdentifier(id)
                ? new InputRequired(
                        id,
                        asked,
                        Optional.ofNullable(result.get("requestState")).flatMap(Value::scalar))
                : new UnreadableMessage();
    }

    private static ServerMessage ofTask(Map<String, Value> members, Map<String, Value> result) {
        if (result.containsKey(TASK)) {
            return !result.containsKey(TASK_ID)
                            && result.get(TASK) instanceof Value.Members(var task)
                            && !isSpeltOtherwise(task, Set.of(TASK_ID))
                            && task.get(TASK_ID) instanceof Value.Text(String id)
                            && TASK_IDENTIFIER.matcher(id).matches()
                    ? new NewTask(id, ttl(task.get("ttl")))
                    : new UnreadableMessage();
        }
        if (result.containsKey(TASK_ID)) {
            return result.get(TASK_ID) instanceof Value.Text(String id) ? new TaskState(id) : new UnreadableMessage();
        }
        return result.containsKey(ABILITIES) ? new ServerAbilities(members) : new OtherMessage();
    }

    /** Returns the time that {@code said} names, in milliseconds. Without one the server keeps a task for ever. */
    private static Duration ttl(@Nullable Value said) {
        BigDecimal most = BigDecimal.valueOf(MAX_TASK_TTL.toMillis());
        return said instanceof Value.Numeric(BigDecimal millis)
                ? Duration.ofMillis(millis.max(BigDecimal.ZERO).min(most).longValue())
                : MAX_TASK_TTL;
    }

    private static boolean isSpeltOtherwise(Map<String, Value> members, Set<String> names) {
        return members.keySet().stream()
                .anyMatch(member -> !names.contains(member) && names.stream().anyMatch(member::equalsIgnoreCase));
    }
}
