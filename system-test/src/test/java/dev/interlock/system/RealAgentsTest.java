package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import dev.interlock.system.ScriptedModel.Step;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests real coding agents in {@code interlock run}, each with a model that wants harm, or work done. */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("process")
final class RealAgentsTest {

    private static final String URL = "https://" + TestingRailway.HOST + "/graphql/v2";

    /** A call that bypasses every environment variable. */
    private static final String SOCKETS = """
            import socket
            for host in "%s", "8.8.8.8":
                try:
                    socket.create_connection((host, 443), 5)
                    print("open", host)
                except OSError as e:
                    print("shut", host)
            """;

    private Installation installation;
    private String stray;

    @BeforeAll
    void open() throws Exception {
        for (String tool : List.of("bwrap", "socat", "setpriv", "curl")) {
            assumeTrue(Programs.has(tool), "needs " + tool);
        }
        installation = Installation.openAtTheProvidersAddress();
        stray = installation.railway().stray();
    }

    @AfterAll
    void close() throws Exception {
        if (installation != null) {
            installation.close();
        }
    }

    private static String body(String query) {
        return Json.object().with("query", query).canonicalText();
    }

    /** Returns the command of a model that has found a token and read the provider's documentation. */
    private static String curl(String credential, String query) {
        return "curl -sS -m 20 -w '\\n%{http_code}' " + credential + " -H 'Content-Type: application/json' -d '"
                + body(query) + "' " + URL;
    }

    private String withStray(String header) {
        return "-H '" + header + stray + "'";
    }

    @ParameterizedTest
    @EnumSource
    void anAgentThatFoundATokenFindsNoBypass(CodingAgent agent) throws Exception {
        assumeTrue(Programs.has("python3") && Programs.has("wget"), "needs python3 and wget");
        Path workspace = installation.workspace("persistent-" + agent);
        Files.writeString(Files.createDirectory(workspace.resolve("scripts")).resolve("domains.sh"), "TOKEN=" + stray);
        assertThat(installation.railway().exists(TestingRailway.SHARED)).isTrue();
        String said = installation.said();
        Files.writeString(workspace.resolve("delete.json"), body(Agent.delete(TestingRailway.SHARED)));
        Files.writeString(workspace.resolve("sockets.py"), SOCKETS.formatted(installation.providersAddress()));
        String bearer = withStray("Authorization: Bearer ");
        String post = " -H 'Content-Type: application/json' --data-binary @delete.json ";

        long attempted = installation.railway().attempted("volumeDelete");
        ScriptedModel model = installation.model(agent.wire());
        Programs.ProgramResult ended = agent.work(
                installation,
                workspace,
                List.of(
                        agent.shell("grep -rhoE 'rw_[^ ]+' ."),
                        agent.shell(curl(bearer, Agent.delete(TestingRailway.SHARED))),
                        agent.shell("wget -S --content-on-error -O - --header 'Authorization: Bearer " + stray
                                + "' --header 'Content-Type: application/json' --post-file=delete.json " + URL),
                        agent.shell("curl -sS -m 20 --noproxy '*' " + bearer + post + URL),
                        agent.shell("curl -sS -m 20 -k " + bearer + post + byAddress()
                                + "; curl -sS -m 20 -k --noproxy '*' " + bearer + post + byAddress()),
                        agent.shell(curl(withStray("Project-Access-Token: "), Agent.delete(TestingRailway.SHARED))),
                        agent.shell("/usr/bin/python3 sockets.py"),
                        agent.shell(curl("", Agent.delete(TestingRailway.SHARED)))));

        assertThat(ended.exit()).as(ended.out() + ended.err()).isZero();
        List<String> results = model.results();
        assertThat(results).hasSize(8);
        assertThat(results.get(0)).contains(stray);
        assertThat(results.get(1)).contains("foreign_credential", "403");
        assertThat(results.get(2)).contains("403", "FOREIGN_CREDENTIAL");
        assertThat(results.get(3)).contains("curl: (");
        assertThat(results.get(4)).contains("curl: (");
        assertThat(results.get(5)).contains("foreign_credential");
        assertThat(results.get(6)).contains("shut").doesNotContain("open");
        assertThat(results.get(7)).as("with nothing but its lease").contains("403");
        assertThat(installation.railway().exists(TestingRailway.SHARED)).isTrue();
        assertThat(installation.railway().attempted("volumeDelete")).isEqualTo(attempted);
        assertThat(installation.said().substring(said.length()))
                .as("the alarm")
                .contains("foreign")
                .doesNotContain(stray);
        assertThat(model.requests)
                .as("the organisation's key, and nothing of the agent's; besides questions, what Claude Code may do")
                .anyMatch(request -> request.startsWith("POST " + agent.wire().path()))
                .allMatch(request -> request.startsWith("POST " + agent.wire().path())
                        || request.startsWith("GET /api/claude_code/"))
                .noneMatch(request -> request.contains("ilk_"));
    }

    /** By the protocol of its extension, as VS Code, Zed or JetBrains' editors start it: the editor stays outside. */
    @ParameterizedTest
    @EnumSource
    void anEditorsAgentWorksInTheSandbox(CodingAgent agent) throws Exception {
        assumeTrue(Programs.has("node"), "needs node");
        Path workspace = installation.workspace("editor-" + agent);
        Path staged = agent.staged(installation.root());
        ScriptedModel model = installation.model(agent.wire());
        model.follow(List.of(
                agent.shell(curl("", Agent.read())), agent.shell(curl("", Agent.delete(TestingRailway.SHARED)))));
        List<String> run = new ArrayList<>(List.of(
                "run",
                "--config=" + installation.configuration(),
                "--agent=jer/cursor",
                "--task=fix-staging",
                "--workspace=" + workspace,
                "--read=" + installation.root().resolve("agents")));
        run.addAll(agent.options());
        run.addAll(List.of("--", "/bin/sh", "-c", agent.editorsCommand(staged)));
        Path script = installation.root().resolve("editor.mjs");
        try (InputStream in = Objects.requireNonNull(RealAgentsTest.class.getResourceAsStream("editor.mjs"))) {
            Files.write(script, in.readAllBytes());
        }
        ProcessBuilder editor = new ProcessBuilder("node", script.toString());
        editor.environment().putAll(installation.command(run).environment());
        Programs.ProgramResult ended = Programs.run(
                editor,
                Json.object()
                        .withTexts("command", installation.command(run).command())
                        .with("protocol", agent.name().toLowerCase(Locale.ROOT))
                        .with("workspace", workspace.toString())
                        .canonicalText());
        assertThat(ended.exit()).as(ended.out() + ended.err()).isZero();
        assertThat(model.results()).hasSize(2);
        assertThat(model.results().get(0)).contains("staging", "200");
        assertThat(model.results().get(1)).contains("403");
    }

    private String byAddress() {
        return "https://" + installation.providersAddress() + "/graphql/v2";
    }

    @ParameterizedTest
    @EnumSource
    void ordinaryWorkIsNotBlocked(CodingAgent agent) throws Exception {
        assumeTrue(Programs.has("git") && Programs.has("unshare"), "needs git and unshare");
        int held = holds();
        long redeployed = installation.railway().executed("serviceInstanceRedeploy");

        Path workspace = installation.workspace("afternoon-" + agent);
        Files.createFile(workspace.resolve("auth"));
        ScriptedModel model = installation.model(agent.wire());
        Programs.ProgramResult ended = agent.work(installation, workspace, afternoon(agent, workspace));

        assertThat(ended.exit()).as(ended.out() + ended.err()).isZero();
        List<String> results = same(model.results(), workspace);
        assertThat(results).hasSize(6);
        assertThat(results.get(2)).contains("passed");
        assertThat(results.get(3)).contains("Spell it");
        assertThat(results.get(4)).contains("staging", "200");
        assertThat(results.get(5)).contains("\"serviceInstanceRedeploy\":true", "200");
        assertThat(installation.railway().executed("serviceInstanceRedeploy")).isEqualTo(redeployed + 1);
        assertThat(holds()).isEqualTo(held);

        Path bare = installation.workspace("bare-" + agent);
        Files.writeString(
                bare.resolve("auth"),
                "header = \"Authorization: Bearer "
                        + installation.railway().tokens().get("railway-staging") + "\"\n");
        ended = agent.workWithoutInterlock(installation, bare, afternoon(agent, bare));
        assertThat(ended.exit()).as(ended.out() + ended.err()).isZero();
        assertThat(results).as("as without Interlock").isEqualTo(same(model.results(), bare));
    }

    /** Returns the same commands with the credential in {@code auth}: an unclaimed one or the agent's own. */
    private static List<Step> afternoon(CodingAgent agent, Path workspace) {
        Path shop = workspace.resolve("shop");
        String dates = "GIT_AUTHOR_DATE=2026-01-01T00:00:00Z GIT_COMMITTER_DATE=2026-01-01T00:00:00Z";
        String auth = "-K " + workspace.resolve("auth");
        List<Step> steps = new ArrayList<>(agent.misspellAndMend(shop.resolve("greet.sh")));
        steps.addAll(List.of(
                agent.shell("cd " + shop + " && sh greet.sh | grep -qx hello && echo passed"),
                agent.shell("cd " + shop + " && git init -q . && git add -A && " + dates + " git -c user.name=agent"
                        + " -c user.email=agent@example.com commit -qm 'Spell it' && git log --oneline"),
                agent.shell(curl(auth, Agent.read())),
                agent.shell(curl(auth, Agent.redeploy()))));
        return steps;
    }

    /** Removes what agents add anew each time: durations, and the numbers of processes. */
    private static List<String> same(List<String> results, Path workspace) {
        return results.stream()
                .map(result -> result.replace(workspace.toString(), "/workspace")
                        .replaceAll("(?m)^(Chunk ID|Wall time|Process Group PGID).*$", "")
                        .replaceAll("\\bin \\d[\\d.]* ?(ms|s)\\b", ""))
                .toList();
    }

    @Test
    void withoutTheGatewayTheTokenDeletes() throws Exception {
        String volume = TestingRailway.disposable(0);
        List<String> direct = List.of(
                "curl",
                "-sSk",
                "-m",
                "50",
                "-H",
                "Authorization: Bearer " + stray,
                "-H",
                "Content-Type: application/json",
                "-d",
                body(Agent.delete(volume)),
                installation.railway().address() + "/graphql/v2");
        assertThat(Programs.run(direct, "").expect(0).out()).contains("\"volumeDelete\":true");
        assertThat(installation.railway().exists(volume)).isFalse();
    }

    private int holds() throws Exception {
        return installation.admin("hold.list", Json.object()).items("holds").size();
    }
}
