package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.catalog.mcp.McpMessage;
import java.util.ArrayList;
import java.util.List;

/** The example of a catalog for MCP, and messages to its server. */
final class McpExample {

    static final String TEXT = Catalogs.example("mcp");
    static final Catalog CATALOG = Catalogs.read("notes.yaml", Bytes.utf8(TEXT));

    /** The same, in which one tool may run as a task. */
    static final Catalog WITH_TASKS = Catalogs.read("notes.yaml", Bytes.utf8(TEXT + "tasks: [write_note]\n"));

    private static final Header JSON = new Header("content-type", "application/json");

    private McpExample() {}

    /** Returns a POST of {@code body}. */
    static HttpCall post(String body, Header... headers) {
        List<Header> all = new ArrayList<>(List.of(JSON));
        all.addAll(List.of(headers));
        return new HttpCall("POST", "notes.example", "/mcp", List.of(), all, Bytes.utf8(body));
    }

    /** Returns a POST of a request with {@code method} and {@code params}. */
    static HttpCall request(String method, String params, Header... headers) {
        return post("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method + "\",\"params\":" + params + "}", headers);
    }

    /** Returns a call of {@code tool}. */
    static HttpCall tool(String tool, String arguments, Header... headers) {
        return request("tools/call", "{\"name\":\"" + tool + "\",\"arguments\":" + arguments + "}", headers);
    }

    /** Returns a call of {@code tool} as of 2026-07-28, with {@code headers}. */
    static HttpCall stateless(String tool, String version, Header... headers) {
        return request(
                "tools/call",
                "{\"name\":\"" + tool + "\",\"arguments\":{\"folder\":\"a\"},\"_meta\":{\"" + McpMessage.VERSION
                        + "\":\"" + version + "\",\"" + McpMessage.CAPABILITIES + "\":{\"elicitation\":{}}}}",
                headers);
    }

    static HttpCall bare(String method, Header... headers) {
        return new HttpCall(method, "notes.example", "/mcp", List.of(), List.of(headers), Bytes.empty());
    }

    static CallReading.CallMeaning understood(HttpCall call) {
        CallReading reading = CATALOG.read(call);
        assertThat(reading).isInstanceOf(CallReading.CallMeaning.class);
        return (CallReading.CallMeaning) reading;
    }

    static Action action(HttpCall call) {
        return understood(call).actions().getFirst();
    }

    static CallReading.CallRejection refused(HttpCall call) {
        CallReading reading = CATALOG.read(call);
        assertThat(reading).isInstanceOf(CallReading.CallRejection.class);
        return (CallReading.CallRejection) reading;
    }
}
