package dev.interlock.catalog;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.PlainText;
import dev.interlock.catalog.graphql.Value;
import java.util.List;
import java.util.Map;

/**
 * A request as it was understood.
 *
 * @param entry the operation it asks for
 * @param parameters the values of its path parameters
 * @param arguments all that conditions and facts may use
 * @param headers the header fields that go upstream
 * @param body the body that goes upstream
 */
record RestRequest(
        RestOperation entry,
        Map<String, String> parameters,
        Map<String, Value> arguments,
        List<Header> headers,
        Bytes body) {

    /** Returns {@code call}, which this was read from, written anew. */
    HttpCall outgoing(HttpCall call) {
        return call.rewritten(call.query().stream().map(this::recorded).toList(), headers, body);
    }

    private HttpCall.Parameter recorded(HttpCall.Parameter sent) {
        ArgumentPath path = new ArgumentPath(List.of("query", sent.name()));
        boolean isListed = entry.entry().facts().plain().contains(path);
        boolean isPlain = PlainText.isLiteral(sent.value()) || (isListed && PlainText.isWord(sent.value()));
        return new HttpCall.Parameter(sent.name(), sent.value(), !isPlain);
    }
}
