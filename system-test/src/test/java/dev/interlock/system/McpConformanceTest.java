package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests with the protocol's official conformance suite that a server answers through the gateway as it does without.
 * {@code ./build conformance} runs it.
 */
@Timeout(600)
@Tag("process")
class McpConformanceTest {

    private static final String CATALOG = """
            format: interlock-catalog@v1
            provider: suite
            protocol: mcp
            endpoints: [/mcp]
            carriers: {headers: [authorization]}
            forwarded-headers: []
            methods: [prompts/get, resources/read, resources/subscribe, resources/unsubscribe, completion/complete]
            asks: [sampling/createMessage, elicitation/create, roots/list]
            tools:
            """;

    private static final Map<String, String> ARGUMENTS = Map.of(
            "test_sampling", "prompt",
            "test_elicitation", "message",
            "test_x_mcp_header", "region priority query",
            "json_schema_2020_12_tool", "name address:* contactMethod phone email");

    private static final Pattern TOOL = Pattern.compile("\"((?:test|json)_[a-z0-9_]+)\"");
    private static final Pattern RESULTS = Pattern.compile("server-(.*)-[0-9]{4}-[0-9]{2}-[0-9]{2}T.*");

    @TempDir
    private Path root;

    private final List<Process> running = new ArrayList<>();
    private Optional<ServiceGatewayInstallation> house = Optional.empty();

    private static Path program() {
        return McpServers.suite().resolve("@modelcontextprotocol/conformance/dist/index.js");
    }

    @AfterEach
    void stop() {
        house.ifPresent(ServiceGatewayInstallation::close);
        running.forEach(process -> process.destroyForcibly().onExit().join());
    }

    @ParameterizedTest
    @ValueSource(strings = {"2025-11-25", "2026-07-28"})
    void whatPassesDirectlyPassesThroughTheGateway(String version) throws Exception {
        assumeTrue(Boolean.getBoolean("interlock.conformance"), "skipped: it is slow; `./build conformance` runs it");
        assumeTrue(
                McpServers.areInstalled() && Files.isExecutable(McpServers.newerNode()) && Files.exists(program()),
                "skipped: the suite or npm's SDKs of MCP could not be installed");
        int server = start(
                "conformance.mjs",
                Json.object().with("modules", McpServers.modules().toString()).with("token", McpServers.TOKEN));
        String address = "http://127.0.0.1:" + server;
        ServiceGatewayInstallation gateway = gateway(address);
        Map<String, String> direct = passed(version, "direct", passing(address + "/mcp", McpServers.TOKEN));
        Map<String, String> through = passed(
                version, "through", passing("http://127.0.0.1:" + gateway.port() + "/suite/mcp", gateway.lease()));

        Set<String> scenarios = direct.keySet().stream()
                .map(check -> check.split(" ", 2)[0])
                .collect(Collectors.toCollection(TreeSet::new));
        scenarios.forEach(scenario -> System.out.println(
                version + " " + scenario + ": " + summary(scenario, direct) + " / " + summary(scenario, through)));
        assertThat(direct.values())
                .as("the server passes most")
                .filteredOn("SUCCESS"::equals)
                .hasSizeGreaterThan(60);
        assertThat(direct.entrySet().stream()
                        .filter(check -> !check.getValue().equals("FAILURE"))
                        .filter(check -> !check.getValue().equals(through.get(check.getKey())))
                        .map(check -> check.getKey() + ": " + check.getValue() + ", and through the gateway "
                                + through.get(check.getKey())))
                .isEmpty();
    }

    private static String summary(String scenario, Map<String, String> checks) {
        return checks.entrySet().stream()
                .filter(check -> check.getKey().startsWith(scenario + " "))
                .collect(Collectors.groupingBy(Map.Entry::getValue, TreeMap::new, Collectors.counting()))
                .toString();
    }

    private int start(String script, Json.Members order) throws IOException {
        int port = Programs.freePort();
        running.add(McpServers.started(
                new ProcessBuilder("node", McpServers.script(root, script).toString()),
                order.with("port", port).canonicalText(),
                "listening"));
        return port;
    }

    /** Returns the address at which the suite reaches {@code address} with {@code token}. */
    private String passing(String address, String token) throws IOException {
        int port = start("passing.mjs", Json.object().with("address", address).with("token", token));
        return "http://127.0.0.1:" + port + "/mcp";
    }

    private ServiceGatewayInstallation gateway(String address) throws Exception {
        StringBuilder catalog = new StringBuilder(CATALOG);
        String script = Files.readString(root.resolve("conformance.mjs"));
        Set<String> tools = TOOL.matcher(script)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        tools.forEach(tool -> catalog.append("  ")
                .append(tool)
                .append(": {")
                .append(ARGUMENTS.containsKey(tool) ? "takes: \"" + ARGUMENTS.get(tool) + "\", " : "")
                .append("impacts: [read], reversibility: reversible}\n"));
        Map<String, String> policy = new TreeMap<>(ServiceGatewayInstallation.staging("""
                  suite:
                    catalog: suite
                    address: "%s"
                    credentials:
                      suite-token: {environments: [staging], impacts: [read]}
                    resources:
                      "suite:account/self": {environments: [staging]}
                """.formatted(address)));
        policy.put("catalogs/suite.yaml", catalog.toString());
        Path own = Files.createDirectory(root.resolve("gateway"));
        ServiceGatewayInstallation made =
                new ServiceGatewayInstallation(own, policy, Map.of("suite-token", McpServers.TOKEN));
        house = Optional.of(made);
        made.seal().expect(0);
        made.up();
        return made;
    }

    /** Runs the suite against {@code url}. Returns what came of each check, by its scenario and its names. */
    private Map<String, String> passed(String version, String name, String url) throws Exception {
        Path results = root.resolve(name);
        Programs.run(
                new ProcessBuilder(
                                McpServers.newerNode().toString(),
                                program().toString(),
                                "server",
                                "--url",
                                url,
                                "--requirements",
                                version,
                                "--output-dir",
                                results.toString())
                        .directory(root.toFile()),
                "");
        Map<String, String> checks = new TreeMap<>();
        try (Stream<Path> scenarios = Files.list(results)) {
            for (Path scenario : scenarios.toList()) {
                Matcher named = RESULTS.matcher(scenario.getFileName().toString());
                assertThat(named.matches()).as(scenario.toString()).isTrue();
                note(named.group(1), Files.readString(scenario.resolve("checks.json")), checks);
            }
        }
        return checks;
    }

    /** Notes the worst outcome of each check of {@code scenario}. */
    private static void note(String scenario, String said, Map<String, String> checks) {
        List<String> order = List.of("SKIPPED", "INFO", "SUCCESS", "WARNING", "FAILURE");
        // They have numbers that the strict reader does not take, so that only these texts are looked for.
        Matcher check = Pattern.compile("^    \"(id|name|status)\": \"([^\"]*)\"", Pattern.MULTILINE)
                .matcher(said);
        String id = "";
        String name = "";
        while (check.find()) {
            switch (check.group(1)) {
                case "id" -> id = check.group(2);
                case "name" -> name = check.group(2);
                default ->
                    checks.merge(
                            scenario + " " + id + " " + name,
                            check.group(2),
                            (one, other) -> order.indexOf(one) > order.indexOf(other) ? one : other);
            }
        }
    }
}
