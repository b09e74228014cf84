package dev.interlock.catalog;

import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.List;
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
 * @param isToolCall whether it calls a tool
 */
public record McpEnvelope(
        HttpCall judged, Optional<Value> id, Optional<Value> progressToken, List<Header> session, boolean isToolCall) {

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
            return new McpEnvelope(sessionless, Optional.empty(), Optional.empty(), session, false);
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
            return new McpEnvelope(judged, message.id(), message.progressToken(), session, message.isToolCall());
        } catch (UnknownCallException _) { // its reading says why
            return new McpEnvelope(sessionless, Optional.empty(), Optional.empty(), session, false);
        }
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
