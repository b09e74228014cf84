package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpSchema;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests real servers of MCP behind the gateway, of both generations, with the clients that were made for them. */
@Timeout(300)
@Tag("process")
class McpTest {

    private static final String CATALOG = """
            format: interlock-catalog@v1
            provider: everything
            protocol: mcp
            endpoints: [/mcp]
            carriers: {headers: [authorization]}
            forwarded-headers: []
            tools:
              echo: {takes: message, impacts: [read], reversibility: reversible}
              trigger-long-running-operation: {takes: duration steps, impacts: [read], reversibility: reversible}
              get-structured-content:
                takes: location
                impacts: [destroy]
                reversibility: irreversible
                resources: {location: city}
                effect: Counts as a destruction here, because its results have a schema.
            """;

    private static final Json.Members ECHO = Json.object().with("name", "echo").with("message", "hello");
    private static final Json.Members SLOW = Json.object()
            .with("name", "trigger-long-running-operation")
            .with("duration", 1)
            .with("steps", 3);
    private static final Json.Members UNLISTED = Json.object().with("name", "get-env");

    private static final Path INSPECTOR =
            McpServers.suite().resolve("@modelcontextprotocol/inspector/clients/launcher/build/index.js");

    @TempDir
    private static Path root;

    private static McpServers servers;
    private static ServiceGatewayInstallation house;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(McpServers.areInstalled(), "skipped: Node with npm's SDKs of MCP is not installed; `.ci/run` does");
        servers = new McpServers(root);
        house = new ServiceGatewayInstallation(
                root,
                Map.of(
                        "interlock.yaml",
                        yaml(),
                        "policy.cedar",
                        ServiceGatewayInstallation.CONFIRMED,
                        "catalogs/everything.yaml",
                        CATALOG),
                Map.of("stateful-token", McpServers.TOKEN + "-", "stateless-token", McpServers.TOKEN));
        house.seal().expect(0);
        house.up();
    }

    private static String yaml() {
        StringBuilder upstreams = new StringBuilder();
        for (McpServers.Era era : McpServers.Era.values()) {
            upstreams.append("""
                  %s:
                    catalog: everything
                    address: "%s"
                    credentials:
                      %s-token: {environments: [staging], impacts: [read, destroy]}
                    resources:
                      "everything:city/*": {environments: [staging]}
                      "everything:account/self": {environments: [staging]}
                """.formatted(name(era), servers.address(era), name(era)));
        }
        return ServiceGatewayInstallation.organisation(upstreams.toString());
    }

    private static String name(McpServers.Era era) {
        return era == McpServers.Era.STATEFUL ? "stateful" : "stateless";
    }

    @AfterAll
    static void stop() {
        if (house != null) {
            house.close();
        }
        if (servers != null) {
            servers.close();
        }
    }

    private static Json.Members through(McpServers.Era era, Json.Members... calls) throws Exception {
        return servers.run(era, "http://127.0.0.1:" + house.port() + "/" + name(era) + "/mcp", house.lease(), calls);
    }

    private static Json.Members direct(McpServers.Era era, Json.Members... calls) throws Exception {
        return servers.run(era, servers.address(era) + "/mcp", McpServers.TOKEN, calls);
    }

    private static Json.Members only(Json.Members said) {
        List<Json.Members> answers = said.objects("answers");
        assertThat(answers).hasSize(1);
        return answers.getFirst();
    }

    /** The server gets its own token, and the agent has none but its lease. */
    @ParameterizedTest
    @EnumSource
    void permittedToolsAnswerAsWithoutAGateway(McpServers.Era era) throws Exception {
        Json.Members through = through(era, ECHO, SLOW);
        Json.Members direct = direct(era, ECHO, SLOW);
        assertThat(through.objects("answers")).isEqualTo(direct.objects("answers"));
        assertThat(direct.texts("tools")).contains("echo", "get-env");
        assertThat(through.texts("tools"))
                .as("the tools that the catalog lists")
                .containsExactly("echo", "get-structured-content", "trigger-long-running-operation");
        assertThat(through.objects("answers").getLast().whole("progress")).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("promise")
    void anUnlistedToolIsDeniedInWords(McpServers.Era era) throws Exception {
        Json.Members answer = only(through(era, UNLISTED));
        assertThat(answer.object("result").flag("isError")).isTrue();
        assertThat(answer.object("result").objects("content").getFirst().text("text"))
                .startsWith("Interlock (not_understood): The catalog `everything` does not list the tool `get-env`.")
                .contains(" Next: ")
                .doesNotContain("PATH");
    }

    /** As of 2026-07-28 the status is 404, and before it is 200. Clients of both tell people why. */
    @ParameterizedTest
    @EnumSource
    void anUnlistedMethodIsDeniedInWords(McpServers.Era era) throws Exception {
        Json.Members read = Json.object().with("name", "resources/read").with("uri", "file:///etc/passwd");
        assertThat(only(through(era, read)).text("threw"))
                .contains("-32601")
                .contains(
                        "Interlock (not_understood): The catalog `everything` does not list the method `resources/read`.")
                .contains(" Next: ", " Receipt R-");
    }

    /** Each client has a session and identifiers of its own, and still makes the same call. */
    @ParameterizedTest
    @EnumSource
    @Tag("promise")
    void aDestructiveToolRunsOnceWhenSigned(McpServers.Era era) throws Exception {
        // What was destroyed is read-only afterwards, so each era has its own.
        String city = era == McpServers.Era.STATEFUL ? "Chicago" : "Oakland";
        Json.Members destroy =
                Json.object().with("name", "get-structured-content").with("location", city);
        Json.Members held = only(through(era, destroy));
        assertThat(held.object("result").objects("content").getFirst().text("text"))
                .startsWith("Interlock (confirmation_required): Destroy city " + city + " in staging")
                .contains("`interlock hold sign H-");
        house.sign(held.canonicalText(), "ann");
        assertThat(only(through(era, destroy))).isEqualTo(only(direct(era, destroy)));
        assertThat(only(through(era, destroy)).object("result").flag("isError")).isTrue();
    }

    /** The client of each SDK is told that people are asked and have signed, and then has the server's answer. */
    @ParameterizedTest
    @EnumSource
    void aToolThatWaitsReportsProgressAndRunsWhenSigned(McpServers.Era era) throws Exception {
        String city = era == McpServers.Era.STATEFUL ? "Denver" : "Tulsa";
        Json.Members destroy =
                Json.object().with("name", "get-structured-content").with("location", city);
        String url = "http://127.0.0.1:" + house.port() + "/" + name(era) + "/mcp";
        CompletableFuture<Json.Members> waiting = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                waiting.complete(only(servers.runWaiting(era, url, house.lease(), destroy)));
            } catch (Exception | AssertionError e) {
                waiting.completeExceptionally(e);
            }
        });
        AtomicReference<String> hold = new AtomicReference<>("");
        Programs.await("the call is held", () -> {
            hold.set(house.admin().call("hold.list", Json.object()).objects("holds").stream()
                    .filter(each -> each.canonicalText().contains(city))
                    .map(each -> each.text("id"))
                    .findFirst()
                    .orElse(""));
            return !hold.get().isEmpty();
        });
        house.sign("{\"hold\":\"" + hold.get() + "\"}", "ann");
        Json.Members answer = waiting.get();
        assertThat(answer.texts("told"))
                .first(InstanceOfAssertFactories.STRING)
                .startsWith("Interlock: " + hold.get() + " waits for people, for 2")
                .contains("Destroy city " + city + " in staging");
        assertThat(answer.texts("told")).last().isEqualTo("Interlock: signed; the call goes on");
        assertThat(answer.object("result")).isEqualTo(only(direct(era, destroy)).object("result"));
    }

    /** A person names the address alone; each tool is judged by what is said of it. */
    @ParameterizedTest
    @EnumSource
    void aServerIsAddedByItsAddress(McpServers.Era era) throws Exception {
        String name = "added-" + name(era);
        Path token = Files.writeString(root.resolve(name), McpServers.TOKEN);
        String address = servers.address(era) + "/mcp";
        Programs.ProgramResult added = Programs.runHere(List.of(
                        "upstream",
                        "add",
                        "mcp",
                        address,
                        "--name=" + name,
                        "--token-from=file:" + token,
                        "--config=" + house.config()))
                .expect(0);
        assertThat(added.out())
                .contains(
                        "get-structured-content: reads\n",
                        "echo: reads (only its hint `readOnlyHint` says so)\n",
                        "get-env: asked: it may reveal or make a credential (`env` in its name)\n")
                .contains("written, but not in force yet; check it, then: interlock seal")
                .doesNotContain(McpServers.TOKEN);
        house.seal().expect(0);

        Json.Members read = Json.object().with("name", "get-structured-content").with("location", "Chicago");
        String url = "http://127.0.0.1:" + house.port() + "/" + name + "/mcp";
        assertThat(servers.run(era, url, house.lease(), read))
                .as("each tool is as it was pinned")
                .isEqualTo(direct(era, read));
        Json.Members toggle = Json.object().with("name", "toggle-simulated-logging");
        assertThat(only(servers.run(era, url, house.lease(), toggle)).canonicalText())
                .contains("confirmation_required");
    }

    /** The client of the Java SDK, which shares no code with those of npm. */
    @Test
    void theJavaClientIsServedAsWithoutAGateway() throws Exception {
        URI direct = URI.create(servers.address(McpServers.Era.STATEFUL));
        URI through = URI.create("http://127.0.0.1:" + house.port() + "/stateful");
        McpSchema.CallToolRequest echo = McpSchema.CallToolRequest.builder("echo")
                .arguments(Map.of("message", "from Java"))
                .progressToken("p")
                .build();
        McpSchema.CallToolRequest destroy = McpSchema.CallToolRequest.builder("get-structured-content")
                .arguments(Map.of("location", "Seattle"))
                .build();
        try (McpSyncClient server = javaClient(direct, McpServers.TOKEN);
                McpSyncClient gateway = javaClient(through, house.lease())) {
            assertThat(gateway.initialize().protocolVersion())
                    .isEqualTo(server.initialize().protocolVersion());
            assertThat(gateway.listTools().tools().stream().map(McpSchema.Tool::name))
                    .containsExactlyInAnyOrder("echo", "get-structured-content", "trigger-long-running-operation");
            assertThat(gateway.callTool(echo)).isEqualTo(server.callTool(echo));

            McpSchema.CallToolResult held = gateway.callTool(destroy);
            assertThat(held.isError()).isTrue();
            String said = String.valueOf(held.content());
            assertThat(said).contains("Destroy city Seattle in staging", "`interlock hold sign H-");
            house.sign(said.replaceFirst("(?s).*hold sign (H-[0-9A-Z]+).*", "{\"hold\":\"$1\"}"), "ann");
            assertThat(gateway.callTool(destroy))
                    .as("once signed, it is the server that answers")
                    .isEqualTo(server.callTool(destroy));
            assertThat(String.valueOf(gateway.callTool(destroy).content())).contains("Interlock (");
        }
    }

    private static McpSyncClient javaClient(URI server, String token) {
        return McpClient.sync(HttpClientStreamableHttpTransport.builder(server.toString())
                        .endpoint(server.getRawPath() + "/mcp")
                        .requestBuilder(HttpRequest.newBuilder().header("Authorization", "Bearer " + token))
                        .build())
                .clientInfo(McpSchema.Implementation.builder("test", "1").build())
                .build();
    }

    /** The Inspector, with which authors of servers look at them. It has its own way to show what it gets. */
    @ParameterizedTest
    @EnumSource
    void theInspectorIsServedAsWithoutAGateway(McpServers.Era era) throws Exception {
        assumeTrue(
                Files.exists(INSPECTOR) && Files.isExecutable(McpServers.newerNode()),
                "skipped: the Inspector is not installed; `./build conformance` does, and runs it");
        String direct = servers.address(era) + "/mcp";
        String through = "http://127.0.0.1:" + house.port() + "/" + name(era) + "/mcp";
        String[] echo = {"--method", "tools/call", "--tool-name", "echo", "--tool-arg", "message=hello"};
        String city = era == McpServers.Era.STATEFUL ? "Boston" : "Dallas"; // once destroyed, it is frozen
        String[] destroy = {"--method=tools/call", "--tool-name=get-structured-content", "--tool-arg=location=" + city};

        assertThat(inspector(era, through, house.lease(), echo).expect(0).out())
                .contains("hello")
                .isEqualTo(inspector(era, direct, McpServers.TOKEN, echo).out());
        assertThat(inspector(era, through, house.lease(), "--method", "tools/list")
                        .expect(0)
                        .out())
                .contains("trigger-long-running-operation")
                .doesNotContain("get-env");
        String held = inspector(era, through, house.lease(), destroy).out();
        assertThat(held).contains("Interlock (confirmation_required)", "Destroy city " + city + " in staging");
        house.sign(held.replaceFirst("(?s).*hold sign (H-[0-9A-Z]+).*", "{\"hold\":\"$1\"}"), "ann");
        assertThat(inspector(era, through, house.lease(), destroy).out())
                .contains("content")
                .isEqualTo(inspector(era, direct, McpServers.TOKEN, destroy).out());
    }

    private static Programs.ProgramResult inspector(McpServers.Era era, String url, String token, String... more)
            throws Exception {
        List<String> command = new ArrayList<>(List.of(
                McpServers.newerNode().toString(),
                INSPECTOR.toString(),
                "--cli",
                url,
                "--transport=http",
                "--protocol-era=" + (era == McpServers.Era.STATEFUL ? "legacy" : "modern"),
                "--header=Authorization: Bearer " + token));
        command.addAll(List.of(more));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("HOME", root.toString());
        return Programs.run(builder, "");
    }

    /** The gateway's own probes go through the same front, and expect its own form of a refusal. */
    @Test
    void probesOfServersAreRefused() throws Exception {
        Programs.await(
                "the probes are refused",
                () -> house.admin().call("status", Json.object()).text("probes").startsWith("all "));
    }
}
