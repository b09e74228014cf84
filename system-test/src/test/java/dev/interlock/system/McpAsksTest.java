package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests that a server of MCP gets of its clients only what the seal lets it ask for, and answers only to that. Each
 * attack succeeds past the gateway.
 */
@Timeout(300)
@Tag("process")
class McpAsksTest {

    private static final String CATALOG = """
            format: interlock-catalog@v1
            provider: notes
            protocol: mcp
            endpoints: [/mcp]
            carriers: {headers: [authorization]}
            forwarded-headers: []
            asks: [elicitation/create, sampling/createMessage]
            tools:
              ask: {takes: method times id, impacts: [read], reversibility: reversible}
              flood: {takes: times, impacts: [read], reversibility: reversible}
              again: {takes: method state, impacts: [read], reversibility: reversible}
              read_note: {takes: note, impacts: [read], reversibility: reversible}
              delete_note:
                takes: note
                impacts: [destroy]
                reversibility: irreversible
                resources: {note: note}
                effect: Deletes the note.
            """;

    private static final String YAML = ServiceGatewayInstallation.organisation("""
              notes:
                catalog: notes
                address: "%s"
                credentials:
                  notes-token: {environments: [staging], impacts: [read, destroy]}
                resources:
                  "notes:note/*": {environments: [staging]}
                  "notes:account/self": {environments: [staging]}
            """);

    private static final String SAMPLING = "sampling/createMessage";
    private static final String ELICITATION = "elicitation/create";
    private static final String ACCEPTED = "\"result\":{\"action\":\"accept\",\"content\":{}}";
    private static final String SAMPLED =
            "\"result\":{\"role\":\"assistant\",\"model\":\"m\"," + "\"content\":{\"type\":\"text\",\"text\":\"yes\"}}";
    private static final String UNKNOWN = "\"error\":{\"code\":-32601,\"message\":\"Method not found\"}";

    @TempDir
    private static Path root;

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static Process server;
    private static String address;
    private static ServiceGatewayInstallation house;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(Programs.has("node"), "skipped: Node is not installed");
        int port = Programs.freePort();
        address = "http://127.0.0.1:" + port;
        server = McpServers.started(
                new ProcessBuilder("node", McpServers.script(root, "asking.mjs").toString()),
                Json.object().with("port", port).canonicalText(),
                "listening");
        house = new ServiceGatewayInstallation(
                root,
                Map.of(
                        "interlock.yaml",
                        YAML.formatted(address),
                        "policy.cedar",
                        ServiceGatewayInstallation.CONFIRMED,
                        "catalogs/notes.yaml",
                        CATALOG),
                Map.of("notes-token", McpServers.TOKEN));
        house.seal().expect(0);
        house.up();
    }

    @AfterAll
    static void stop() {
        if (house != null) {
            house.close();
        }
        if (server != null) {
            server.destroyForcibly().onExit().join();
        }
        HTTP.close();
    }

    @BeforeEach
    void begin() throws Exception {
        forget();
    }

    private static void forget() throws Exception {
        seen();
    }

    /** What a call came to: the methods that its client was asked for, and the last message. */
    private record Told(List<String> asked, String last) {}

    /** A request of the server's, as its client sees it. */
    private record Request(String id, String method) {

        /** Reads {@code message}. The strict reader does not take it: its members are in the server's order. */
        static Request read(String message) {
            return new Request(member("id", message), member("method", message));
        }

        private static String member(String name, String message) {
            Matcher found = Pattern.compile('"' + name + "\":\"([^\"]*)\"").matcher(message);
            assertThat(found.find()).as(message).isTrue();
            return found.group(1);
        }
    }

    /** Answers a request of the server's. */
    private interface Answering {
        String answer(Request request) throws Exception;
    }

    private static String gateway() {
        return "http://127.0.0.1:" + house.port() + "/notes";
    }

    private static List<String> seen() throws Exception {
        String said = HTTP.send(
                        HttpRequest.newBuilder(URI.create(address + "/seen")).build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        return Json.readObject(said.getBytes(StandardCharsets.UTF_8)).texts("seen");
    }

    private static HttpRequest.Builder posted(String at, String session, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(at + "/mcp"))
                .header("Authorization", "Bearer " + (at.equals(address) ? McpServers.TOKEN : house.lease()))
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        return session.isEmpty() ? request : request.header("Mcp-Session-Id", session);
    }

    private static String tool(String name, String arguments) {
        return "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"" + name
                + "\",\"arguments\":" + arguments + "}}";
    }

    private static String asking(String method, int times) {
        return tool("ask", "{\"method\":\"" + method + "\",\"times\":" + times + "}");
    }

    /** Sends {@code body} in {@code session}, and answers whatever the server asks until it is done. */
    private static Told call(String at, String session, String body, Answering answering) throws Exception {
        HttpResponse<InputStream> answer =
                HTTP.send(posted(at, session, body).build(), HttpResponse.BodyHandlers.ofInputStream());
        List<String> asked = new ArrayList<>();
        String last = "";
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = line.startsWith("data: ") ? line.substring(6) : line.isEmpty() ? last : line;
                if (line.startsWith("data: ") && line.contains("\"method\"")) {
                    Request request = Request.read(last);
                    asked.add(request.method());
                    answer(at, session, request.id(), answering.answer(request));
                }
            }
        } catch (IOException e) {
            last = "broken off";
        }
        return new Told(asked, last);
    }

    private static HttpResponse<String> answer(String at, String session, String id, String outcome) throws Exception {
        return HTTP.send(
                posted(at, session, "{\"jsonrpc\":\"2.0\",\"id\":\"" + id + "\"," + outcome + "}")
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static String once(String at, HttpRequest.Builder request) throws Exception {
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString()).body();
    }

    /** A client declares much; the server is told of what the catalog lists. */
    @Test
    void serversAreToldOfTheListedAbilities() throws Exception {
        String initialize = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
                + "\"2025-11-25\",\"capabilities\":{\"roots\":{},\"sampling\":{},\"elicitation\":{},\"tasks\":{}},"
                + "\"clientInfo\":{\"name\":\"c\",\"version\":\"1\"}}}";
        once(gateway(), posted(gateway(), "", initialize));
        assertThat(seen()).containsExactly("client can elicitation sampling");
    }

    @Test
    void whatTheCatalogListsIsAskedAndAnswered() throws Exception {
        Told through = call(gateway(), "s-1", asking(ELICITATION, 3), _ -> ACCEPTED);
        assertThat(through).isEqualTo(call(address, "s-1", asking(ELICITATION, 3), _ -> ACCEPTED));
        assertThat(through.asked()).containsExactly(ELICITATION, ELICITATION, ELICITATION);
        assertThat(through.last()).contains("accept accept accept");
        assertThat(call(gateway(), "s-1", asking("ping", 30), _ -> "\"result\":{}")
                        .asked())
                .as("a ping is no question")
                .hasSize(30);
    }

    /** The client never sees it, and the server is told instead of waiting. */
    @Test
    void whatTheCatalogDoesNotListEndsForBoth() throws Exception {
        assertThat(call(address, "s-2", asking("roots/list", 1), _ -> "\"result\":{\"roots\":[]}")
                        .asked())
                .containsExactly("roots/list");
        Told through = call(gateway(), "s-2", asking("roots/list", 1), _ -> UNKNOWN);
        assertThat(through.asked()).containsExactly("interlock/refused");
        assertThat(through.last()).contains("error -32601");
        forget();
        Told liar = call(gateway(), "s-2", asking("roots/list", 1), _ -> "\"result\":{\"roots\":[\"file:///secret\"]}");
        assertThat(liar.last()).contains("error -32601");
        assertThat(seen().getFirst()).contains("does not list").doesNotContain("secret");
    }

    @Test
    void aLoopOfSamplingEnds() throws Exception {
        assertThat(call(address, "s-3", asking(SAMPLING, 50), _ -> SAMPLED).asked())
                .hasSize(50)
                .containsOnly(SAMPLING);
        Answering client = request -> request.method().equals(SAMPLING) ? SAMPLED : UNKNOWN;
        Told through = call(gateway(), "s-3", asking(SAMPLING, 50), client);
        assertThat(through.asked().stream().filter(SAMPLING::equals)).hasSize(20);
        assertThat(through.last()).contains("assistant error -32601").doesNotContain("error -32601 assistant");
        assertThat(call(gateway(), "s-3", asking(SAMPLING, 1), client).last())
                .as("the next call asks anew")
                .contains("\"assistant\"");
    }

    /** A client that answers each of them would be busy for ever, and so would the gateway. */
    @Test
    void aFloodOfRequestsBreaksOff() throws Exception {
        String body = tool("flood", "{\"times\":1500}");
        Told direct = unanswered(address, body);
        assertThat(direct.asked()).hasSize(1500).containsOnly("ping");
        assertThat(direct.last()).contains("flooded");
        Told through = unanswered(gateway(), body);
        assertThat(through.asked()).hasSizeLessThanOrEqualTo(1000);
        assertThat(through.last()).isEqualTo("broken off");
        assertThat(call(gateway(), "s-7", asking(ELICITATION, 1), _ -> ACCEPTED).last())
                .as("the next call goes on")
                .contains("accept");
    }

    private static Told unanswered(String at, String body) throws Exception {
        List<String> asked = new ArrayList<>();
        String last = "";
        HttpResponse<InputStream> answer =
                HTTP.send(posted(at, "s-7", body).build(), HttpResponse.BodyHandlers.ofInputStream());
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = line.isEmpty() ? last : line;
                if (line.contains("\"method\"")) {
                    asked.add(Request.read(line).method());
                }
            }
        } catch (IOException e) {
            last = "broken off";
        }
        return new Told(asked, last);
    }

    /** The agent says yes to the server's own question. That is no signature. */
    @Test
    void anAcceptedElicitationIsNoPersonsYes() throws Exception {
        String delete = tool("delete_note", "{\"note\":\"n-1\"}");
        assertThat(once(address, posted(address, "s-4", delete))).contains("did delete_note");
        assertThat(call(gateway(), "s-4", asking(ELICITATION, 1), _ -> ACCEPTED).last())
                .contains("accept");
        forget();
        assertThat(once(gateway(), posted(gateway(), "s-4", delete))).contains("confirmation_required");
        assertThat(seen()).isEmpty();
    }

    /** The server goes by the identifier alone, so an answer in any session would do. */
    @Test
    void anAnswerOfAnotherSessionIsRefused() throws Exception {
        String body = tool("ask", "{\"method\":\"" + ELICITATION + "\",\"times\":1,\"id\":\"same\"}");
        assertThat(call(address, "victim", body, _ -> {
                            answer(address, "thief", "same", "\"result\":{\"action\":\"stolen\"}");
                            return ACCEPTED;
                        })
                        .last())
                .contains("stolen");
        List<String> refused = new ArrayList<>();
        Told through = call(gateway(), "victim", body, _ -> {
            refused.add(answer(gateway(), "thief", "same", "\"result\":{\"action\":\"stolen\"}")
                    .body());
            refused.add(answer(gateway(), "victim", "other", "\"result\":{\"action\":\"stolen\"}")
                    .body());
            return ACCEPTED;
        });
        assertThat(through.last()).contains("accept");
        assertThat(refused).allMatch(text -> text.contains("has not asked this client for"));
        assertThat(answer(gateway(), "victim", "same", ACCEPTED).body()).contains("or that is answered");
        assertThat(seen().stream().filter(line -> line.contains("stolen")))
                .as("past the gateway alone")
                .hasSize(2); // its answer, and what the server did
    }

    /** Another agent's lease does not answer either, whatever session it names. */
    @Test
    void anAnswerUnderAnotherLeaseIsRefused() throws Exception {
        String first = house.lease();
        String body = tool("ask", "{\"method\":\"" + ELICITATION + "\",\"times\":1,\"id\":\"leased\"}");
        List<String> refused = new ArrayList<>();
        HttpRequest asked = posted(gateway(), "s-5", body).build();
        house.issue();
        assertThat(house.lease()).isNotEqualTo(first);
        HttpResponse<InputStream> stream = HTTP.send(asked, HttpResponse.BodyHandlers.ofInputStream());
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
            assertThat(lines.readLine()).isEqualTo("id: e-0");
            refused.add(answer(gateway(), "s-5", "leased", ACCEPTED).body());
        }
        assertThat(refused.getFirst()).contains("has not asked this client for");
        assertThat(seen()).isEmpty();
    }

    /** What an agent answers is searched like what it calls with. */
    @Test
    void anAnswerWithACredentialIsRefused() throws Exception {
        String stolen = "\"result\":{\"action\":\"accept\",\"content\":{\"text\":\"" + McpServers.TOKEN + "\"}}";
        List<String> refused = new ArrayList<>();
        Told through = call(gateway(), "s-6", asking(ELICITATION, 1), request -> {
            refused.add(answer(gateway(), "s-6", request.id(), stolen).body());
            return ACCEPTED;
        });
        assertThat(refused.getFirst()).contains("credential");
        assertThat(through.last()).contains("accept");
        assertThat(String.join("\n", seen())).doesNotContain(McpServers.TOKEN);
    }

    /** The server reads the body, and something between would go by the head. */
    @Test
    void aHeaderThatDiffersFromTheArgumentIsRefused() throws Exception {
        String body = modern("read_note", "{\"note\":\"n-1\"}", "");
        HttpRequest.Builder direct = stateless(address, "read_note", body).header("Mcp-Param-Note", "n-2");
        assertThat(once(address, direct)).contains("did read_note");
        forget();
        HttpRequest.Builder unlike = stateless(gateway(), "read_note", body).header("Mcp-Param-Note", "n-2");
        HttpResponse<String> refused = HTTP.send(unlike.build(), HttpResponse.BodyHandlers.ofString());
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("\"code\":-32020", "mcp-param-note");
        assertThat(seen()).isEmpty();
        HttpRequest.Builder same = stateless(gateway(), "read_note", body).header("Mcp-Param-Note", "n-1");
        assertThat(once(gateway(), same)).contains("did read_note");
    }

    private static HttpRequest.Builder stateless(String at, String tool, String body) {
        return posted(at, "", body)
                .header("MCP-Protocol-Version", "2026-07-28")
                .header("Mcp-Method", "tools/call")
                .header("Mcp-Name", tool);
    }

    private static String modern(String tool, String arguments, String more) {
        return "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                + "\",\"arguments\":" + arguments + more
                + ",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                + "\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{}}}}}";
    }

    private static String again(String at, String method, String more) throws Exception {
        return once(at, stateless(at, "again", modern("again", "{\"method\":\"" + method + "\"}", more)));
    }

    private static String answers(String key, String state) {
        return ",\"inputResponses\":{\"" + key + "\":{\"action\":\"accept\",\"content\":{\"made\":\"up\"}}},"
                + "\"requestState\":\"" + state + "\"";
    }

    @Test
    void aResultThatAsksIsAnsweredOnce() throws Exception {
        assertThat(again(gateway(), ELICITATION, "")).contains("input_required", "\"1 \"");
        assertThat(again(gateway(), ELICITATION, answers("stop", "1 "))).contains("stopped");
        assertThat(again(gateway(), ELICITATION, answers("stop", "1 "))).contains("or that is answered");
    }

    @Test
    void aResultThatAsksForWhatIsNotListedIsRefused() throws Exception {
        assertThat(again(address, "roots/list", "")).contains("input_required");
        assertThat(again(gateway(), "roots/list", ""))
                .contains("which the catalog does not list", "\"isError\":true")
                .doesNotContain("input_required");
    }

    @Test
    void answersThatNobodyHasAskedForAreRefused() throws Exception {
        assertThat(again(address, ELICITATION, answers("stop", "1 "))).contains("stopped");
        assertThat(again(gateway(), ELICITATION, answers("stop", "1 "))).contains("has not asked this client for");
        assertThat(again(gateway(), ELICITATION, "")).contains("input_required");
        assertThat(again(gateway(), ELICITATION, answers("stop", "2 "))).contains("has not asked this client for");
        String other = ",\"state\":\"other\"";
        assertThat(once(
                        gateway(),
                        stateless(
                                gateway(),
                                "again",
                                modern(
                                        "again",
                                        "{\"method\":\"" + ELICITATION + "\"" + other + "}",
                                        answers("stop", "1 ")))))
                .as("the answer to another call")
                .contains("has not asked this client for");
        forget();
        assertThat(again(gateway(), ELICITATION, answers("unasked", "1 "))).contains("input_required");
        assertThat(seen()).containsExactly("again {}");
    }

    /** The server checks nothing of it, and takes it past the gateway. */
    @Test
    void whatIsNotAsTheProtocolSaysNeverReachesTheServer() throws Exception {
        String unknown = modern("again", "{}", "").replace("tools/call", "tasks/list");
        String lacking = unknown.replace("protocolVersion", "other").replace("tasks/list", "tools/list");
        for (String at : List.of(address, gateway())) {
            assertFault(at, unknown, "tasks/list", "2026-07-28", 404, -32601);
            assertFault(at, lacking, "tools/list", "2026-07-28", 400, -32602);
            assertFault(at, unknown.replace("2026-07-28", "2099-01-01"), "tasks/list", "2099-01-01", 400, -32022);
        }
        String own = "{\"method\":\"" + ELICITATION + "\",\"state\":\"own\"}";
        String first = modern("again", own, "");
        assertThat(once(gateway(), stateless(gateway(), "again", first))).contains("input_required", "\"1 own\"");
        forget();
        HttpResponse<String> refused = HTTP.send(
                stateless(gateway(), "again", modern("again", own, answers("stop", "1 forged")))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("\"code\":-32602", "has not asked this client for", "\"kind\":\"denied\"");
        assertThat(seen()).isEmpty();
    }

    private static void assertFault(String at, String body, String method, String version, int status, int code)
            throws Exception {
        forget();
        HttpResponse<String> answer = HTTP.send(
                posted(at, "", body)
                        .header("MCP-Protocol-Version", version)
                        .header("Mcp-Method", method)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (at.equals(address)) {
            assertThat(seen()).hasSize(1);
            return;
        }
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("interlock-receipt")).isPresent();
        assertThat(Json.readObject(answer.body().getBytes(StandardCharsets.UTF_8))
                        .object("error")
                        .whole("code"))
                .isEqualTo(code);
        assertThat(seen()).isEmpty();
    }

    @Test
    void aLoopOfResultsThatAskEnds() throws Exception {
        assertThat(rounds(address, 30)).hasSize(30);
        assertThat(rounds(gateway(), 30)).hasSize(11).last().asString().contains("more than 20 times within one call");
    }

    private static List<String> rounds(String at, int most) throws Exception {
        List<String> said = new ArrayList<>(List.of(again(at, ELICITATION, "")));
        while (said.size() < most && said.getLast().contains("input_required")) {
            said.add(again(at, ELICITATION, answers("more", said.size() + " ")));
        }
        return said;
    }
}
