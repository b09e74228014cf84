package dev.interlock.catalog;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.catalog.graphql.Value;
import java.util.List;
import java.util.Map;

/**
 * One request, as it was understood.
 *
 * @param entry the operation it asks for
 * @param parameters what stands for each parameter of its path
 * @param arguments all that conditions and facts may ask about
 * @param headers what goes upstream
 * @param body what goes upstream
 */
record RestRequest(
        RestEntry entry,
        Map<String, String> parameters,
        Map<String, Value> arguments,
        List<Header> headers,
        Bytes body) {

    /** {@code call}, which this was read from, written anew. */
    HttpCall outgoing(HttpCall call) {
        return call.rewritten(call.query(), headers, body);
    }
}
