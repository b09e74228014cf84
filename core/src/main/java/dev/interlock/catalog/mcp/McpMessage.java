package dev.interlock.catalog.mcp;

import dev.interlock.action.Bytes;
import dev.interlock.action.VisibleText;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One request or notification of MCP, read strictly. Of the metadata only what the protocol itself needs is kept.
 *
 * @param id the identifier of a request; empty for a notification
 * @param method the method
 * @param params its parameters, without the metadata
 * @param meta the metadata that is sent on
 */
public record McpMessage(Optional<Value> id, String method, Map<String, Value> params, Map<String, Value> meta) {

    /** The metadata of 2026-07-28 that says which version a request is of. */
    public static final String VERSION = "io.modelcontextprotocol/protocolVersion";

    /** The metadata of 2026-07-28 that says what the client can answer. */
    public static final String CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";

    /** The metadata under which the server reports progress. */
    public static final String PROGRESS_TOKEN = "progressToken";

    private static final String META = "_meta";
    private static final Set<String> ASKING = Set.of(McpMethod.CALL_TOOL, "prompts/get", "resources/read");

    public static final String INPUTS = "inputResponses";

    /** The parameter of a call that shall run as a task, as of 2025-11-25. */
    public static final String TASK = "task";

    private static final String TTL = "ttl";
    private static final String TASK_ID = "taskId";

    /** So long a server may be asked to keep a task, in milliseconds: the gateway knows it no longer either. */
    private static final BigDecimal MAX_TTL = BigDecimal.valueOf(ServerMessage.MAX_TASK_TTL.toMillis());

    private static final String STATE = "requestState";
    private static final Set<String> MEMBERS = Set.of(JsonRpc.VERSION_MEMBER, "id", "method", "params");

    private static final Set<String> KEPT = Set.of(
            PROGRESS_TOKEN,
            VERSION,
            CAPABILITIES,
            "io.modelcontextprotocol/clientInfo",
            "io.modelcontextprotocol/logLevel");

    /** Reads what {@link JsonRpc#read} has returned. */
    public static McpMessage read(Map<String, Value> members) {
        for (String name : members.keySet()) {
            if (!MEMBERS.contains(name)) {
                throw new UnreadableException(
                        "The message has the member " + VisibleText.shown(name) + ", which JSON-RPC does not know.",
                        "Leave it out.");
            }
        }
        if (!JsonRpc.isCurrent(members)) {
            throw new UnreadableException("The message is not of JSON-RPC 2.0.", "Send `\"jsonrpc\": \"2.0\"`.");
        }
        if (!(members.get("method") instanceof Value.Text(String method))) {
            throw new UnreadableException("The message names no method.", "Send one request of MCP.");
        }
        Optional<Value> id = Optional.ofNullable(members.get("id"));
        id.ifPresent(value -> JsonRpc.requireIdentifier(value, "id"));
        if (id.isPresent() == McpMethod.isNotification(method)) {
            throw new UnreadableException(
                    id.isPresent()
                            ? "The message is a notification, and has an `id`."
                            : "The message has no `id`, so its sender would not learn what became of it.",
                    id.isPresent() ? "Leave the `id` out." : "Send it with an `id`.");
        }
        Map<String, Value> params = new LinkedHashMap<>(object(members, "params"));
        Map<String, Value> meta = new LinkedHashMap<>(object(params, META));
        params.remove(META);
        if (McpMethod.find(method).filter(McpMethod::isAboutTask).isPresent()) {
            params.remove(TASK); // the official SDK repeats here what the call said of its task
        }
        meta.keySet().retainAll(KEPT);
        Optional.ofNullable(meta.get(PROGRESS_TOKEN))
                .ifPresent(value -> JsonRpc.requireIdentifier(value, PROGRESS_TOKEN));
        return new McpMessage(id, method, params, meta);
    }

    private static Map<String, Value> object(Map<String, Value> members, String name) {
        return switch (members.get(name)) {
            case null -> Map.of();
            case Value.Members(var object) -> object;
            case Value.NullLiteral _,
                    Value.Flag _,
                    Value.Numeric _,
                    Value.Text _,
                    Value.LongText _,
                    Value.Word _,
                    Value.Items _ ->
                throw new UnreadableException("`" + name + "` is no object.", "Send an object, or leave it out.");
        };
    }

    /** Returns the parameters of the request with which the gateway begins a session as of {@code version}. */
    public static Map<String, Value> beginning(String version) {
        return Map.of(
                "protocolVersion",
                new Value.Text(version),
                "capabilities",
                new Value.Members(Map.of()),
                "clientInfo",
                new Value.Members(Map.of("name", new Value.Text("interlock"), "version", new Value.Text("1"))));
    }

    /** Returns its text parameter {@code name}. */
    public String text(String name) {
        if (params.get(name) instanceof Value.Text(String text)) {
            return text;
        }
        throw new McpException(
                McpException.Fault.INVALID_PARAMS,
                "The parameter `" + name + "` is missing, or no text.",
                "Send it as a text.");
    }

    public boolean isToolCall() {
        return method.equals(McpMethod.CALL_TOOL);
    }

    /** Returns the version of 2026-07-28 or later that it is of; empty if it is of an earlier one. */
    public Optional<Value> version() {
        return Optional.ofNullable(meta.get(VERSION));
    }

    public Optional<Value> progressToken() {
        return Optional.ofNullable(meta.get(PROGRESS_TOKEN));
    }

    /** Returns what the client sends back of a result that asked for more: the server's own text, for this call. */
    public Optional<String> requestState() {
        return ASKING.contains(method) && params.get(STATE) instanceof Value.Text(String state)
                ? Optional.of(state)
                : Optional.empty();
    }

    /** Returns the answers to what a result has asked for, by the server's keys; empty if it answers nothing. */
    public Optional<Map<String, Value>> inputs() {
        return ASKING.contains(method) && params.get(INPUTS) instanceof Value.Members(Map<String, Value> inputs)
                ? Optional.of(inputs)
                : Optional.empty();
    }

    /**
     * Returns what it says of the task that it shall run as; empty if it shall not. As of 2026-07-28 no call says so.
     */
    public Optional<Value> task() {
        return isToolCall() && version().isEmpty() ? Optional.ofNullable(params.get(TASK)) : Optional.empty();
    }

    /** Returns the identifier of the task that it is about; empty if it names none. */
    public Optional<String> taskId() {
        return params.get(TASK_ID) instanceof Value.Text(String task) ? Optional.of(task) : Optional.empty();
    }

    /**
     * Returns it with what it says of its task written anew. A server may keep the task for less time than it is asked
     * to, so a longer time than the gateway's becomes that.
     */
    public McpMessage withBoundedTask() {
        if (task().isEmpty()) {
            return this;
        }
        if (!(task().get() instanceof Value.Members(var given)) || !Set.of(TTL).containsAll(given.keySet())) {
            throw malformedTask();
        }
        Map<String, Value> bounded = new LinkedHashMap<>();
        if (given.containsKey(TTL)) {
            if (!(given.get(TTL) instanceof Value.Numeric(BigDecimal ttl)) || ttl.scale() > 0 || ttl.signum() <= 0) {
                throw malformedTask();
            }
            bounded.put(TTL, new Value.Numeric(ttl.min(MAX_TTL)));
        }
        Map<String, Value> parameters = new LinkedHashMap<>(params);
        parameters.put(TASK, new Value.Members(bounded));
        return new McpMessage(id, method, parameters, meta);
    }

    private static McpException malformedTask() {
        return new McpException(
                McpException.Fault.INVALID_PARAMS,
                "The parameter `task` says more than for how long the task is kept, or not in whole milliseconds.",
                "Send `{}`, or `ttl` alone as a whole number above 0.");
    }

    /** Refuses it if it continues what a result has begun, and not in the form of its version. */
    public void requireContinued() {
        Optional<Map<String, Value>> inputs = inputs();
        boolean isOther = ASKING.contains(method)
                && ((inputs.isEmpty() && params.containsKey(INPUTS))
                        || (requestState().isEmpty() && params.containsKey(STATE)));
        boolean isUnknown = inputs.isPresent()
                && (version().isEmpty() || !inputs.get().values().stream().allMatch(Value.Members.class::isInstance));
        if (isOther || isUnknown) {
            throw new McpException(
                    McpException.Fault.INVALID_PARAMS,
                    "The message has answers that are no objects, a state that is no text, or a version without both.",
                    "Send each answer as an object, the state as it came, and the version in `_meta`.");
        }
    }

    /** Returns it with {@code inputs} as its answers. */
    public McpMessage with(Map<String, Value> inputs) {
        Map<String, Value> parameters = new LinkedHashMap<>(params);
        parameters.put(INPUTS, new Value.Members(inputs));
        return new McpMessage(id, method, parameters, meta);
    }

    /** Returns its parameters without such answers. */
    public Map<String, Value> ownParams() {
        Map<String, Value> own = new LinkedHashMap<>(params);
        inputs().ifPresent(_ -> own.remove(INPUTS));
        return own;
    }

    /** Returns it without what differs each time that it is sent. */
    public McpMessage neutral() {
        Map<String, Value> parameters = new LinkedHashMap<>(params);
        requestState().ifPresent(_ -> parameters.remove(STATE));
        Map<String, Value> metadata = new LinkedHashMap<>(meta);
        metadata.remove(PROGRESS_TOKEN); // not every client wants reports
        return new McpMessage(id.map(_ -> JsonRpc.NEUTRAL), method, parameters, metadata);
    }

    /** Returns it with {@code newId}, {@code token} and {@code state}, where it has such. */
    public McpMessage with(Optional<Value> newId, Optional<Value> token, Optional<String> state) {
        Map<String, Value> metadata = new LinkedHashMap<>(meta);
        token.ifPresent(value -> metadata.put(PROGRESS_TOKEN, value));
        Map<String, Value> parameters = new LinkedHashMap<>(params);
        state.ifPresent(text -> parameters.put(STATE, new Value.Text(text)));
        return new McpMessage(newId, method, parameters, metadata);
    }

    /**
     * Returns it with those abilities of its client alone that are in {@code named}: for the others servers must not
     * ask, because the gateway passes on no answer.
     */
    public McpMessage withCapabilities(Set<String> named) {
        Map<String, Value> parameters = new LinkedHashMap<>(params);
        Map<String, Value> metadata = new LinkedHashMap<>(meta);
        if (method.equals(McpMethod.INITIALIZE.text())) {
            parameters.put("capabilities", abilities(params.get("capabilities"), named));
        }
        metadata.computeIfPresent(CAPABILITIES, (_, declared) -> abilities(declared, named));
        return new McpMessage(id, method, parameters, metadata);
    }

    private static Value abilities(@Nullable Value declared, Set<String> named) {
        Map<String, Value> kept = new LinkedHashMap<>();
        if (declared instanceof Value.Members(Map<String, Value> abilities)) {
            kept.putAll(abilities);
            kept.keySet().retainAll(named);
        }
        return new Value.Members(kept);
    }

    /** Returns it written anew. */
    public Bytes written() {
        Map<String, Value> all = new LinkedHashMap<>(params);
        if (!meta.isEmpty()) {
            all.put(META, new Value.Members(meta));
        }
        Map<String, Value> members = new LinkedHashMap<>();
        members.put(JsonRpc.VERSION_MEMBER, JsonRpc.VERSION);
        members.put("method", new Value.Text(method));
        id.ifPresent(value -> members.put("id", value));
        if (!all.isEmpty()) {
            members.put("params", new Value.Members(all));
        }
        return Bytes.utf8(new Value.Members(members).json());
    }
}
