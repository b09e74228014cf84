package dev.interlock.catalog.mcp;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.McpError;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A request of MCP, separated from what differs each time that it is sent. Two tries of one call are then the same
 * call.
 *
 * @param judged the request without what differs
 * @param differing what differs
 * @param message what is judged of its message; empty if it is none, or an answer to one
 * @param isAnswer whether it answers a request of the server's
 */
public record McpEnvelope(HttpCall judged, Differing differing, Optional<McpMessage> message, boolean isAnswer) {

    /**
     * With this begins each identifier of the gateway's own requests. What is sent has a random rest: servers answer
     * two requests with one identifier as they like, and an agent would know which one to use.
     */
    static final String OWN = "interlock-tools";

    /**
     * What differs from one try to the next.
     *
     * @param id the identifier of the message; empty if it has none, or is no message
     * @param progressToken the identifier under which the server reports progress
     * @param state the server's own text, which comes back with the answers to what a result has asked for
     * @param session the header fields of the session
     */
    public record Differing(
            Optional<Value> id, Optional<Value> progressToken, Optional<String> state, List<Header> session) {
        public Differing {
            session = List.copyOf(session);
        }
    }

    /** Separates {@code call}. A call that is not understood stays as it is, apart from its session. */
    public static McpEnvelope of(HttpCall call) {
        List<Header> session = McpHeaders.ofSession(call);
        Set<String> names = session.stream().map(Header::name).collect(Collectors.toSet());
        HttpCall sessionless = new HttpCall(
                call.method(),
                call.authority(),
                call.path(),
                call.query(),
                call.headers().stream()
                        .filter(header -> !names.contains(header.name()))
                        .toList(),
                call.body(),
                call.stream(),
                call.withheld());
        Differing none = new Differing(Optional.empty(), Optional.empty(), Optional.empty(), session);
        if (call.isWhole() && call.body().length() > 0) {
            try {
                Map<String, Value> members = JsonRpc.read(call.body());
                Optional<McpAnswer> answer = McpAnswer.read(members);
                return answer.isPresent()
                        ? of(sessionless, session, answer.get())
                        : of(sessionless, session, McpMessage.read(members));
            } catch (UnreadableException _) { // its reading says why
            }
        }
        return new McpEnvelope(sessionless, none, Optional.empty(), false);
    }

    private static McpEnvelope of(HttpCall call, List<Header> session, McpAnswer answer) {
        return new McpEnvelope(
                with(call, answer.neutral().written()),
                new Differing(Optional.of(answer.id()), Optional.empty(), Optional.empty(), session),
                Optional.empty(),
                true);
    }

    private static McpEnvelope of(HttpCall call, List<Header> session, McpMessage message) {
        McpMessage judged = message.neutral();
        return new McpEnvelope(
                with(call, judged.written()),
                new Differing(message.id(), message.progressToken(), message.requestState(), session),
                Optional.of(judged),
                false);
    }

    private static HttpCall with(HttpCall call, Bytes body) {
        return written(call, call.headers(), body);
    }

    /** Returns its method; empty if it is no message, or an answer to one. */
    public String method() {
        return message.map(McpMessage::method).orElse("");
    }

    /** Returns the tool that it calls, if it calls one. */
    public Optional<String> tool() {
        return message.filter(McpMessage::isToolCall)
                .map(call -> call.params().get("name"))
                .filter(Value.Text.class::isInstance)
                .flatMap(Value::scalar);
    }

    /** Returns the identifier under which its sender waits for an answer, if it does. */
    public Optional<Value> id() {
        return isAnswer ? Optional.empty() : differing.id();
    }

    /** Does the same as {@link #isAnsweredBy(Value)} with {@code id}, the text of a value. */
    public boolean isAnsweredBy(String id) {
        if (id().filter(own -> own.json().equals(id)).isPresent()) {
            return true; // as nearly all are
        }
        try {
            Map<String, Value> members = JsonRpc.read(Bytes.utf8("{\"id\":" + id + "}"));
            return members.size() == 1 && members.values().stream().allMatch(this::isAnsweredBy);
        } catch (UnreadableException _) {
            return false;
        }
    }

    /**
     * Returns whether a message that answers {@code id} may be in the answer to it. A client takes it for the answer to
     * whatever it has sent with this identifier, also if that waits for a person. Only a stream that is resumed has
     * answers to other messages; none of those is to the gateway.
     */
    public boolean isAnsweredBy(Value id) {
        return id instanceof Value.NullLiteral
                || id().filter(own -> isSame(own, id)).isPresent()
                || (!isOwn(id)
                        && differing.session().stream()
                                .anyMatch(header -> header.name().equals(McpHeaders.LAST_EVENT)));
    }

    /** Returns whether {@code id} is that of a request of the gateway's own. */
    static boolean isOwn(Value id) {
        return id instanceof Value.Text(String text) && text.startsWith(OWN);
    }

    // Some servers return a number as a text, and clients take it.
    private static boolean isSame(Value own, Value id) {
        if (own instanceof Value.Numeric(BigDecimal number) && id instanceof Value.Numeric(BigDecimal other)) {
            return number.compareTo(other) == 0;
        }
        return JsonRpc.isIdentifier(id) && own.scalar().equals(id.scalar());
    }

    /** Returns the identifier of the request that it answers, if it is an answer. */
    public Optional<Value> answered() {
        return isAnswer ? differing.id() : Optional.empty();
    }

    /** Returns the server's own text that it sends back. */
    public Optional<String> state() {
        return differing.state();
    }

    /** Returns the session that it belongs to; empty if it names none. */
    public String session() {
        return differing.session().stream()
                .filter(header -> header.name().equals(McpHeaders.SESSION))
                .map(Header::value)
                .findFirst()
                .orElse("");
    }

    /** Returns whether it answers what a result of the same call has asked for, or sends back that result's state. */
    public boolean isContinued() {
        return differing.state().isPresent() || !inputs().isEmpty();
    }

    private Map<String, Value> inputs() {
        return message.flatMap(McpMessage::inputs).orElse(Map.of());
    }

    /** Returns a text that is the same for each round of one call: it stands for the call without its answers. */
    public String call() {
        McpMessage asked = message.orElseThrow();
        return new McpMessage(Optional.empty(), asked.method(), asked.ownParams(), Map.of())
                .written()
                .sha256();
    }

    /** Returns the error that MCP has for it if it continues what no result has begun. */
    public Optional<McpError> unbegun() {
        return isContinued()
                ? McpException.Fault.INVALID_PARAMS.error(judged, message.orElseThrow())
                : Optional.empty();
    }

    /** Returns it with the answers for {@code keys} alone. */
    public McpEnvelope withInputs(Set<String> keys) {
        Map<String, Value> kept = new LinkedHashMap<>(inputs());
        kept.keySet().retainAll(keys);
        return message.filter(asked -> asked.inputs().isPresent())
                .map(asked -> asked.with(kept))
                .map(fewer -> new McpEnvelope(with(judged, fewer.written()), differing, Optional.of(fewer), false))
                .orElse(this);
    }

    /** Returns it, an answer, as the error that says {@code reason}. Nothing of what the client says is left. */
    public McpEnvelope refused(String reason) {
        McpAnswer answer = McpAnswer.read(JsonRpc.read(judged.body())).orElseThrow();
        return new McpEnvelope(with(judged, answer.refused(reason).written()), differing, message, isAnswer);
    }

    public boolean isToolCall() {
        return method().equals(McpMethod.CALL_TOOL);
    }

    /** Returns whether it begins a session. */
    public boolean begins() {
        return method().equals(McpMethod.INITIALIZE.text());
    }

    /** Returns whether it calls a tool that shall run as a task. */
    public boolean runsAsTask() {
        return message.flatMap(McpMessage::task).isPresent();
    }

    /** Returns the identifier of the task that it is about, if it is about one. */
    public Optional<String> task() {
        return isAboutTask() ? message.flatMap(McpMessage::taskId) : Optional.empty();
    }

    /** Returns whether it is about one task: it asks for it, for its outcome, or for its end. */
    public boolean isAboutTask() {
        return McpMethod.find(method()).filter(McpMethod::isAboutTask).isPresent();
    }

    /** Returns whether it is no message but a request for a stream, in which older answers may come again. */
    public boolean isStream() {
        return !isAnswer && method().isEmpty();
    }

    /** Returns the error that MCP has for a task that there is not. */
    public static McpError unknownTask() {
        return McpException.Fault.INVALID_PARAMS.inSession();
    }

    /** Returns whether it is a message as of 2026-07-28, in which no call runs as a task. */
    public boolean isStateless() {
        return message.flatMap(McpMessage::version).isPresent();
    }

    /** Returns whether it asks for the tools. */
    public boolean listsTools() {
        return method().equals(McpMethod.LIST_TOOLS.text());
    }

    /**
     * Returns the question for the tools that goes in the same session as {@code sent}, a call of a tool.
     *
     * @param cursor where the page begins; empty for the first one
     */
    public static HttpCall question(HttpCall sent, Optional<String> cursor) {
        Map<String, Value> params = new LinkedHashMap<>();
        cursor.ifPresent(text -> params.put("cursor", new Value.Text(text)));
        return own(sent, McpMethod.LIST_TOOLS.text(), params, Optional.empty(), newId());
    }

    /** Returns a call of {@code tool} with {@code arguments}, of the same version as {@code like}. */
    public static HttpCall toolCall(HttpCall like, String tool, Map<String, Value> arguments) {
        Map<String, Value> params = Map.of("name", new Value.Text(tool), "arguments", new Value.Members(arguments));
        return own(like, McpMethod.CALL_TOOL, params, Optional.of(tool), new Value.Text(OWN));
    }

    /** Returns the request that begins a session for {@code call}. */
    public static HttpCall beginning(HttpCall call) {
        String version = call.header(McpHeaders.VERSION).orElse("2025-03-26");
        return own(call, McpMethod.INITIALIZE.text(), McpMessage.beginning(version), Optional.empty(), newId());
    }

    /** Returns the message of {@code method}, in the session of {@code call}. */
    public static HttpCall plain(McpMethod method, HttpCall call) {
        return own(call, method.text(), Map.of(), Optional.empty(), newId());
    }

    /** Returns the request that ends the session of {@code call}. */
    public static HttpCall ending(HttpCall call) {
        return new HttpCall("DELETE", call.authority(), call.path(), List.of(), call.headers(), Bytes.empty());
    }

    /** Returns {@code call} as one in {@code session}, empty if there is none, with an identifier of its own. */
    public static HttpCall in(String session, HttpCall call) {
        List<Header> headers = new ArrayList<>(call.headers());
        if (!session.isEmpty()) {
            headers.add(new Header(McpHeaders.SESSION, session));
        }
        McpMessage message = McpMessage.read(JsonRpc.read(call.body()));
        return written(
                call,
                headers,
                message.with(message.id().map(_ -> newId()), Optional.empty(), Optional.empty())
                        .written());
    }

    private static Value newId() {
        return new Value.Text(OWN + '-' + UUID.randomUUID());
    }

    private static HttpCall own(
            HttpCall like, String method, Map<String, Value> params, Optional<String> name, Value id) {
        Map<String, Value> meta =
                new LinkedHashMap<>(McpMessage.read(JsonRpc.read(like.body())).meta());
        meta.remove(McpMessage.PROGRESS_TOKEN);
        return written(
                like,
                McpHeaders.ofQuestion(like, method, name),
                new McpMessage(Optional.of(id).filter(_ -> !McpMethod.isNotification(method)), method, params, meta)
                        .written());
    }

    private static HttpCall written(HttpCall like, List<Header> headers, Bytes body) {
        return new HttpCall(like.method(), like.authority(), like.path(), like.query(), headers, body);
    }

    /** Returns the texts that go upstream beside what is judged. */
    public List<String> perTry() {
        return Stream.concat(
                        Stream.concat(differing.id().stream(), differing.progressToken().stream())
                                .flatMap(value -> value.scalar().stream()),
                        Stream.concat(
                                differing.state().stream(),
                                differing.session().stream().map(Header::value)))
                .toList();
    }

    /** Returns {@code outgoing}, as it was written anew for {@link #judged}, with what was taken out. */
    public HttpCall restored(HttpCall outgoing) {
        List<Header> headers = new ArrayList<>(outgoing.headers());
        headers.addAll(differing.session());
        return written(outgoing, headers, outgoing.body().length() == 0 ? outgoing.body() : restored(outgoing.body()));
    }

    private Bytes restored(Bytes body) {
        Optional<Value> answered = answered();
        boolean isNumbered = id().isPresent()
                && differing.progressToken().isEmpty()
                && differing.state().isEmpty();
        if (isNumbered && body.equals(judged.body())) { // as nearly all are
            String text = new String(body.toArray(), StandardCharsets.UTF_8); // canonical: the identifier is first
            return Bytes.utf8("{\"id\":" + id().get().json() + text.substring(text.indexOf(',')));
        }
        Map<String, Value> members = JsonRpc.read(body);
        return answered.isPresent()
                ? McpAnswer.read(members).orElseThrow().with(answered.get()).written()
                : McpMessage.read(members)
                        .with(differing.id(), differing.progressToken(), differing.state())
                        .written();
    }
}
