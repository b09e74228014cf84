package dev.interlock.listeners;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.Catalogs;
import dev.interlock.catalog.mcp.McpEnvelope;
import dev.interlock.evidence.Json;
import dev.interlock.front.http.McpReader;
import dev.interlock.front.http.McpReader.SeparatedMessage;
import dev.interlock.testing.Fixtures;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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

    private static McpMessages messages(Catalog catalog) {
        return new McpMessages(
                catalog,
                new ToolQuarantine(_ -> {}, () -> 0)
                        .of(Fixtures.seal(), "notes", catalog.tools().orElseThrow()));
    }

    @Test
    void aQuestionGoesInTheSessionOfItsCallUnlessTheToolIsInQuarantine() {
        McpMessages messages = messages(NOTES);
        HttpCall question = call("tools/call", "{\"name\":\"list_notes\",\"arguments\":{}}");
        Header session = new Header("mcp-session-id", "s-1");
        SeparatedMessage asked = messages.separate(
                        call("tools/call", "{\"name\":\"delete_note\"}", session), Optional.empty(), List.of())
                .orElseThrow();
        assertThat(asked.within(question).map(HttpCall::of).flatMap(sent -> sent.header("mcp-session-id")))
                .hasValue("s-1");
        SeparatedMessage sessionless =
                messages.separate(question, Optional.empty(), List.of()).orElseThrow();
        assertThat(sessionless.within(question).map(HttpCall::of).flatMap(sent -> sent.header("mcp-session-id")))
                .isEmpty();

        SeparatedMessage list = messages.separate(call("tools/list", "{}"), Optional.empty(), List.of())
                .orElseThrow();
        list.shown(
                Bytes.utf8(
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"list_notes\",\"description\":\"a\u200b\"}]}}"));
        Optional<Call> withheld = asked.within(question);
        assertThat(withheld).isEmpty();
    }

    /** A server sends its answer to whichever request has the identifier, and an agent may choose its own. */
    @Test
    void noTwoRequestsInASessionHaveOneIdentifier() {
        SeparatedMessage write = messages(NOTES)
                .separate(call("tools/call", "{\"name\":\"delete_note\"}"), Optional.empty(), List.of())
                .orElseThrow();
        HttpCall question = call("tools/call", "{\"name\":\"list_notes\",\"arguments\":{}}");
        Set<Object> ids = IntStream.range(0, 3)
                .mapToObj(
                        _ -> Json.readObject(HttpCall.of(write.within(question).orElseThrow())
                                        .body()
                                        .toArray())
                                .text("id"))
                .collect(Collectors.toSet());
        assertThat(ids).hasSize(3);
        assertThat(Json.readObject(McpEnvelope.question(question, Optional.empty())
                                .body()
                                .toArray())
                        .text("id"))
                .isNotEqualTo(Json.readObject(McpEnvelope.question(question, Optional.empty())
                                .body()
                                .toArray())
                        .text("id"));
    }

    /** The gateway has asked a tool, and learns only then that it may be another one than a person has sealed. */
    @Test
    void whatAToolWithADifferentPinHasSaidCountsForNothing() {
        Catalog pinned = Catalogs.read("notes.yaml", Bytes.utf8(Catalogs.example("mcp") + """
                pins:
                  list_notes: '{"name":"list_notes"}'
                  delete_note: '{"name":"delete_note"}'
                """));
        HttpCall question = call("tools/call", "{\"name\":\"list_notes\",\"arguments\":{}}");
        HttpCall deletion = call("tools/call", "{\"name\":\"delete_note\"}");
        Bytes list = Bytes.utf8("{\"jsonrpc\":\"2.0\",\"id\":\"interlock-tools\",\"result\":{\"tools\":["
                + "{\"name\":\"list_notes\",\"description\":\"another\"},{\"name\":\"delete_note\"}]}}");
        McpMessages messages = messages(pinned);
        SeparatedMessage first =
                messages.separate(deletion, Optional.empty(), List.of()).orElseThrow();
        assertThat(first.within(question)).isPresent();
        McpReader.ToolCheck check = first.check(deletion, false).orElseThrow();
        assertThat(check.isAnswer(list)).isTrue();
        assertThat(check.refusal().map(Refusal::reason).orElseThrow()).contains("`list_notes`");

        SeparatedMessage next =
                messages.separate(deletion, Optional.empty(), List.of()).orElseThrow();
        assertThat(next.within(question)).isEmpty();
        McpReader.ToolCheck again = next.check(deletion, false).orElseThrow();
        assertThat(again.isAnswer(list)).isTrue();
        assertThat(again.refusal()).as("people are asked instead").isEmpty();
    }

    /** A server may send events of another stream again to whoever guesses their identifiers. */
    @Test
    void noStreamThatIsResumedShowsWhatTheGatewayHasAsked() {
        HttpCall resumed = new HttpCall(
                "GET",
                "notes.example",
                "/mcp",
                List.of(),
                List.of(new Header("mcp-session-id", "s-1"), new Header("last-event-id", "7")),
                Bytes.empty());
        SeparatedMessage stream =
                messages(NOTES).separate(resumed, Optional.empty(), List.of()).orElseThrow();
        assertThat(stream.isAnsweredBy("7")).isTrue();
        assertThat(stream.isAnsweredBy("\"interlock-tools-7\"")).isFalse();
    }
}
