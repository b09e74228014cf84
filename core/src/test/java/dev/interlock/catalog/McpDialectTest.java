package dev.interlock.catalog;

import static dev.interlock.catalog.McpExample.CATALOG;
import static dev.interlock.catalog.McpExample.action;
import static dev.interlock.catalog.McpExample.bare;
import static dev.interlock.catalog.McpExample.post;
import static dev.interlock.catalog.McpExample.refused;
import static dev.interlock.catalog.McpExample.request;
import static dev.interlock.catalog.McpExample.stateless;
import static dev.interlock.catalog.McpExample.tool;
import static dev.interlock.catalog.McpExample.understood;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.McpError;
import dev.interlock.action.Refusal;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.catalog.mcp.McpEnvelope;
import dev.interlock.catalog.mcp.McpHeaders;
import dev.interlock.catalog.mcp.McpMessage;
import dev.interlock.catalog.mcp.ToolPin;
import dev.interlock.evidence.Json;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a message of MCP is read as exactly one call, and written anew, or refused. */
class McpDialectTest {

    private static final Header STATELESS = new Header("mcp-protocol-version", "2026-07-28");
    private static final Header CALL = new Header("mcp-method", "tools/call");
    private static final Header NAME = new Header("mcp-name", "list_notes");
    private static final String META = "'_meta': {'" + McpMessage.VERSION + "': '2026-07-28'}";

    private static String body(HttpCall call) {
        return new String(call.body().toArray(), StandardCharsets.UTF_8);
    }

    @Test
    void aToolIsWhatTheCatalogSays() {
        Action read = action(tool("list_notes", "{\"folder\":\"a\"}"));
        assertThat(read.operation()).hasToString("notes/list_notes");
        assertThat(read.isPureRead()).isTrue();
        assertThat(read.resources()).containsExactly(new Resource("notes", "account", "self"));
        Action gone = action(tool("delete_note", "{\"note\":\"n-1\",\"force\":true}"));
        assertThat(gone.impacts()).containsExactly(Impact.DESTROY);
        assertThat(gone.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
        assertThat(gone.resources()).containsExactly(new Resource("notes", "note", "n-1"));
        assertThat(gone.facts())
                .extracting(fact -> fact.name() + "=" + fact.value())
                .contains("argument.force=true", "argument.note=n-1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "initialize",
                "server/discover",
                "ping",
                "tools/list",
                "prompts/list",
                "resources/list",
                "resources/templates/list",
                "subscriptions/listen",
            })
    void theProtocolsOwnMethodsOnlyRead(String method) {
        Action action = action(request(method, "{}"));
        assertThat(action.operation().name()).isEqualTo("mcp/" + method);
        assertThat(action.isPureRead()).isTrue();
    }

    @Test
    void methodsThatReturnContentAreReadOnlyWhereListed() {
        assertThat(action(request("resources/read", "{\"uri\":\"file:///a\"}")).facts())
                .anyMatch(fact ->
                        fact.name().equals("argument.uri") && fact.value().equals("file:///a"));
        assertThat(refused(request("prompts/get", "{\"name\":\"a\"}")).finality())
                .isEqualTo(Refusal.Finality.FINAL);
    }

    @ParameterizedTest
    @CsvSource({"GET, mcp/listen", "DELETE, mcp/end-session"})
    void streamsAndSessionsAreKnown(String method, String operation) {
        assertThat(action(bare(method)).operation().name()).isEqualTo(operation);
        refused(new HttpCall(method, "notes.example", "/mcp", List.of(), List.of(), Bytes.utf8("{}")));
    }

    @Test
    void aMistypedNameIsAnsweredWithTheNearestOne() {
        assertThat(refused(tool("lst_notes", "{}")).next())
                .isEqualTo("Is `list_notes` meant? Use a tool that it lists,"
                        + " or ask a person for a catalog that lists this one.");
        assertThat(refused(tool("list_notes", "{\"foldr\":\"a\"}")).next())
                .isEqualTo("Is `folder` meant? Leave it out, or ask a person for a catalog that lists it.");
        assertThat(refused(tool("reboot", "{}")).next()).startsWith("Use a tool that it lists");
        assertThat(refused(tool("list_notes" + "s".repeat(100), "{}")).next()).startsWith("Use a tool that it lists");
    }

    @Test
    void unknownToolsAndMethodsAreFinal() {
        for (HttpCall call : List.of(
                tool("drop_notes", "{}"),
                tool("Delete_note", "{\"note\":\"n\"}"),
                tool("mcp/ping", "{}"),
                request("tasks/get", "{}"),
                request("tools/Call", "{}"))) {
            assertThat(refused(call).finality()).isEqualTo(Refusal.Finality.FINAL);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "7",
                "[]",
                "[{'jsonrpc':'2.0','id':7,'method':'ping'}]",
                "{'jsonrpc':'2.0','id':7,'method':'ping'}{}",
                "{'jsonrpc':'2.0','id':7,'method':'ping','method':'tools/call'}",
                "{'jsonrpc':'2.0','id':7,'id':8,'method':'ping'}",
                "{'jsonrpc':'2.0','id':7,'method':'ping','more':1}",
                "{'jsonrpc':'2.0','id':7,'Method':'tools/call','method':'ping'}",
                "{'jsonrpc':'1.0','id':7,'method':'ping'}",
                "{'jsonrpc':2.0,'id':7,'method':'ping'}",
                "{'id':7,'method':'ping'}",
                "{'jsonrpc':'2.0','id':7}",
                "{'jsonrpc':'2.0','id':7,'method':['ping']}",
                "{'jsonrpc':'2.0','id':null,'method':'ping'}",
                "{'jsonrpc':'2.0','id':1.5,'method':'ping'}",
                "{'jsonrpc':'2.0','id':true,'method':'ping'}",
                "{'jsonrpc':'2.0','id':[7],'method':'ping'}",
                "{'jsonrpc':'2.0','id':{},'method':'ping'}",
                "{'jsonrpc':'2.0','id':'','method':'ping'}",
                "{'jsonrpc':'2.0','id':'a b','method':'ping'}",
                "{'jsonrpc':'2.0','id':'\\u00e4','method':'ping'}",
                "{'jsonrpc':'2.0','id':99999999999999999999,'method':'ping'}",
                "{'jsonrpc':'2.0','method':'ping'}",
                "{'jsonrpc':'2.0','method':'tools/call','params':{'name':'list_notes'}}",
                "{'jsonrpc':'2.0','id':7,'method':'notifications/initialized'}",
                "{'jsonrpc':'2.0','id':7,'method':'ping','params':[]}",
                "{'jsonrpc':'2.0','id':7,'method':'ping','params':'a'}",
                "{'jsonrpc':'2.0','id':7,'method':'ping','params':{'more':1}}",
                "{'jsonrpc':'2.0','id':7,'method':'ping','params':{'_meta':[]}}",
                "{'jsonrpc':'2.0','id':7,'method':'ping','params':{'_meta':{'progressToken':{}}}}",
                "{'jsonrpc':'2.0','id':7,'method':'ping','params':{'_meta':{'progressToken':1.5}}}",
                "{'jsonrpc':'2.0','id':7,'method':'tools/call'}",
                "{'jsonrpc':'2.0','id':7,'method':'tools/call','params':{}}",
                "{'jsonrpc':'2.0','id':7,'method':'tools/call','params':{'name':7}}",
                "{'jsonrpc':'2.0','id':7,'method':'tools/call','params':{'name':'list_notes','task':{}}}",
                "{'jsonrpc':'2.0','id':7,'method':'tools/call','params':{'name':'list_notes','Name':'delete_note'}}",
                "{'jsonrpc':'2.0','id':7,'method':'tools/call','params':{'name':'list_notes','inputResponses':{}}}",
                "{'jsonrpc':'2.0','id':7,'method':'tools/call','params':{'name':'list_notes','arguments':[]}}",
                "{'jsonrpc':'2.0','id':7,'method':'tools/call','params':{'name':'list_notes','arguments':null}}",
                "{'jsonrpc':'2.0','id':7,'method':'tools/call','params':{'name':'list_notes','arguments':{'all':1}}}",
                "{'jsonrpc':'2.0','id':7,'method':'tools/call','params':{'name':'list_notes','arguments':{'folder':{}}}}",
                "{'jsonrpc':'2.0','id':7,'method':'tools/call','params':{'name':'delete_note','arguments':{'note':['a b']}}}",
                "{'jsonrpc':'2.0','id':7,'result':7}",
                "{'jsonrpc':'2.0','result':{}}",
                "{'jsonrpc':'2.0','id':7,'result':{},'more':1}",
                "{'jsonrpc':'2.0','id':7,'result':{},'error':{}}",
                "{'jsonrpc':'1.0','id':7,'result':{}}",
                "{'jsonrpc':'2.0','id':'a b','result':{}}",
                "{'jsonrpc':'2.0','id':7,'method':'ping','result':{}}",
            })
    void anythingThatIsNotExactlyOneMessageIsRefused(String body) {
        CallReading.CallRejection refused = refused(post(body.replace('\'', '"')));
        assertThat(refused.reason()).endsWith(".");
        assertThat(refused.next()).endsWith(".");
    }

    private static final Catalog ASKING = Catalogs.read(
            "notes.yaml",
            Bytes.utf8(McpExample.TEXT.replace(
                    "methods: [resources/read]", "methods: [resources/read]\nasks: [elicitation/create]")));

    /** It reads, whatever it says: no person has said yes. */
    @Test
    void anAnswerToAServerIsARead() {
        HttpCall answer = post(
                "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{\"action\":\"accept\",\"_meta\":{\"x\":1}}}",
                new Header("mcp-session-id", "s"));
        McpEnvelope envelope = CATALOG.mcp(answer).orElseThrow();
        assertThat(envelope.id()).as("nobody waits for an answer to it").isEmpty();
        assertThat(envelope.answered()).contains(new Value.Text("a"));
        assertThat(envelope.perTry()).containsExactly("a", "s");
        CallReading.CallMeaning meaning = understood(envelope.judged());
        assertThat(meaning.actions().getFirst().operation().name()).isEqualTo("mcp/answer");
        assertThat(meaning.actions().getFirst().isPureRead()).isTrue();
        assertThat(body(envelope.restored(HttpCall.of(meaning.outgoing()))))
                .isEqualTo("{\"id\":\"a\",\"jsonrpc\":\"2.0\",\"result\":{\"action\":\"accept\"}}");
        McpEnvelope refused = envelope.refused("No.");
        assertThat(body(refused.restored(
                        HttpCall.of(understood(refused.judged()).outgoing()))))
                .isEqualTo("{\"error\":{\"code\":-32601,\"message\":\"No.\"},\"id\":\"a\",\"jsonrpc\":\"2.0\"}");
    }

    @Test
    void answersToWhatAResultAsksForArePartOfTheCall() {
        McpEnvelope one =
                ASKING.mcp(answering("{\"a\":{\"action\":\"accept\"}}", "s-1")).orElseThrow();
        McpEnvelope other =
                ASKING.mcp(answering("{\"a\":{\"action\":\"decline\"}}", "s-2")).orElseThrow();
        assertThat(one.isContinued()).isTrue();
        assertThat(one.call()).as("one call, whatever is answered").isEqualTo(other.call());
        assertThat(one.judged()).isNotEqualTo(other.judged());
        assertThat(one.perTry()).contains("s-1");
        CallReading.CallMeaning meaning = understood(one.judged());
        assertThat(meaning.actions().getFirst().facts())
                .anyMatch(fact -> fact.name().equals("answers") && fact.value().contains("accept"));
        assertThat(body(one.restored(HttpCall.of(meaning.outgoing()))))
                .contains("\"requestState\":\"s-1\"", "\"inputResponses\":{\"a\":{\"action\":\"accept\"}}");
        McpEnvelope fewer = one.withInputs(Set.of("b"));
        assertThat(body(fewer.restored(HttpCall.of(understood(fewer.judged()).outgoing()))))
                .contains("\"inputResponses\":{}");
        refused(ASKING.mcp(answering("{\"a\":7}", "s-1")).orElseThrow().judged());
        refused(request("tools/call", "{\"name\":\"list_notes\",\"inputResponses\":{\"a\":{\"action\":\"accept\"}}}"));
        refused(request("ping", "{\"inputResponses\":{\"a\":{}},\"requestState\":\"s\"}"));
    }

    private static HttpCall answering(String inputs, String state) {
        return request(
                "tools/call",
                "{\"name\":\"list_notes\",\"arguments\":{},\"inputResponses\":" + inputs + ",\"requestState\":\""
                        + state + "\",\"_meta\":{\"" + McpMessage.VERSION + "\":\"2026-07-28\"}}",
                STATELESS,
                CALL,
                NAME);
    }

    @Test
    void serversAreToldOfTheListedAbilitiesAlone() {
        HttpCall initialize = request(
                "initialize",
                "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"sampling\":{},\"elicitation\":{\"url\":{}}},"
                        + "\"clientInfo\":{\"name\":\"x\"}}");
        assertThat(body(HttpCall.of(understood(initialize).outgoing())))
                .contains("\"capabilities\":{}", "\"clientInfo\":{\"name\":\"x\"}");
        assertThat(body(HttpCall.of(((CallReading.CallMeaning) ASKING.read(initialize)).outgoing())))
                .contains("\"capabilities\":{\"elicitation\":{\"url\":{}}}");
        assertThat(body(HttpCall.of(understood(stateless("list_notes", "2026-07-28", STATELESS, CALL, NAME))
                        .outgoing())))
                .contains("\"io.modelcontextprotocol/clientCapabilities\":{}")
                .doesNotContain("elicitation");
    }

    /** The message is in single quotes. {@code version} is the head's. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "2026-07-28 | unknown/method | META | 404 | -32601",
                "2026-07-28 | tasks/get | 'taskId': 't', META | 404 | -32601",
                "2026-07-28 | prompts/get | 'name': 'a', META | 404 | -32601",
                "2026-07-28 | resources/subscribe | META | 404 | -32601",
                "2026-07-28 | initialize | META | 404 | -32601",
                "2026-07-28 | ping | META | 404 | -32601",
                "2026-07-28 | server/discover | \"\" | 400 | -32602",
                "2026-07-28 | server/discover | '_meta': {} | 400 | -32602",
                "2026-07-28 | resources/read | META | 400 | -32602",
                "2026-07-28 | resources/read | 'uri': 'file:///a', 'inputResponses': null, META | 400 | -32602",
                "2026-07-28 | resources/read | 'uri': 'file:///a', 'inputResponses': [], META | 400 | -32602",
                "2026-07-28 | resources/read | 'uri': 'file:///a', 'inputResponses': {'a': 7}, META | 400 | -32602",
                "2026-07-28 | resources/read | 'uri': 'file:///a', 'requestState': 7, META | 400 | -32602",
                "v999.0.0 | server/discover | META | 400 | -32020",
                "\"\" | server/discover | META | 400 | -32020",
                "2025-11-25 | server/discover | META | 400 | -32020",
                "2025-11-25 | unknown/method | \"\" | 200 | -32601",
                "2025-11-25 | tasks/get | 'taskId': 't' | 200 | -32601",
                "2025-11-25 | tasks/list | \"\" | 200 | -32601",
                "2025-11-25 | tools/call | 'name': 'list_notes', 'task': {} | 200 | -32601",
                "\"\" | prompts/get | 'name': 'a' | 200 | -32601",
            })
    void aMessageThatIsNotAsTheProtocolSaysHasItsError(
            String version, String method, String params, int status, int code) {
        HttpCall call = said(version, method, params);
        refused(call);
        McpError error = CATALOG.mcpError(call).orElseThrow();
        assertThat(error).isEqualTo(new McpError(status, code, Json.object()));
    }

    private static HttpCall said(String version, String method, String params) {
        String object = "{" + params.replace("META", META) + "}";
        String name = params.contains("'uri'") ? "file:///a" : "";
        Header[] head = Stream.of(
                        new Header("mcp-method", method),
                        new Header("mcp-name", name),
                        new Header("mcp-protocol-version", version))
                .filter(header -> !header.value().isEmpty())
                .toArray(Header[]::new);
        return request(method, object.replace('\'', '"'), head);
    }

    /** What a client may send instead is what passes here. */
    @ParameterizedTest
    @ValueSource(strings = {"v999.0.0", "2025-11-25"})
    void aVersionThatNoMessageHasIsAnsweredWithThoseThatItMayHave(String version) {
        HttpCall call = stateless("list_notes", version, new Header("mcp-protocol-version", version), CALL, NAME);
        refused(call);
        assertThat(CATALOG.mcpError(call))
                .contains(new McpError(
                        400,
                        -32022,
                        Json.object()
                                .withTexts("supported", List.of("2026-07-28"))
                                .with("requested", version)));
    }

    /** Clients of sessions get an error for an unknown method alone, and a tool's result is for the model. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "v999.0.0 | tools/list | \"\"",
                "2025-11-25 | resources/read | \"\"",
                "2025-11-25 | tools/call | 'name': 'list_notes', 'inputResponses': {'a': {}}",
                "2025-11-25 | tools/call | 'name': 'drop_notes'",
                "2025-11-25 | tools/call | 'name': 'list_notes', 'arguments': {'other': 1}",
            })
    void otherRefusalsAreNoErrorsOfTheProtocol(String version, String method, String params) {
        refused(said(version, method, params));
        assertThat(CATALOG.mcpError(said(version, method, params))).isEmpty();
    }

    @Test
    void whatIsUnderstoodHasNoError() {
        assertThat(CATALOG.mcpError(stateless("list_notes", "2026-07-28", STATELESS, CALL, NAME)))
                .isEmpty();
        assertThat(CATALOG.mcpError(bare("GET", new Header("mcp-protocol-version", "v999.0.0"))))
                .isEmpty();
        refused(bare("GET", new Header("mcp-protocol-version", "v999.0.0")));
        HttpCall unlisted =
                stateless("drop_notes", "2026-07-28", STATELESS, CALL, new Header("mcp-name", "drop_notes"));
        refused(unlisted);
        assertThat(CATALOG.mcpError(unlisted)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mcp-param-folder | a | true",
                "mcp-param-FOLDER | a | true",
                "mcp-param-folder | =?base64?YQ==?= | true",
                "mcp-param-folder | =?base64?YQ?= | false",
                "mcp-param-folder | =?base64?YR==?= | false",
                "mcp-param-folder | b | false",
                "mcp-param-folder | A | false",
                "mcp-param-note | a | false",
                "mcp-param- | a | false",
            })
    void aHeaderRepeatsTheArgumentWithItsName(String name, String value, boolean isSame) {
        Header header = new Header(name.toLowerCase(Locale.ROOT), value);
        HttpCall call = stateless("list_notes", "2026-07-28", STATELESS, CALL, NAME, header);
        assertThat(CATALOG.mcpError(call).map(McpError::code))
                .isEqualTo(isSame ? Optional.empty() : Optional.of(-32020));
        if (isSame) {
            assertThat(HttpCall.of(understood(call).outgoing()).headers())
                    .contains(new Header("mcp-param-folder", "a"));
        } else {
            assertThat(refused(call).reason()).contains("header");
        }
        refused(stateless("list_notes", "2026-07-28", STATELESS, CALL, NAME, header, header));
    }

    @Test
    void aPinNamesTheArgumentThatAHeaderRepeats() {
        String pin =
                "{\"inputSchema\":{\"properties\":{\"deep\":{\"properties\":{\"size\":{\"x-mcp-header\":\"Size\"}}},"
                        + "\"folder\":{\"x-mcp-header\":\"Place\"}}},\"name\":\"list_notes\"}";
        Optional<ToolPin> sealed = Optional.of(ToolPin.read(pin));
        Map<String, Value> arguments = Map.of(
                "folder",
                new Value.Text("a"),
                "deep",
                new Value.Members(Map.of("size", new Value.Numeric(BigDecimal.TEN))));
        assertThat(McpHeaders.mirrored("place", arguments, sealed)).contains(new Value.Text("a"));
        assertThat(McpHeaders.mirrored("size", arguments, sealed)).contains(new Value.Numeric(BigDecimal.TEN));
        assertThat(McpHeaders.mirrored("folder", arguments, sealed)).isEmpty();
        assertThat(McpHeaders.mirrored("size", Map.of("folder", new Value.Text("a")), sealed))
                .isEmpty();
    }

    @Test
    void theMessageIsWrittenAnew() {
        HttpCall sent = HttpCall.of(understood(post(
                        " { \"params\" : {\"name\":\"list_notes\", \"arguments\":{\"folder\":\"\\u0061\"},"
                                + "\"_meta\":{\"claudecode/toolUseId\":\"t-1\",\"traceparent\":\"x\"}}, \"id\":7,"
                                + " \"jsonrpc\":\"2.0\", \"method\":\"tools/call\" } ",
                        new Header("accept", "text/event-stream, application/json"),
                        new Header("x-other", "1"),
                        new Header("mcp-protocol-version", "2025-06-18")))
                .outgoing());
        assertThat(body(sent))
                .isEqualTo("{\"id\":0,\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"arguments\":"
                        + "{\"folder\":\"a\"},\"name\":\"list_notes\"}}");
        assertThat(sent.headers())
                .containsExactly(
                        new Header("accept", "application/json, text/event-stream"),
                        new Header("content-type", "application/json"),
                        new Header("mcp-protocol-version", "2025-06-18"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/mcp/", "/MCP", "/mcp/x", "/sse"})
    void otherPathsAreRefused(String path) {
        HttpCall call = tool("list_notes", "{}");
        refused(new HttpCall("POST", "notes.example", path, List.of(), call.headers(), call.body()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "PATCH", "HEAD", "OPTIONS", "post"})
    void otherMethodsOfHttpAreRefused(String method) {
        HttpCall call = tool("list_notes", "{}");
        refused(new HttpCall(method, "notes.example", "/mcp", List.of(), call.headers(), call.body()));
    }

    @Test
    void queriesAreRefused() {
        HttpCall call = tool("list_notes", "{}");
        refused(new HttpCall(
                "POST",
                "notes.example",
                "/mcp",
                List.of(new HttpCall.Parameter("tools", "all")),
                call.headers(),
                call.body()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "content-type | text/plain",
                "content-type | application/json; charset=utf-16",
                "content-type | application/json",
                "content-encoding | gzip",
                "upgrade | websocket",
                "mcp-session-id | a b",
                "mcp-session-id | ''",
                "mcp-session-id | ä",
                "last-event-id | 7",
                "mcp-protocol-version | 2027-01-01",
                "mcp-protocol-version | 2025-06-18x",
                "mcp-protocol-version | 2026-07-28",
                "mcp-method | ping",
                "mcp-name | delete_note",
                "mcp-name | =?base64?ZGVsZXRlX25vdGU=?=",
                "mcp-name | =?base64?%?=",
                "mcp-name | =?base64?=",
                "mcp-param-folder | b",
                "mcp-anything | a",
            })
    void anUnclearHeadIsRefused(String name, String value) {
        HttpCall call = tool("list_notes", "{\"folder\":\"a\"}");
        understood(call);
        refused(tool("list_notes", "{\"folder\":\"a\"}", new Header(name, value)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name"})
    void aRepeatedFieldIsRefused(String name) {
        String value = switch (name) {
            case "mcp-session-id" -> "s";
            case "mcp-protocol-version" -> "2025-06-18";
            case "mcp-method" -> "tools/call";
            default -> "list_notes";
        };
        Header header = new Header(name, value);
        understood(tool("list_notes", "{}", header));
        refused(tool("list_notes", "{}", header, header));
    }

    @ParameterizedTest
    @CsvSource({"mcp-method, ping", "mcp-name, a", "last-event-id, a b", "mcp-param-a, b"})
    void anUnclearHeadOfAStreamIsRefused(String name, String value) {
        refused(bare("GET", new Header(name, value)));
    }

    /** It would be forwarded unread. */
    @Test
    void aMessageThatIsNotHereIsRefused() {
        assertThat(refused(tool("list_notes", "{}").with(() -> 7)).reason()).contains("longer than Interlock reads");
    }

    @Test
    void aForwardedFieldIsSentOnce() {
        Catalog catalog = Catalogs.read(
                "notes.yaml",
                Bytes.utf8(McpExample.TEXT.replace("forwarded-headers: []", "forwarded-headers: [x-region]")));
        Header region = new Header("x-region", "eu");
        CallReading once = catalog.read(tool("list_notes", "{}", region));
        assertThat(HttpCall.of(((CallReading.CallMeaning) once).outgoing()).headers())
                .contains(region);
        assertThat(catalog.read(tool("list_notes", "{}", region, new Header("x-region", "us"))))
                .isInstanceOf(CallReading.CallRejection.class);
    }

    /** Some servers read `SIZE` for `size`, and would do what nobody saw. */
    @Test
    void aMemberThatIsSpeltAlmostLikeOneThatCountsIsRefused() {
        Catalog catalog = Catalogs.read(
                "notes.yaml",
                Bytes.utf8(McpExample.TEXT
                        .replace("takes: note force", "takes: note force:*")
                        .replace("facts: [force]", "facts: [force.all]")));
        assertThat(catalog.read(tool("delete_note", "{\"note\":\"n\",\"force\":{\"all\":false}}")))
                .isInstanceOf(CallReading.CallMeaning.class);
        assertThat(catalog.read(tool("delete_note", "{\"note\":\"n\",\"force\":{\"all\":false,\"ALL\":true}}")))
                .isInstanceOf(CallReading.CallRejection.class);
    }

    @Test
    void aSessionIsNotEndless() {
        understood(tool("list_notes", "{}", new Header("mcp-session-id", "s".repeat(1024))));
        refused(tool("list_notes", "{}", new Header("mcp-session-id", "s".repeat(1025))));
    }

    @Test
    void aStatelessRequestRepeatsWhatItSays() {
        HttpCall sent = HttpCall.of(understood(stateless("list_notes", "2026-07-28", STATELESS, CALL, NAME))
                .outgoing());
        assertThat(sent.headers()).contains(STATELESS, CALL, NAME);
        understood(stateless(
                "list_notes", "2026-07-28", STATELESS, CALL, new Header("mcp-name", "=?base64?bGlzdF9ub3Rlcw==?=")));
        refused(stateless("list_notes", "2026-07-28", STATELESS, NAME));
        refused(stateless("list_notes", "2026-07-28", STATELESS, CALL));
        refused(stateless("list_notes", "2026-07-28", CALL, NAME));
        refused(stateless("list_notes", "2025-11-25", STATELESS, CALL, NAME));
        refused(stateless("list_notes", "2026-07-28", new Header("mcp-protocol-version", "2025-11-25"), CALL, NAME));
        refused(stateless("delete_note", "2026-07-28", STATELESS, CALL, NAME));
        refused(tool("list_notes", "{}", STATELESS, CALL, NAME));
    }

    @Test
    void aNameBeyondAsciiIsEncoded() {
        HttpCall call = request(
                "resources/read",
                "{\"uri\":\"file:///\u00e4\",\"_meta\":{\"" + McpMessage.VERSION + "\":\"2026-07-28\"}}",
                STATELESS,
                new Header("mcp-method", "resources/read"),
                new Header("mcp-name", "=?base64?ZmlsZTovLy/DpA==?="));
        assertThat(HttpCall.of(understood(call).outgoing()).headers())
                .contains(new Header("mcp-name", "=?base64?ZmlsZTovLy/DpA==?="));
    }

    @Test
    void whatAToolSparesIsTouchedAndNotLost() {
        Catalog cards = Catalogs.read("cards.yaml", Bytes.utf8("""
                        format: interlock-catalog@v1
                        provider: cards
                        protocol: mcp
                        endpoints: [/mcp]
                        carriers: {headers: [authorization]}
                        forwarded-headers: []
                        tools:
                          delete_card: {takes: card board, resources: {card: card}, besides: {board: board}, impacts: [destroy], reversibility: irreversible}
                          delete_notes: {takes: board, resources: {board: board}, part: true, impacts: [destroy], reversibility: irreversible}
                        """));
        Action card = judged(cards, tool("delete_card", "{\"card\":\"c\",\"board\":\"b\"}"));
        Resource board = new Resource("cards", "board", "b");
        assertThat(card.resources()).containsExactly(board, new Resource("cards", "card", "c"));
        assertThat(card.preserves(board)).isTrue();
        assertThat(card.destroysAPart()).isFalse();
        assertThat(judged(cards, tool("delete_notes", "{\"board\":\"b\"}")).destroysAPart())
                .isTrue();
    }

    private static Action judged(Catalog catalog, HttpCall call) {
        return ((CallReading.CallMeaning) catalog.read(call)).actions().getFirst();
    }

    /** Otherwise nobody could use a confirmation: no second call would be the same. */
    @Test
    void whatDiffersFromTryToTryIsNotJudged() {
        McpEnvelope one = CATALOG.mcp(call("1", "2", "s-1")).orElseThrow();
        McpEnvelope other = CATALOG.mcp(call("\"b\"", "\"t\"", "s-2")).orElseThrow();
        assertThat(one.judged()).isEqualTo(other.judged());
        assertThat(understood(one.judged()).outgoing())
                .isEqualTo(understood(other.judged()).outgoing());
        assertThat(CATALOG.mcp(tool("delete_note", "{\"note\":\"n-1\"}"))
                        .orElseThrow()
                        .judged()
                        .body())
                .isEqualTo(one.judged().body());
        assertThat(other.perTry()).containsExactly("b", "t", "s-2");
        assertThat(one.isToolCall()).isTrue();
        HttpCall restored =
                other.restored(HttpCall.of(understood(other.judged()).outgoing()));
        assertThat(body(restored))
                .contains("\"id\":\"b\"", "\"progressToken\":\"t\"")
                .doesNotContain("toolUseId");
        assertThat(restored.headers()).contains(new Header("mcp-session-id", "s-2"));
        assertThat(CATALOG.mcp(call("1", "2", "s-1").without(Set.of()))
                        .orElseThrow()
                        .judged())
                .isNotEqualTo(CATALOG.mcp(tool("delete_note", "{\"note\":\"n-2\"}"))
                        .orElseThrow()
                        .judged());
    }

    private static HttpCall call(String id, String token, String session) {
        return post(
                "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"tools/call\",\"params\":{\"name\":\"delete_note\","
                        + "\"arguments\":{\"note\":\"n-1\"},\"_meta\":{\"progressToken\":" + token
                        + ",\"claudecode/toolUseId\":" + id + "}}}",
                new Header("mcp-session-id", session));
    }

    @Test
    void aStreamIsResumedInItsSession() {
        HttpCall call = bare("GET", new Header("mcp-session-id", "s"), new Header("last-event-id", "7"));
        McpEnvelope envelope = CATALOG.mcp(call).orElseThrow();
        assertThat(envelope.judged().headers()).isEmpty();
        assertThat(envelope.restored(HttpCall.of(understood(envelope.judged()).outgoing()))
                        .headers())
                .containsExactly(
                        new Header("accept", "text/event-stream"),
                        new Header("mcp-session-id", "s"),
                        new Header("last-event-id", "7"));
    }

    /** Some clients take a text for the number that it looks like. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "7 | 7 | true",
                "7 | 7.0 | true",
                "7 | \"7\" | true",
                "7 | null | true",
                "7 | 8 | false",
                "7 | \"8\" | false",
                "7 | \"0x7\" | false",
                "7 | [7] | false",
                "7 | 7,\"id\":8 | false",
                "7 | `` | false",
                "\"a/b\" | \"a\\/b\" | true",
                "\"a\" | \"A\" | false",
                "\"7\" | 7 | true",
            })
    void anAnswerHasTheIdentifierOfItsMessage(String own, String id, boolean isOwn) {
        McpEnvelope envelope = CATALOG.mcp(call(own, "1", "s-1")).orElseThrow();
        assertThat(envelope.isAnsweredBy(id)).isEqualTo(isOwn);
    }

    /** Whoever sends no message waits for no answer, unless it resumes a stream. */
    @Test
    void aStreamHasAnswersOnlyIfItIsResumed() {
        HttpCall answer = post("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}");
        for (HttpCall call : List.of(bare("GET"), answer, post("[]"))) {
            McpEnvelope envelope = CATALOG.mcp(call).orElseThrow();
            assertThat(envelope.isAnsweredBy("7")).isFalse();
            assertThat(envelope.isAnsweredBy("null")).isTrue();
        }
        HttpCall resumed = bare("GET", new Header("last-event-id", "e-1"));
        assertThat(CATALOG.mcp(resumed).orElseThrow().isAnsweredBy("7")).isTrue();
    }

    /** What cannot be read stays in the call, so that its reading refuses it. */
    @Test
    void anUnreadableMessageIsRefusedAfterItsSeparation() {
        for (HttpCall call : List.of(
                post("[]", new Header("mcp-session-id", "s")),
                tool("list_notes", "{}", new Header("mcp-session-id", "a b")),
                tool("list_notes", "{}", new Header("last-event-id", "7")),
                tool("list_notes", "{}", new Header("mcp-session-id", "a"), new Header("mcp-session-id", "b")))) {
            refused(CATALOG.mcp(call).orElseThrow().judged());
        }
        assertThat(CATALOG.mcp(post("[]")).orElseThrow().id()).isEmpty();
        assertThat(CATALOG.mcp(new HttpCall("POST", "a", "/other", List.of(), List.of(), Bytes.empty())))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "endpoints: [/mcp] | endpoints: [mcp] | must be an absolute path",
                "endpoints: [/mcp] | endpoints: [] | must name a path",
                "forwarded-headers: [] | forwarded-headers: [mcp-session-id] | is written by the gateway itself",
                "forwarded-headers: [] | forwarded-headers: [accept] | is written by the gateway itself",
                "forwarded-headers: [] | forwarded-headers: [x-http-method] | or never sent",
                "methods: [resources/read] | methods: [resources/write] | is no method to be listed",
                "methods: [resources/read] | methods: [ping] | is no method to be listed",
                "methods: [resources/read] | asks: [ping] | is nothing that servers ask for",
                "methods: [resources/read] | asks: [roots/list, roots/list] | is listed twice",
                "methods: [resources/read] | methods: [resources/read, resources/read] | is listed twice",
                "methods: [resources/read] | methods: [tasks/get] | is no method to be listed",
                "methods: [resources/read] | tasks: [drop_notes] | is no tool of this catalog",
                "methods: [resources/read] | tasks: [write_note, write_note] | is listed twice",
                "list_notes: | mcp/ping: | is no name of a tool",
                "list_notes: | list notes: | is no name of a tool",
                "takes: folder | gives: Folder | is not a known key here",
                "'impacts: [read]' | 'effect: Lists.' | `tools.list_notes.impacts`: is missing",
                "'resources: {note: note}' | 'resources: {nte: note}' | there is no argument `nte`",
                "'use: write_note' | 'use: move_note' | is not a tool of this catalog",
                "protocol: mcp | 'protocol: mcp\nsecrets: {}' | is not a known key here",
            })
    void aFileWithMistakesIsRejected(String what, String by, String complaint) {
        assertThat(McpExample.TEXT).contains(what);
        Bytes text = Bytes.utf8(McpExample.TEXT.replace(what, by));
        assertThatThrownBy(() -> Catalogs.read("notes.yaml", text))
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining(complaint);
    }

    @Test
    void eachToolIsAnOperation() {
        assertThat(CATALOG.operations())
                .extracting(summary -> summary.operation().name())
                .contains("mcp/initialize", "mcp/listen", "mcp/end-session", "mcp/resources/read", "delete_note")
                .doesNotContain("mcp/prompts/get");
        assertThat(CATALOG.touchedTypes()).containsKeys("note", "account");
    }
}
