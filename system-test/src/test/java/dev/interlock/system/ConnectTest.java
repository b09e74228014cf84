package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests real coding agents outside of {@code interlock run}, after {@code interlock connect}. */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("process")
final class ConnectTest {

    /** Calls the gateway that the agent's settings name, with the lease that the agent was started with. */
    private static final String CURL = "curl -sS -m 20 -w '\\n%{http_code}' -H 'Content-Type: application/json'"
            + " -H \"Authorization: Bearer ${INTERLOCK_LEASE:-none}\" --data-binary @QUERY"
            + " \"$INTERLOCK_GATEWAY/railway/graphql/v2\"";

    private Installation installation;

    @BeforeAll
    void open() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
        for (String tool : List.of("setpriv", "curl")) {
            assumeTrue(Programs.has(tool), "needs " + tool);
        }
        installation = Installation.openAtTheProvidersAddress();
    }

    @AfterAll
    void close() throws Exception {
        if (installation != null) {
            installation.close();
        }
    }

    private Path home(String name) throws Exception {
        Path home = Files.createDirectory(installation.root().resolve(name));
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
        return home;
    }

    private Programs.ProgramResult connect(CodingAgent agent, Path home, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("connect", agent.word(), "--home=" + home));
        arguments.addAll(List.of(more));
        return installation.interlock(arguments, "");
    }

    @ParameterizedTest
    @EnumSource
    void aConnectedAgentsCallsAreRefusedByTheGateway(CodingAgent agent) throws Exception {
        Path home = home("home-" + agent);
        assertThat(connect(agent, home, "--check").exit()).isEqualTo(1);
        assertThat(connect(agent, home).exit()).as("nobody said yes").isEqualTo(1);
        try (Stream<Path> files = Files.walk(home)) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
        connect(agent, home, "--yes").expect(0);
        connect(agent, home, "--check").expect(0);

        Path workspace = installation.workspace("connected-" + agent);
        Files.writeString(workspace.resolve("read.json"), "{\"query\":\"" + escaped(Agent.read()) + "\"}");
        Files.writeString(
                workspace.resolve("delete.json"),
                "{\"query\":\"" + escaped(Agent.delete(TestingRailway.SHARED)) + "\"}");
        ScriptedModel model = installation.model(agent.wire());
        Programs.ProgramResult ended = agent.workConnected(
                installation,
                home,
                workspace,
                Optional.of(installation.lease()),
                List.of(
                        agent.shell(CURL.replace("QUERY", "read.json")),
                        agent.shell(CURL.replace("QUERY", "delete.json"))));

        assertThat(ended.exit()).as(ended.out() + ended.err()).isZero();
        assertThat(model.results()).hasSize(2);
        assertThat(model.results().getFirst()).contains("staging", "200");
        assertThat(model.results().getLast()).contains("403", "denied");
        assertThat(installation.railway().exists(TestingRailway.SHARED)).isTrue();
        assertThat(model.requests)
                .as("the organisation's key, and nothing of the agent's")
                .isNotEmpty()
                .allMatch(request -> request.startsWith("POST " + agent.wire().path()))
                .noneMatch(request -> request.contains("ilk_"));
        assertNoLease(home);

        Programs.run(List.of("chown", "-R", "0:0", home.toString()), "").expect(0);
        Programs.ProgramResult undone = connect(agent, home, "--undo");
        // Some agents write to their settings themselves; then the command lists the lines that a person must remove.
        assertThat(undone.exit()).as(undone.out() + undone.err()).isZero();
        assertThat(connect(agent, home, "--check").exit()).isEqualTo(1);
    }

    /** A seal without an upstream for the model: reported here, because the agent could not reach its model later. */
    @Test
    void withoutAnUpstreamForItsModelNothingIsWritten() throws Exception {
        Path home = home("unanswered");
        for (String upstream : List.of("nobody", "railway")) {
            Programs.ProgramResult ended = installation.interlock(
                    List.of("connect", "claude-code", "--home=" + home, "--yes", "--upstream=" + upstream), "");
            assertThat(ended.exit()).isEqualTo(1);
            assertThat(ended.err())
                    .contains("`" + upstream + "`", "every request to its model would be refused")
                    .contains("    catalog: anthropic\n", "interlock vault put " + upstream + "-key")
                    .doesNotContain("use --yes");
            try (Stream<Path> files = Files.list(home)) {
                assertThat(files).isEmpty();
            }
        }
        Programs.ProgramResult elsewhere = installation.interlock(
                List.of(
                        "connect",
                        "claude-code",
                        "--home=" + home,
                        "--yes",
                        "--upstream=nobody",
                        "--gateway=http://127.0.0.1:1"),
                "");
        assertThat(elsewhere.exit()).as("nobody can be asked").isZero();
        assertThat(elsewhere.err())
                .contains("warning: could not check whether the gateway has " + "an upstream `nobody`");
    }

    @ParameterizedTest
    @EnumSource(names = {"CLAUDE_CODE", "CODEX"})
    void anAgentThatRequestsItsLeasesStartsWithoutOne(CodingAgent agent) throws Exception {
        Path home = home("asking-" + agent);
        Path asked = installation.workspace("asked-" + agent).resolve("asked");
        Path printer = Files.writeString(
                asked.resolveSibling("printer"),
                "#!/bin/sh\necho \"$@\" >>" + asked + "\nprintf %s '" + installation.lease() + "'\n");
        Files.setPosixFilePermissions(printer, PosixFilePermissions.fromString("rwxr-xr-x"));
        connect(agent, home, "--yes", "--agent=jer/cursor", "--task=fix-staging", "--program=" + printer)
                .expect(0);
        ScriptedModel model = installation.model(agent.wire());
        Programs.ProgramResult ended = agent.workConnected(
                installation, home, asked.getParent(), Optional.empty(), List.of(agent.shell("echo done")));

        assertThat(ended.exit()).as(ended.out() + ended.err()).isZero();
        assertThat(model.results()).hasSize(1);
        assertThat(asked)
                .content()
                .startsWith(
                        "lease issue --agent=jer/cursor --task=fix-staging --config=" + installation.configuration());
        assertNoLease(home);
    }

    private static String escaped(String query) {
        return query.replace("\"", "\\\"");
    }

    /** Checks the settings and all files that the agent has put beside them. */
    private static void assertNoLease(Path home) throws Exception {
        Programs.ProgramResult found =
                Programs.run(List.of("grep", "-rlE", "ilk_[A-Za-z0-9_-]{40}", home.toString()), "");
        assertThat(found.out()).isEmpty();
    }
}
