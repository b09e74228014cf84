package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.io.IOException;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests tasks of MCP: with the official SDK's server and client, and with a server that keeps tasks for anybody. Each
 * attack succeeds past the gateway.
 */
@Timeout(300)
@Tag("process")
class McpTasksTest {

    private static final String NOTES = """
            format: interlock-catalog@v1
            provider: notes
            protocol: mcp
            endpoints: [/mcp]
            carriers: {headers: [authorization]}
            forwarded-headers: []
            tools:
              work: {takes: note ttl:*, impacts: [read], reversibility: reversible}
              read_note: {takes: note, impacts: [read], reversibility: reversible}
              unasked: {takes: as, impacts: [read], reversibility: reversible}
              astray: {takes: note, impacts: [read], reversibility: reversible}
              delete_note:
                takes: note
                impacts: [destroy]
                reversibility: irreversible
                resources: {note: note}
                effect: Deletes the note.
            tasks: [work, astray, delete_note]
            """;

    private static final String EVERYTHING = """
            format: interlock-catalog@v1
            provider: everything
            protocol: mcp
            endpoints: [/mcp]
            carriers: {headers: [authorization]}
            forwarded-headers: []
            asks: [elicitation/create]
            tools:
              echo: {takes: message, impacts: [read], reversibility: reversible}
              simulate-research-query: {takes: topic ambiguous, impacts: [read], reversibility: reversible}
            tasks: [simulate-research-query]
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
              everything:
                catalog: everything
                address: "%s"
                credentials:
                  everything-token: {environments: [staging], impacts: [read]}
                resources:
                  "everything:account/self": {environments: [staging]}
            """);

    private static final Pattern TASK = Pattern.compile("\"taskId\":\"([^\"]*)\"");

    @TempDir
    private static Path root;

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static Process server;
    private static McpServers servers;
    private static String address;
    private static ServiceGatewayInstallation house;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(McpServers.areInstalled(), "skipped: Node with npm's SDKs of MCP is not installed; `.ci/run` does");
        servers = new McpServers(root);
        McpServers.script(root, "task-client.mjs");
        int port = Programs.freePort();
        address = "http://127.0.0.1:" + port;
        server = McpServers.started(
                new ProcessBuilder("node", McpServers.script(root, "tasks.mjs").toString()),
                Json.object()
                        .with("port", port)
                        .with("secret", McpServers.TOKEN)
                        .canonicalText(),
                "listening");
        house = new ServiceGatewayInstallation(
                root,
                Map.of(
                        "interlock.yaml",
                        YAML.formatted(address, servers.address(McpServers.Era.STATEFUL)),
                        "policy.cedar",
                        ServiceGatewayInstallation.CONFIRMED,
                        "catalogs/notes.yaml",
                        NOTES,
                        "catalogs/everything.yaml",
                        EVERYTHING),
                Map.of("notes-token", McpServers.TOKEN, "everything-token", McpServers.TOKEN + "-"));
        house.seal().expect(0);
        house.up();
    }

    @AfterAll
    static void stop() {
        if (house != null) {
            house.close();
        }
        if (servers != null) {
            servers.close();
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

    private static List<String> seen() throws Exception {
        String said = HTTP.send(
                        HttpRequest.newBuilder(URI.create(address + "/seen")).build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        return Json.readObject(said.getBytes(StandardCharsets.UTF_8)).texts("seen");
    }

    private static String gateway() {
        return "http://127.0.0.1:" + house.port() + "/notes";
    }

    private static String token(String at) {
        return at.equals(address) ? McpServers.TOKEN : house.lease();
    }

    private static String sent(String at, String token, String session, String method, String params) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(at + "/mcp"))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream")
                .header("Mcp-Session-Id", session)
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method + "\",\"params\":" + params + "}"))
                .build();
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body();
        } catch (IOException _) {
            return "broken off";
        }
    }

    private static String sent(String at, String method, String params) throws Exception {
        return sent(at, token(at), "s-1", method, params);
    }

    private static String call(String at, String tool, String arguments, String more) throws Exception {
        return sent(at, "tools/call", "{\"name\":\"" + tool + "\",\"arguments\":" + arguments + more + "}");
    }

    private static String asTask(String at, String tool, String note) throws Exception {
        return call(at, tool, "{\"note\":\"" + note + "\"}", ",\"task\":{\"ttl\":60000}");
    }

    private static String ofTask(String task) {
        return "{\"taskId\":\"" + task + "\"}";
    }

    private static String about(String at, String method, String task) throws Exception {
        return sent(at, method, ofTask(task));
    }

    /** Returns the identifier of the task that {@code answer} gives. */
    private static String task(String answer) {
        Matcher found = TASK.matcher(answer);
        assertThat(found.find()).as(answer).isTrue();
        return found.group(1);
    }

    private static Json.Members client(String url, String token) throws Exception {
        String order = Json.object()
                .with("modules", McpServers.modules().toString())
                .with("url", url)
                .with("token", token)
                .canonicalText();
        String said = Programs.run(
                        List.of("node", root.resolve("task-client.mjs").toString()), order + "\n")
                .expect(0)
                .out();
        return Json.readObject(said.strip().getBytes(StandardCharsets.UTF_8));
    }

    /** The task asks its client a question, which the catalog permits. */
    @Test
    void tasksOfTheSdkRunAsWithoutAGateway() throws Exception {
        String real = servers.address(McpServers.Era.STATEFUL) + "/mcp";
        Json.Members direct = client(real, McpServers.TOKEN);
        Json.Members through = client("http://127.0.0.1:" + house.port() + "/everything/mcp", house.lease());
        assertThat(direct.members()).doesNotContainKey("failed");
        assertThat(through.members()).doesNotContainKey("failed");
        for (String same : List.of("ran", "cancelled", "after", "cancelledAgain", "runs")) {
            assertThat(through.members().get(same))
                    .as(same)
                    .isNotNull()
                    .isEqualTo(direct.members().get(same));
        }
        assertThat(through.object("ran").texts("seen")).contains("taskCreated", "input_required", "result");
        assertThat(through.object("ran").text("text")).contains("snakes");
        assertThat(through.text("cancelled")).isEqualTo("cancelled");

        assertThat(direct.object("can").canonicalText()).contains("\"list\"");
        assertThat(through.object("can").canonicalText())
                .isEqualTo("{\"cancel\":{},\"requests\":{\"tools\":{\"call\":{}}}}");
        assertThat(direct.object("list").whole("length")).isPositive();
        assertThat(through.object("list").text("threw")).contains("-32601", "those of other clients", " Next: ");
        assertThat(through.object("unlisted").text("text"))
                .contains("-32601", "does not let the tool `echo` run as a task", " Next: Call it without `task`");
        assertThat(direct.object("unknown").text("threw")).contains("-32602");
        assertThat(through.object("unknown").text("threw")).contains("-32602", "no such task", " Next: ");
    }

    /** The server gives anybody's task to whoever names it. */
    @Test
    void aTaskIsForTheClientThatWasGivenIt() throws Exception {
        String task = task(asTask(gateway(), "work", "own"));
        for (String method : List.of("tasks/get", "tasks/result", "tasks/cancel")) {
            assertThat(about(address, method, task)).as("past the gateway").contains("\"result\"");
            assertThat(about(gateway(), method, task)).as("its client").contains("\"result\"");
        }
        String owner = house.lease();
        house.issue();
        forget();
        for (String method : List.of("tasks/get", "tasks/result", "tasks/cancel")) {
            assertThat(about(gateway(), method, task)).as("another lease").contains("-32602", "no such task");
            assertThat(sent(gateway(), owner, "s-2", method, ofTask(task)))
                    .as("another session")
                    .contains("-32602", "no such task");
            assertThat(sent(gateway(), owner, "s-1", method, ofTask("t-999")))
                    .as("a guess")
                    .contains("-32602", "no such task");
        }
        assertThat(seen()).isEmpty();
        assertThat(sent(gateway(), owner, "s-1", "tasks/result", ofTask(task))).contains("the outcome of work for own");
    }

    @Test
    void anEndedLeaseHasNoTasks() throws Exception {
        String task = task(asTask(gateway(), "work", "ended"));
        String owner = house.lease();
        for (Json lease : house.admin().call("lease.list", Json.object()).items("leases")) {
            house.admin().call("lease.revoke", Json.object().with("lease", ((Json.Members) lease).text("id")));
        }
        house.issue();
        forget();
        assertThat(about(address, "tasks/result", task)).contains("the outcome of work for ended");
        forget();
        assertThat(sent(gateway(), owner, "s-1", "tasks/result", ofTask(task)))
                .contains("\"error\"")
                .doesNotContain("outcome");
        assertThat(seen()).isEmpty();
    }

    @Test
    void aListOfTasksNeverPasses() throws Exception {
        String task = task(asTask(address, "work", "of somebody else"));
        assertThat(sent(address, "tasks/list", "{}")).contains(task);
        forget();
        assertThat(sent(gateway(), "tasks/list", "{}")).contains("-32601").doesNotContain(task);
        assertThat(seen()).isEmpty();
    }

    @Test
    void aToolThatIsNotListedRunsAsNoTask() throws Exception {
        assertThat(asTask(address, "read_note", "n-1")).contains("taskId");
        forget();
        assertThat(asTask(gateway(), "read_note", "n-1")).contains("-32601", "`read_note` run as a task");
        assertThat(seen()).isEmpty();
        assertThat(call(gateway(), "read_note", "{\"note\":\"n-1\"}", "")).contains("did read_note");
        assertThat(seen()).containsExactly("tools/call read_note \"\"");
    }

    /** A client that waits for a task reads an error, and no result of a tool. */
    @Test
    void aTaskIsHeldAsItsCall() throws Exception {
        assertThat(task(asTask(address, "delete_note", "n-1"))).isNotEmpty();
        forget();
        String held = asTask(gateway(), "delete_note", "n-1");
        assertThat(held).contains("\"error\"", "confirmation_required", "Delete note n-1 in staging");
        assertThat(seen()).isEmpty();
        house.sign(held, "ann");
        String task = task(asTask(gateway(), "delete_note", "n-1"));
        assertThat(seen()).containsExactly("tools/call delete_note {\"ttl\":60000}");
        assertThat(about(gateway(), "tasks/result", task)).contains("the outcome of delete_note for n-1");
        assertThat(asTask(gateway(), "delete_note", "n-1")).as("once").doesNotContain("taskId");
    }

    @ParameterizedTest
    @ValueSource(strings = {"now", "later"})
    void aTaskThatNobodyHasAskedForDoesNotArrive(String as) throws Exception {
        String arguments = "{\"as\":\"" + as + "\"}";
        assertThat(call(address, "unasked", arguments, "")).contains("t-unasked");
        assertThat(call(gateway(), "unasked", arguments, ""))
                .contains("a task that nobody has asked it for", "\"isError\":true")
                .doesNotContain("t-unasked");
        assertThat(about(gateway(), "tasks/get", "t-unasked")).contains("-32602");
    }

    @Test
    void anAnswerAboutAnotherTaskDoesNotArrive() throws Exception {
        asTask(gateway(), "work", "first");
        String task = task(asTask(gateway(), "astray", "n"));
        assertThat(about(address, "tasks/get", task)).contains("\"taskId\":\"t-1\"");
        assertThat(about(gateway(), "tasks/get", task))
                .contains("a task that nobody has asked it for")
                .doesNotContain("\"taskId\":\"t-1\"");
        String again = task(asTask(gateway(), "work", "again"));
        assertThat(about(address, "tasks/result", again)).contains("t-again");
        assertThat(about(gateway(), "tasks/result", again)).doesNotContain("t-again");
        assertThat(about(gateway(), "tasks/get", "t-again")).contains("-32602");
    }

    @Test
    void theOutcomeIsSearchedForCredentials() throws Exception {
        String task = task(asTask(gateway(), "work", "secret"));
        assertThat(about(address, "tasks/result", task)).contains(McpServers.TOKEN);
        assertThat(about(gateway(), "tasks/result", task)).doesNotContain(McpServers.TOKEN);
    }

    /** The server would still know it. */
    @Test
    void aTaskIsKnownForItsTime() throws Exception {
        String task = task(call(gateway(), "work", "{\"note\":\"short\",\"ttl\":0}", ",\"task\":{}"));
        assertThat(about(address, "tasks/result", task)).contains("the outcome");
        assertThat(about(gateway(), "tasks/result", task)).contains("-32602", "its time is over");
    }

    @Test
    void clientsAreToldOfWhatPasses() throws Exception {
        String initialize = "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
                + "\"clientInfo\":{\"name\":\"c\",\"version\":\"1\"}}";
        assertThat(sent(address, "initialize", initialize)).contains("\"list\":{}");
        assertThat(sent(gateway(), "initialize", initialize))
                .contains("\"tasks\":{\"cancel\":{},\"requests\":{\"tools\":{\"call\":{}}}}")
                .doesNotContain("\"list\"");
        assertThat(sent(gateway(), "tools/list", "{}"))
                .contains("{\"execution\":{\"taskSupport\":\"optional\"},\"inputSchema\":{\"type\":\"object\"},"
                        + "\"name\":\"work\"}")
                .contains("{\"execution\":{\"taskSupport\":\"required\"},\"inputSchema\":{\"type\":\"object\"},"
                        + "\"name\":\"delete_note\"}")
                .contains("{\"inputSchema\":{\"type\":\"object\"},\"name\":\"read_note\"}");
    }

    @Test
    void eachQuestionAboutATaskHasAReceipt() throws Exception {
        String task = task(asTask(gateway(), "work", "n"));
        about(gateway(), "tasks/cancel", task);
        List<String> receipts = new ArrayList<>();
        for (Json receipt :
                house.admin().call("receipts", Json.object().with("limit", 10)).items("receipts")) {
            receipts.add(receipt.canonicalText());
        }
        assertThat(receipts).anySatisfy(receipt -> assertThat(receipt).contains("notes/mcp/tasks/cancel"));
        assertThat(String.join("\n", receipts)).doesNotContain("\"" + task + "\"");
    }
}
