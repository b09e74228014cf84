package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.McpError;
import dev.interlock.action.Refusal;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.Catalogs;
import dev.interlock.catalog.mcp.McpEnvelope;
import dev.interlock.evidence.Json;
import dev.interlock.front.git.PushAdmission;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that messages of MCP are judged without what differs each time, and refused in the protocol's own form. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
class McpTransportTest {

    private static final Catalog NOTES = Catalogs.read("notes.yaml", Bytes.utf8(Catalogs.example("mcp")));

    /** What a message is by the catalog. */
    private record SeparatedByCatalog(McpEnvelope envelope) implements FakeMessage {
        @Override
        public HttpCall judged() {
            return envelope.judged();
        }

        @Override
        public List<String> perTry() {
            return envelope.perTry();
        }

        @Override
        public Optional<Json> id() {
            return envelope.id().flatMap(id -> id.scalar()).map(Json.Text::new);
        }

        @Override
        public Optional<Json> progressToken() {
            return envelope.differing()
                    .progressToken()
                    .flatMap(token -> token.scalar())
                    .map(Json.Text::new);
        }

        @Override
        public boolean isToolCall() {
            return envelope.isToolCall();
        }

        @Override
        public boolean isAnsweredBy(String id) {
            return envelope.isAnsweredBy(id);
        }

        @Override
        public boolean listsTools() {
            return envelope.listsTools();
        }

        @Override
        public Optional<McpError> error(Refusal refusal) {
            return refusal.kind() == Refusal.Kind.NOT_UNDERSTOOD ? NOTES.mcpError(envelope.judged()) : Optional.empty();
        }

        @Override
        public HttpCall restored(HttpCall outgoing) {
            return envelope.restored(outgoing);
        }
    }

    private static FrontFixture front(URI upstream) throws Exception {
        UpstreamRoutes.UpstreamRoute route = FrontFixture.route(upstream);
        return new FrontFixture(
                new UpstreamRoutes.UpstreamRoute(
                        route.server(),
                        route.carriers(),
                        route.graphql(),
                        route.longBodies(),
                        _ -> false,
                        PushAdmission.NONE,
                        (call, _, _) -> NOTES.mcp(call).map(SeparatedByCatalog::new)),
                FrontFixture.PATIENT);
    }

    private static String tool(String id) {
        return "{\"jsonrpc\":\"2.0\",\"id\":\"" + id + "\",\"method\":\"tools/call\",\"params\":{\"name\":"
                + "\"delete_note\",\"arguments\":{\"note\":\"n-1\"},\"_meta\":{\"progressToken\":\"p" + id + "\"}}}";
    }

    private static String request(FrontFixture setting, String body, String more) {
        return setting.request(
                        "POST",
                        "/up/mcp",
                        "Authorization: Bearer il_lease\r\nContent-Type: application/json\r\n" + more
                                + "Content-Length: " + body.length() + "\r\n")
                + body;
    }

    private static RawClient.Reply reply(FrontFixture setting, String request) throws Exception {
        try (RawClient client = setting.client()) {
            return client.send(request).reply();
        }
    }

    private static Json.Members json(RawClient.Reply reply) throws Exception {
        return Json.readObject(reply.body().getBytes(StandardCharsets.UTF_8));
    }

    private static String judged(Attempt attempt) {
        HttpCall call = (HttpCall) attempt.call();
        return call.headers() + new String(call.body().toArray(), StandardCharsets.UTF_8);
    }

    @Test
    void identifiersAreNotJudgedAndGoAlong() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("{}"));
                FrontFixture setting = front(upstream.address())) {
            for (String each : List.of("one", "two")) {
                assertThat(reply(setting, request(setting, tool(each), "Mcp-Session-Id: s-" + each + "\r\n"))
                                .status())
                        .isEqualTo(200);
            }
            List<Attempt> attempts = setting.handler.attempts;
            assertThat(attempts.get(0).call()).isEqualTo(attempts.get(1).call());
            assertThat(judged(attempts.getFirst())).contains("\"id\":0").doesNotContain("one", "s-", "progressToken");
            assertThat(attempts.getFirst().perTry()).containsExactly("one", "pone", "s-one");
            assertThat(upstream.requests.get(1))
                    .contains("\"id\":\"two\"", "\"progressToken\":\"ptwo\"", "mcp-session-id: s-two\r\n");
        }
    }

    @Test
    void aLargeMessageIsSeparatedToo() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("{}"));
                FrontFixture setting = front(upstream.address())) {
            String body = tool("one").replace("\"n-1\"", "\"n-1\",\"force\":\"" + "x".repeat(100_000) + "\"");
            assertThat(reply(setting, request(setting, body, "")).status()).isEqualTo(200);
            assertThat(judged(setting.handler.attempts.getFirst())).contains("\"id\":0");
        }
    }

    @Test
    void aRefusedToolCallIsAResultThatTheModelReads() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("{}"));
                FrontFixture setting = front(upstream.address())) {
            setting.handler.does = FakeHandler.FakeBehaviour.REFUSE;
            RawClient.Reply reply =
                    reply(setting, request(setting, tool("one"), "Accept: application/json, text/event-stream\r\n"));
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.header("content-type")).contains("application/json");
            Json.Members answer = json(reply);
            assertThat(answer.text("id")).isEqualTo("one");
            assertThat(answer.text("jsonrpc")).isEqualTo("2.0");
            Json.Members result = answer.object("result");
            assertThat(result.flag("isError")).isTrue();
            assertThat(result.objects("content").getFirst().text("text"))
                    .isEqualTo("Interlock (denied): No. Next: Stop. Receipt R-refused.");
            assertThat(result.object("_meta").object(McpTransport.PROBLEM).text("kind"))
                    .isEqualTo("denied");
            assertThat(upstream.requests).isEmpty();
        }
    }

    @Test
    void aHeldToolCallNamesItsHold() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("{}"));
                FrontFixture setting = front(upstream.address())) {
            setting.handler.does = FakeHandler.FakeBehaviour.HOLD;
            RawClient.Reply reply = reply(setting, request(setting, tool("one"), ""));
            assertThat(reply.header("link")).contains("</holds/H-1>; rel=\"hold\"");
            Json.Members result = json(reply).object("result");
            assertThat(result.objects("content").getFirst().text("text"))
                    .startsWith("Interlock (confirmation_required): ")
                    .contains("Hold H-1.", "Receipt R-held.");
            assertThat(result.object("_meta").object(McpTransport.PROBLEM).text("hold"))
                    .isEqualTo("H-1");
        }
    }

    private static String waited(String answer, String accept) throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.always(answer);
                FrontFixture setting = front(upstream.address())) {
            setting.handler.does = FakeHandler.FakeBehaviour.WAIT_AND_FORWARD;
            setting.handler.decided.countDown();
            RawClient.Reply reply =
                    reply(setting, request(setting, tool("one"), "Prefer: wait=9\r\nAccept: " + accept + "\r\n"));
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.header("preference-applied")).contains("wait=9");
            return reply.header("content-type").orElse("") + "\n" + reply.body();
        }
    }

    private static String progress(int number, String sentence) {
        return "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":"
                + "{\"message\":\"Interlock: " + sentence + "\",\"progress\":" + number
                + ",\"progressToken\":\"pone\"}}\n\n";
    }

    /** A client that asked for progress learns that people are asked, and that they have signed, before the answer. */
    @Test
    void aWaitingToolCallReportsProgress() throws Exception {
        String both = "application/json, text/event-stream";
        String before = "text/event-stream\n"
                + progress(-9, "H-1 waits for people, for 9 s at most: A person must confirm this.")
                + progress(-5, "H-1 is signed, and waits for its time, for 5 s at most")
                + progress(0, "signed; the call goes on");
        String message = "{\"jsonrpc\":\"2.0\",\r\n\"id\":\"one\",\n\"result\":{}}";
        String json = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + message.length()
                + "\r\n\r\n" + message;
        assertThat(waited(json, both))
                .isEqualTo(before + "event: message\ndata: {\"jsonrpc\":\"2.0\",  \"id\":\"one\", \"result\":{}}\n\n");
        String events = "data: {\"jsonrpc\":\"2.0\",\"id\":\"one\",\"result\":{}}\n\n";
        assertThat(waited(
                        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: " + events.length()
                                + "\r\n\r\n" + events,
                        both))
                .isEqualTo(before + events);
        assertThat(waited(json, "application/json")).isEqualTo("application/json\n" + message);
    }

    /** The status has gone before: what it would have said is said in words. */
    @Test
    void anAnswerThatIsNoMessageEndsTheReportsInWords() throws Exception {
        String waited = waited(
                "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\ndown",
                "application/json, text/event-stream");
        assertThat(waited)
                .contains(progress(0, "signed; the call goes on") + "event: message\ndata: {\"id\":\"one\"")
                .contains("The call was sent, but the upstream's answer has the status 503.")
                .contains("Do not send it again.")
                .doesNotContain("down");
    }

    @Test
    void anyOtherRefusedMethodIsAnError() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("{}"));
                FrontFixture setting = front(upstream.address())) {
            setting.handler.does = FakeHandler.FakeBehaviour.REFUSE;
            RawClient.Reply reply = reply(
                    setting, request(setting, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"sudo\"}", "Accept: */*\r\n"));
            assertThat(reply.status()).isEqualTo(200);
            Json.Members error = json(reply).object("error");
            assertThat(error.whole("code")).isEqualTo(-32003);
            assertThat(error.text("message")).startsWith("Interlock (denied): No.");
            assertThat(error.object("data").text("receipt")).isEqualTo("R-refused");
        }
    }

    /** The error is the protocol's. What it says is Interlock's, with the problem document and the receipt. */
    @Test
    void aMessageThatIsNotAsTheProtocolSaysIsRefusedWithItsError() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("{}"));
                FrontFixture setting = front(upstream.address())) {
            setting.handler.does = FakeHandler.FakeBehaviour.ANSWER_REFUSAL;
            setting.handler.refusal = new Refusal(
                    Refusal.Kind.NOT_UNDERSTOOD, Refusal.Finality.FINAL, "No.", "Stop.", List.of(), Optional.empty());
            String unknown = "{\"jsonrpc\":\"2.0\",\"id\":\"u\",\"method\":\"sudo\"}";
            assertThat(error(setting, unknown, "", 200).whole("code")).isEqualTo(-32601);
            String stateless = unknown.replace("}", ",\"params\":" + stateless("2026-07-28") + "}");
            Json.Members error = error(setting, stateless, "MCP-Protocol-Version: 2026-07-28\r\n", 404);
            assertThat(error.whole("code")).isEqualTo(-32601);
            assertThat(error.text("message"))
                    .isEqualTo("Interlock (not_understood): No. Next: Stop. Receipt R-refused.");
            assertThat(error.object("data").text("kind")).isEqualTo("not_understood");
            assertThat(error.object("data").text("receipt")).isEqualTo("R-refused");
            Json.Members version = error(
                            setting, stateless.replace("2026-07-28", "v9"), "MCP-Protocol-Version: v9\r\n", 400)
                    .object("data");
            assertThat(version.texts("supported")).containsExactly("2026-07-28");
            assertThat(version.text("requested")).isEqualTo("v9");
            assertThat(version.text("detail")).isEqualTo("No.");
            assertThat(upstream.requests).isEmpty();
        }
    }

    private static String stateless(String version) {
        return "{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" + version + "\"}}";
    }

    private static Json.Members error(FrontFixture setting, String body, String more, int status) throws Exception {
        RawClient.Reply reply = reply(setting, request(setting, body, more));
        assertThat(reply.status()).isEqualTo(status);
        assertThat(json(reply).text("id")).isEqualTo("u");
        return json(reply).object("error");
    }

    /** A notification has no answer, and nobody knows the identifier of what cannot be read. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
                "[{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}]",
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}",
            })
    void withoutAnIdentifierTheProblemItselfIsTheAnswer(String body) throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("{}"));
                FrontFixture setting = front(upstream.address())) {
            setting.handler.does = FakeHandler.FakeBehaviour.REFUSE;
            RawClient.Reply reply = reply(setting, request(setting, body, "Accept: application/json\r\n"));
            assertThat(reply.status()).isEqualTo(403);
            assertThat(json(reply).text("kind")).isEqualTo("denied");
        }
    }

    /** The gateway's own probes accept nothing else. */
    @Test
    void whoAcceptsOnlyProblemsGetsTheProblem() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("{}"));
                FrontFixture setting = front(upstream.address())) {
            setting.handler.does = FakeHandler.FakeBehaviour.REFUSE;
            RawClient.Reply reply =
                    reply(setting, request(setting, tool("one"), "Accept: application/problem+json\r\n"));
            assertThat(reply.status()).isEqualTo(403);
            assertThat(reply.header("content-type")).contains("application/problem+json");
        }
    }

    /** A client goes by the identifier alone, whether the message is short or too long to be kept. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1 << 21})
    void anAnswerToAnotherMessageNeverArrivesWhole(int length) throws Exception {
        String answer = "{\"jsonrpc\":\"2.0\",\"result\":{\"x\":\"" + "x".repeat(length) + "\"},\"id\":\"%s\"}";
        for (String form : List.of(answer, "data: " + answer + "\n\n")) {
            assertThat(passed("200 OK", form.formatted("one"))).contains("\"one\"}");
            assertThat(passed("200 OK", form.formatted("two"))).doesNotContain("\"two\"}");
        }
    }

    /** A server that cannot read a message does not know its identifier. Clients go by the status then. */
    @Test
    void anErrorWithAStatusMayHaveAnyIdentifier() throws Exception {
        String error = "{\"jsonrpc\":\"2.0\",\"id\":\"server-error\",\"error\":{\"code\":-32600}}";
        assertThat(passed("400 Bad Request", error)).contains(error);
        assertThat(passed("200 OK", error)).doesNotContain(error);
        assertThat(passed("200 OK", error.replace("\"server-error\"", "null"))).contains("-32600}}");
    }

    private static String passed(String status, String body) throws Exception {
        String type = body.startsWith("data") ? "text/event-stream" : "application/json";
        String answer = "HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body;
        try (ScriptedUpstream upstream = ScriptedUpstream.always(answer);
                FrontFixture setting = front(upstream.address());
                RawClient client = setting.client()) {
            return client.send(request(setting, tool("one"), "Connection: close\r\n"))
                    .rest();
        }
    }

    @Test
    void eventsPassOneByOne() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        try (ScriptedUpstream upstream = new ScriptedUpstream(line -> {
                    line.request();
                    line.say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nMcp-Session-Id: s-new\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n");
                    line.say("10\r\ndata: {\"id\":1}\n\n\r\n");
                    first.await();
                    line.say("10\r\ndata: {\"id\":2}\n\n\r\n0\r\n\r\n");
                });
                FrontFixture setting = front(upstream.address());
                RawClient client = setting.client()) {
            client.send(request(setting, tool("one"), "Accept: application/json, text/event-stream\r\n"));
            assertThat(client.head()).anyMatch(line -> line.equalsIgnoreCase("mcp-session-id: s-new"));
            assertThat(client.chunk()).isEqualTo("data: {\"id\":1}\n\n");
            first.countDown();
            assertThat(client.chunk()).isEqualTo("data: {\"id\":2}\n\n");
        }
    }
}
