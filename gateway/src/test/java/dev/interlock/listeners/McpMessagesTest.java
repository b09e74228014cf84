package dev.interlock.listeners;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.Catalogs;
import dev.interlock.front.http.McpReader.SeparatedMessage;
import dev.interlock.testing.Fixtures;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests in which session the gateway's own questions go, and which do not go. */
final class McpMessagesTest {

    private static final Catalog NOTES = Catalogs.read("notes.yaml", Bytes.utf8(Catalogs.example("mcp")));

    private static HttpCall call(String method, String params, Header... headers) {
        return new HttpCall(
                "POST",
                "notes.example",
                "/mcp",
                List.of(),
                List.of(headers),
                Bytes.utf8("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":" + params + "}"));
    }

    @Test
    void aQuestionGoesInTheSessionOfItsCallUnlessTheToolIsInQuarantine() {
        McpMessages messages = new McpMessages(
                NOTES,
                new ToolQuarantine(_ -> {}, () -> 0)
                        .of(Fixtures.seal(), "notes", NOTES.tools().orElseThrow()));
        HttpCall question = call("tools/call", "{\"name\":\"list_notes\",\"arguments\":{}}");
        Header session = new Header("mcp-session-id", "s-1");
        SeparatedMessage asked = messages.separate(call("tools/call", "{\"name\":\"delete_note\"}", session), List.of())
                .orElseThrow();
        assertThat(asked.within(question).map(HttpCall::of).flatMap(sent -> sent.header("mcp-session-id")))
                .hasValue("s-1");
        SeparatedMessage sessionless = messages.separate(question, List.of()).orElseThrow();
        assertThat(sessionless.within(question)).hasValue(question);

        SeparatedMessage list =
                messages.separate(call("tools/list", "{}"), List.of()).orElseThrow();
        list.shown(
                Bytes.utf8(
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"list_notes\",\"description\":\"a\u200b\"}]}}"));
        Optional<Call> withheld = asked.within(question);
        assertThat(withheld).isEmpty();
    }
}
