package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that what people sign for a tool that acts on a session's target counts for this session and target alone. */
@Timeout(300)
@Tag("process")
class McpTargetsTest {

    private static final String CATALOG = """
            format: interlock-catalog@v1
            provider: trees
            protocol: mcp
            endpoints: [/mcp]
            carriers: {headers: [authorization]}
            forwarded-headers: []
            tools:
              set_dir:
                takes: path
                impacts: [write]
                reversibility: reversible
                facts: [path]
                sets-target: true
              clean:
                takes: path force
                impacts: [destroy]
                target: path
                reversibility: irreversible
                facts: [path, force]
                effect: Deletes files that are not under version control.
            """;

    private static final String YAML = ServiceGatewayInstallation.organisation("""
              git:
                catalog: trees
                address: "%s"
                credentials:
                  git-token: {environments: [staging], impacts: [read, write, destroy]}
                resources:
                  "trees:account/self": {environments: [staging]}
            """);

    @TempDir
    private static Path root;

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Map<String, String> DIRECTORIES = new ConcurrentHashMap<>();
    private static final List<String> CLEANED = new CopyOnWriteArrayList<>();
    private static HttpServer server;
    private static ServiceGatewayInstallation house;

    @BeforeAll
    static void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/mcp", McpTargetsTest::answer);
        server.start();
        house = new ServiceGatewayInstallation(
                root,
                Map.of(
                        "interlock.yaml",
                        YAML.formatted("http://127.0.0.1:" + server.getAddress().getPort()),
                        "policy.cedar",
                        ServiceGatewayInstallation.CONFIRMED,
                        "catalogs/trees.yaml",
                        CATALOG),
                Map.of("git-token", "the-servers-token"));
        house.seal().expect(0);
        house.up();
    }

    @AfterAll
    static void stop() {
        if (house != null) {
            house.close();
        }
        if (server != null) {
            server.stop(0);
        }
        HTTP.close();
    }

    /** A server that cleans the directory which the session works in, unless the call names another. */
    private static void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Json.Members message = Json.readObject(exchange.getRequestBody().readAllBytes());
            String session = exchange.getRequestHeaders().getFirst("Mcp-Session-Id");
            String said = "{}";
            int status = 200;
            if (message.text("method").equals("initialize")) {
                session = "session-" + DIRECTORIES.size();
                DIRECTORIES.put(session, "/");
                exchange.getResponseHeaders().set("Mcp-Session-Id", session);
            } else {
                Json.Members params = message.object("params");
                Json.Members arguments = params.object("arguments");
                if (params.text("name").equals("set_dir")) {
                    DIRECTORIES.put(session, arguments.text("path"));
                } else {
                    status = 422; // what failed freezes nothing
                    CLEANED.add(arguments.optionalText("path").orElse(DIRECTORIES.get(session)));
                }
                said = "{\"content\":[{\"type\":\"text\",\"text\":\"done\"}]}";
            }
            byte[] body = ("{\"jsonrpc\":\"2.0\",\"id\":" + message.whole("id") + ",\"result\":" + said + "}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static HttpResponse<String> sent(String session, String method, String params) throws Exception {
        URI server = URI.create("http://127.0.0.1:" + house.port() + "/git/mcp");
        HttpRequest.Builder request = HttpRequest.newBuilder(server)
                .header("Authorization", "Bearer " + house.lease())
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method + "\",\"params\":" + params + "}"));
        if (!session.isEmpty()) {
            request.header("Mcp-Session-Id", session);
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String begun() throws Exception {
        return sent("", "initialize", "{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{}}")
                .headers()
                .firstValue("mcp-session-id")
                .orElseThrow();
    }

    private static String call(String session, String tool, String arguments) throws Exception {
        return sent(session, "tools/call", "{\"name\":\"" + tool + "\",\"arguments\":{" + arguments + "}}")
                .body();
    }

    private static void choose(String session, String path) throws Exception {
        assertThat(call(session, "set_dir", "\"path\":\"" + path + "\"")).contains("done");
    }

    private static String clean(String session) throws Exception {
        return call(session, "clean", "\"force\":true");
    }

    @Test
    void whatIsSignedInOneSessionDoesNotGoInAnother() throws Exception {
        String scratch = begun();
        String important = begun();
        choose(scratch, "/srv/scratch");
        choose(important, "/srv/important");
        String held = clean(scratch);
        assertThat(house.hold(held).canonicalText())
                .contains("chosen by 1 call of this session", "set_dir path=/srv/scratch")
                .doesNotContain("important");
        house.sign(held, "ann");
        CLEANED.clear();
        assertThat(clean(important)).as("the same request").contains("\"hold\":\"H-");
        assertThat(CLEANED).isEmpty();
    }

    @Test
    void aTargetThatIsChosenAnewEndsWhatWasSigned() throws Exception {
        String session = begun();
        choose(session, "/srv/scratch");
        String held = clean(session);
        house.sign(held, "ann");
        choose(session, "/srv/important");
        CLEANED.clear();
        String again = clean(session);
        assertThat(CLEANED).isEmpty();
        assertThat(house.hold(again).canonicalText())
                .contains("chosen by 2 calls", "set_dir path=/srv/scratch", "set_dir path=/srv/important");
        house.sign(again, "ann");
        clean(session);
        assertThat(CLEANED).containsExactly("/srv/important");
    }

    @Test
    void aTargetOfItsOwnNeedsNoSession() throws Exception {
        String session = begun();
        choose(session, "/srv/scratch");
        String held = call(session, "clean", "\"path\":\"/srv/old\",\"force\":true");
        assertThat(house.hold(held).canonicalText()).doesNotContain("chosen by");
        house.sign(held, "ann");
        choose(session, "/srv/important");
        CLEANED.clear();
        call(session, "clean", "\"path\":\"/srv/old\",\"force\":true");
        assertThat(CLEANED).containsExactly("/srv/old");
    }

    @Test
    void aSessionThatTheGatewayHasNotSeenBeginIsRefused() throws Exception {
        DIRECTORIES.put("older", "/srv/important");
        CLEANED.clear();
        assertThat(clean("older"))
                .contains("has not seen that session from its beginning", "Name the target in `path`")
                .doesNotContain("\"hold\":\"H-");
        assertThat(CLEANED).isEmpty();
    }
}
