package dev.interlock.catalog;

import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A request of MCP, separated from what differs each time that it is sent: identifiers of the message, of progress and
 * of the session. Two tries of one call are then the same call.
 *
 * @param judged the request without these
 * @param id the identifier of the message; empty if it has none, or is no message
 * @param progressToken the identifier under which the server reports progress
 * @param session the header fields of the session
 * @param method its method; empty if it is no message
 * @param tool the tool that it calls, if it calls one
 */
public record McpEnvelope(
        HttpCall judged,
        Optional<Value> id,
        Optional<Value> progressToken,
        List<Header> session,
        String method,
        Optional<String> tool) {

    /** The identifier of the gateway's own questions. */
    private static final Value OWN = new Value.Text("interlock-tools");

    /** Separates {@code call}. A call that is not understood stays as it is, apart from its session. */
    static McpEnvelope of(HttpCall call) {
        List<Header> session = McpHeaders.ofSession(call);
        Set<String> names = session.stream().map(Header::name).collect(Collectors.toSet());
        List<Header> others = call.headers().stream()
                .filter(header -> !names.contains(header.name()))
                .toList();
        HttpCall sessionless = new HttpCall(
                call.method(),
                call.authority(),
                call.path(),
                call.query(),
                others,
                call.body(),
                call.stream(),
                call.withheld());
        if (!call.isWhole() || call.body().length() == 0) {
            return new McpEnvelope(sessionless, Optional.empty(), Optional.empty(), session, "", Optional.empty());
        }
        try {
            McpMessage message = McpMessage.read(call.body());
            HttpCall judged = new HttpCall(
                    call.method(),
                    call.authority(),
                    call.path(),
                    call.query(),
                    others,
                    message.neutral().written());
            return new McpEnvelope(
                    judged, message.id(), message.progressToken(), session, message.method(), called(message));
        } catch (UnknownCallException _) { // its reading says why
            return new McpEnvelope(sessionless, Optional.empty(), Optional.empty(), session, "", Optional.empty());
        }
    }

    private static Optional<String> called(McpMessage message) {
        return message.isToolCall() && message.params().get("name") instanceof Value.Text(String name)
                ? Optional.of(name)
                : Optional.empty();
    }

    /** Returns whether it calls a tool. */
    public boolean isToolCall() {
        return method.equals(McpMethod.CALL_TOOL);
    }

    /** Returns whether it asks for the tools. */
    public boolean listsTools() {
        return method.equals(McpMethod.LIST_TOOLS.text());
    }

    /**
     * Returns the question for the tools that goes in the same session as {@code sent}, a call of a tool.
     *
     * @param cursor where the page begins; empty for the first one
     */
    public static HttpCall question(HttpCall sent, Optional<String> cursor) {
        McpMessage call = McpMessage.read(sent.body());
        Map<String, Value> meta = new LinkedHashMap<>(call.meta());
        meta.remove(McpMessage.PROGRESS_TOKEN);
        Map<String, Value> params = new LinkedHashMap<>();
        cursor.ifPresent(text -> params.put("cursor", new Value.Text(text)));
        String list = McpMethod.LIST_TOOLS.text();
        return new HttpCall(
                sent.method(),
                sent.authority(),
                sent.path(),
                sent.query(),
                McpHeaders.ofQuestion(sent, list),
                new McpMessage(Optional.of(OWN), list, params, meta).written());
    }

    /** Returns the texts that go upstream beside what is judged. */
    public List<String> perTry() {
        return Stream.concat(
                        Stream.concat(id.stream(), progressToken.stream()).flatMap(value -> value.scalar().stream()),
                        session.stream().map(Header::value))
                .toList();
    }

    /** Returns {@code outgoing}, as it was written anew for {@link #judged}, with what was taken out. */
    public HttpCall restored(HttpCall outgoing) {
        List<Header> headers = new ArrayList<>(outgoing.headers());
        headers.addAll(session);
        return new HttpCall(
                outgoing.method(),
                outgoing.authority(),
                outgoing.path(),
                outgoing.query(),
                headers,
                outgoing.body().length() == 0
                        ? outgoing.body()
                        : McpMessage.read(outgoing.body())
                                .with(id, progressToken)
                                .written());
    }
}
