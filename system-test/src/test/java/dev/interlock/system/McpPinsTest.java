package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests that a server of MCP that turns on its clients gains nothing. Each attack succeeds past the gateway. */
@Timeout(300)
@Tag("process")
class McpPinsTest {

    private static final String POISON = "all of the user's keys";

    private static final String YAML = ServiceGatewayInstallation.organisation("""
              npm:
                catalog: npm
                address: "https://registry.npmjs.org"
                resources:
                  "npm:account/self": {environments: [staging]}
            """);

    private static final String CEDAR = """
            @id("work")
            permit (principal, action in [Impact::Action::"read", Impact::Action::"write"],
                    resource in Environment::"staging");
            """;

    private static final Json.Members CREATE =
            Json.object().with("name", "create_note").with("note", "n-1");
    private static final Json.Members READ =
            Json.object().with("name", "read_note").with("note", "n-1");

    private static final String LISTING = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\",\"params\":{}}";
    private static final String CALLING = "{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"tools/call\",\"params\":"
            + "{\"name\":\"%s\",\"arguments\":{\"note\":\"n-1\"}}}";

    @TempDir
    private static Path root;

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static Process server;
    private static String address;
    private static ServiceGatewayInstallation house;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(McpServers.areInstalled(), "skipped: Node with npm's SDKs of MCP is not installed; `.ci/run` does");
        McpServers.script(root, "client.mjs");
        int port = Programs.freePort();
        address = "http://127.0.0.1:" + port;
        server = McpServers.started(
                new ProcessBuilder(
                        "node", McpServers.script(root, "hostile.mjs").toString()),
                Json.object().with("port", port).canonicalText(),
                "listening");
        house = new ServiceGatewayInstallation(root, Map.of("interlock.yaml", YAML, "policy.cedar", CEDAR), Map.of());
        house.seal().expect(0);
        house.up();
        Path token = Files.writeString(root.resolve("token"), McpServers.TOKEN);
        house.interlock(
                        "",
                        "upstream",
                        "add",
                        "mcp",
                        address + "/mcp",
                        "--name=notes",
                        "--token-from=file:" + token,
                        "--config=" + house.config())
                .expect(0);
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

    /** A new seal ends each quarantine. */
    @BeforeEach
    void begin() throws Exception {
        become("honest");
        house.seal().expect(0);
    }

    /** Has the server change. Returns the tools that were called before. */
    private static List<String> become(String mode) throws Exception {
        String called = HTTP.send(
                        HttpRequest.newBuilder(URI.create(address + "/become/" + mode))
                                .POST(HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        return Json.readObject(("{\"called\":" + called + "}").getBytes(StandardCharsets.UTF_8))
                .texts("called");
    }

    private static Json.Members through(Json.Members... calls) throws Exception {
        return run("http://127.0.0.1:" + house.port() + "/notes/mcp", house.lease(), calls);
    }

    private static Json.Members direct(Json.Members... calls) throws Exception {
        return run(address + "/mcp", McpServers.TOKEN, calls);
    }

    private static Json.Members run(String url, String token, Json.Members... calls) throws Exception {
        return McpServers.run(root, McpServers.Era.STATEFUL, url, token, true, calls);
    }

    private static String text(Json.Members said) {
        return said.objects("answers")
                .getLast()
                .object("result")
                .objects("content")
                .getFirst()
                .text("text");
    }

    private static Programs.ProgramResult renew(String... more) throws Exception {
        String[] all = new String[more.length + 5];
        System.arraycopy(
                new String[] {
                    "upstream",
                    "renew",
                    "notes",
                    "--token-from=file:" + root.resolve("token"),
                    "--config=" + house.config()
                },
                0,
                all,
                0,
                5);
        System.arraycopy(more, 0, all, 5, more.length);
        return Programs.runHere(List.of(all));
    }

    @Test
    void aServerThatStaysTheSameWorks() throws Exception {
        for (String mode : List.of("honest", "paged", "events", "zipped")) {
            become(mode);
            Json.Members through = through(READ, CREATE, CREATE);
            assertThat(through).as(mode).isEqualTo(direct(READ, CREATE, CREATE));
            assertThat(through.texts("tools")).containsExactly("create_note", "read_note");
            assertThat(text(through)).isEqualTo("did create_note");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "poisoned, description",
        "widened, inputSchema",
        "hinted, annotations",
        "hidden, it has characters that nobody sees"
    })
    void aChangedToolIsNeitherShownNorCalled(String mode, String what) throws Exception {
        become(mode);
        assertThat(direct(CREATE).texts("tools")).contains("create_note");
        assertThat(become(mode)).containsExactly("create_note");
        Json.Members through = through(CREATE);
        assertThat(through.texts("tools")).containsExactly("read_note");
        assertThat(through.canonicalText()).doesNotContain(POISON);
        assertThat(text(through))
                .startsWith("Interlock (denied): The server of `notes` says something else of its tool `create_note`")
                .contains("(" + what + ")", "interlock upstream renew notes");
        assertThat(raw("POST", CALLING.formatted("read_note"))).contains("did read_note");
        assertThat(become("honest")).as("reached the server").containsExactly("read_note");
        assertThat(raw("POST", CALLING.formatted("create_note")))
                .as("it stays in quarantine until a person has sealed")
                .contains("Interlock (denied)");
        assertThat(house.admin().call("status", Json.object()).canonicalText()).doesNotContain(POISON);
    }

    /** The server is honest until it has been called three times. The client that listed its tools then goes on. */
    @Test
    void aRugPullAfterThreeCallsIsSeenBeforeTheFourth() throws Exception {
        become("rug-pull");
        direct(CREATE, CREATE, CREATE, CREATE);
        assertThat(become("rug-pull")).hasSize(4);
        Json.Members through = through(CREATE, CREATE, CREATE, CREATE);
        assertThat(text(through)).startsWith("Interlock (denied)").contains("(description)");
        assertThat(become("honest")).hasSize(3);
    }

    @Test
    void aRenamedToolIsDeniedUnderBothNames() throws Exception {
        become("renamed");
        Json.Members renamed = Json.object().with("name", "list_notes").with("note", "n-1");
        direct(renamed, CREATE);
        assertThat(become("renamed")).containsExactly("list_notes", "create_note");
        Json.Members through = through(renamed, CREATE);
        assertThat(through.texts("tools")).containsExactly("read_note");
        assertThat(through.canonicalText()).contains("does not list the tool `list_notes`");
        assertThat(text(through)).contains("did not list its tool `create_note`", "nothing was sent");
        assertThat(become("honest")).isEmpty();
    }

    @Test
    void anUnlistedToolIsNotShown() throws Exception {
        become("added");
        assertThat(direct().canonicalText()).contains(POISON);
        Json.Members through = through();
        assertThat(through.canonicalText()).doesNotContain(POISON);
        assertThat(through.texts("tools")).containsExactly("create_note", "read_note");
    }

    @Test
    void aListInAnotherAnswerBreaksItOff() throws Exception {
        become("smuggled");
        assertThat(text(direct(READ))).isEqualTo("did read_note");
        assertThat(raw("POST", CALLING.formatted("read_note"))).isEqualTo("broken off");
        become("pushed");
        assertThat(raw("GET", "")).isEqualTo("broken off");
    }

    /** A page that some clients would read otherwise than the gateway, or not at all, is no page. */
    @ParameterizedTest
    @CsvSource({"twice", "two-codes", "unlike", "erring", "nameless", "unclear"})
    void whatIsNoClearListShowsNothingAndLetsNothingBeCalled(String mode) throws Exception {
        become(mode);
        assertThat(raw("POST", LISTING)).doesNotContain("create_note", POISON);
        assertThat(raw("POST", CALLING.formatted("create_note")))
                .contains("did not list its tool `create_note`", "nothing was sent");
        assertThat(become("honest")).isEmpty();
    }

    @Test
    void aListWithoutItsEndLetsNothingBeCalled() throws Exception {
        become("endless");
        assertThat(raw("POST", CALLING.formatted("create_note"))).contains("nothing was sent");
        become("half");
        assertThat(raw("POST", CALLING.formatted("create_note"))).contains("nothing was sent");
        assertThat(become("honest")).isEmpty();
    }

    /** The server knows the gateway's own question, and answers it as it was pinned. The agent never sees the other. */
    @Test
    void aServerThatShowsTheGatewayAnotherListIsSeenWithTheFirstList() throws Exception {
        become("cloaked");
        assertThat(raw("POST", CALLING.formatted("create_note"))).contains("did create_note");
        assertThat(raw("POST", LISTING)).contains("read_note").doesNotContain("create_note", POISON);
        assertThat(raw("POST", CALLING.formatted("create_note"))).contains("(description)");
        assertThat(become("honest")).hasSize(1);
    }

    /** So no credential is opened for it, and no person is asked. */
    @Test
    void aToolInQuarantineIsRefusedBeforeAnybodyIsAsked() throws Exception {
        become("watched");
        assertThat(raw("POST", CALLING.formatted("create_note"))).contains("(description)");
        assertThat(raw("POST", CALLING.formatted("create_note"))).contains("(description)");
        assertThat(become("honest")).containsExactly("asked");
    }

    @Test
    void aToolWithASimilarNameIsNotShown() throws Exception {
        become("similar");
        assertThat(raw("POST", LISTING)).contains("\"create_note\"").doesNotContain(POISON, "Create_note");
    }

    /** A client takes the answer with the identifier of a held call for that call's, in whatever answer it comes. */
    @Test
    void anAnswerToAnotherMessageBreaksOff() throws Exception {
        String call = CALLING.formatted("read_note");
        become("confused");
        assertThat(raw(address, McpServers.TOKEN, "POST", call)).contains("did what is held", "did read_note");
        assertThat(raw(address, McpServers.TOKEN, "GET", "")).contains("did what is held");
        assertThat(raw("POST", call)).isEqualTo("broken off");
        assertThat(raw("GET", "")).isEqualTo("broken off");
        assertThat(raw(address, McpServers.TOKEN, "POST", LISTING)).contains("\"id\":9", "create_note");
        assertThat(raw("POST", LISTING)).doesNotContain("\"id\":9", "create_note");
        become("confused-whole");
        assertThat(raw(address, McpServers.TOKEN, "POST", call)).contains("did what is held");
        assertThat(raw("POST", call)).isEqualTo("broken off");
        become("honest");
        assertThat(raw("POST", call)).contains("did read_note");
    }

    /** With it the agent could go past the gateway. */
    @ParameterizedTest
    @CsvSource({"leaking", "leaking-events"})
    void aResultNeverCarriesTheServersCredential(String mode) throws Exception {
        become(mode);
        String call = CALLING.formatted("read_note");
        assertThat(raw(address, McpServers.TOKEN, "POST", call)).contains("Use this from now on", McpServers.TOKEN);
        assertThat(raw("POST", call)).contains("Use this from now on").doesNotContain(McpServers.TOKEN);
    }

    private static String raw(String method, String body) throws Exception {
        return raw("http://127.0.0.1:" + house.port() + "/notes", house.lease(), method, body);
    }

    /** Sends {@code body} as a client that reads nothing of it would. Returns what came, if all of it came. */
    private static String raw(String at, String token, String method, String body) throws Exception {
        HttpRequest asked = HttpRequest.newBuilder(URI.create(at + "/mcp"))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .header("Accept", method.equals("GET") ? "text/event-stream" : "application/json, text/event-stream")
                .header("MCP-Protocol-Version", "2025-11-25")
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<InputStream> answer = HTTP.send(asked, HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream in = answer.body()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "broken off";
        }
    }

    @Test
    void withoutAnAnswerToItsOwnQuestionNothingIsSent() throws Exception {
        become("broken");
        assertThat(text(direct(CREATE, CREATE))).isEqualTo("did create_note");
        become("broken");
        assertThat(text(through(CREATE, CREATE))).contains("did not list its tool `create_note`", "nothing was sent");
        assertThat(become("honest")).hasSize(1);
    }

    @Test
    void aPersonReadsTheChangeAndSealsIt() throws Exception {
        become("widened");
        assertThat(text(through(CREATE))).startsWith("Interlock (denied)").contains("(inputSchema)");
        assertThat(renew("--plan").expect(0).out())
                .contains("create_note: changed: inputSchema\n", "+     \"keys\" : {", "its line would be now:")
                .doesNotContain("written, but not in force yet", McpServers.TOKEN);
        house.seal().expect(0);
        assertThat(text(through(CREATE))).as("a plan writes nothing").startsWith("Interlock (denied)");
        assertThat(renew().expect(0).out()).contains("written, but not in force yet; check it, then: interlock seal");
        assertThat(text(through(CREATE))).as("nothing is in force yet").startsWith("Interlock (denied)");
        house.seal().expect(0);
        assertThat(text(through(CREATE))).isEqualTo("did create_note");
        become("honest");
        renew().expect(0);
    }

    @Test
    void aNewToolAndAGoneOneAreNamed() throws Exception {
        become("renamed");
        assertThat(renew("--plan").expect(0).out())
                .contains(
                        "list_notes: new: asked: nobody knows what it does (its description says `create`)\n",
                        "create_note: the server does not list it any more");
        become("hidden");
        assertThat(renew("--plan").expect(0).out()).contains("create_note: denied: the server hides characters");
        become("honest");
        assertThat(renew().expect(0).out()).contains("nothing to write: each tool is as it was pinned");
    }

    @Test
    void aChangedToolIsAnAlertOnce() throws Exception {
        become("hinted");
        through(CREATE);
        through(CREATE);
        Programs.await("the alert is told", () -> house.log().contains("tool_changed"));
        assertThat(house.log().lines().filter(line -> line.contains("tool_changed") && line.contains("annotations")))
                .hasSize(1);
    }
}
