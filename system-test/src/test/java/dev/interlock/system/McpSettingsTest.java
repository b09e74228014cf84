package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.system.ScriptedModel.Step;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Tests a real server of MCP that {@code upstream add} has put behind the gateway, and real agents with scripted
 * models, whose settings Interlock has written.
 */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("process")
final class McpSettingsTest {

    /** An account that Debian has, and nobody uses. */
    private static final String PERSON = "games";

    /** The token of the server, which only the vault has. */
    private static final String SECRET = "the-tickets-own-0123456789";

    private static final String READ = "get-structured-content";

    private Installation installation;
    private McpServers servers;
    private Path home;
    private Path shop;

    @BeforeAll
    void open() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "only root can be another user");
        assumeTrue(McpServers.areInstalled(), "skipped: Node with npm's SDKs of MCP is not installed; `.ci/run` does");
        for (String tool : List.of("bwrap", "socat", "setpriv", "prlimit", "bash")) {
            assumeTrue(Programs.has(tool), "needs " + tool);
        }
        installation = Installation.openAtTheProvidersAddress(PERSON);
        servers = new McpServers(installation.root());
        Path token = Files.writeString(installation.root().resolve("tickets.token"), SECRET);
        Programs.run(
                        installation.command(List.of(
                                "upstream",
                                "add",
                                "mcp",
                                address(),
                                "--name=tickets",
                                "--token-from=file:" + token,
                                "--config=" + installation.configuration())),
                        "")
                .expect(0);
        Files.delete(token);
        installation.seal(UnaryOperator.identity());
        home = Files.createDirectories(installation.root().resolve("people/ann"));
        shop = Files.createDirectories(home.resolve("shop"));
        Path programs = Files.createDirectories(home.resolve(".local/bin"));
        for (CodingAgent agent : CodingAgent.values()) {
            Files.createSymbolicLink(programs.resolve(program(agent)), agent.staged(installation.root()));
        }
        Files.writeString(home.resolve(".bashrc"), "export PATH=\"$HOME/.local/bin:$PATH\"");
        writeSettings();
        Programs.install(installation.root().resolve("program"));
        Programs.run(List.of("chown", "-R", PERSON + ":", home.toString()), "").expect(0);
        Programs.run(List.of("chmod", "755", home.getParent().toString()), "").expect(0);
    }

    /** The person's own servers: one with the name of the sealed one, one at its address, and one that is a program. */
    private void writeSettings() throws Exception {
        Files.createDirectories(home.resolve(".codex"));
        Files.createDirectories(home.resolve(".gemini"));
        String own = """
                "mcpServers": {"tickets": {"type": "http", "url": "http://127.0.0.1:9/mine"},
                               "mine": {"type": "http", "url": "%s"},
                               "files": {"command": "true", "args": ["--root", "."]}}""".formatted(address());
        Files.writeString(
                home.resolve(".claude.json"),
                "{\"hasCompletedOnboarding\": true, " + own + ", \"projects\": {\"" + shop.toRealPath() + "\": {" + own
                        + "}}}");
        Files.writeString(home.resolve(".codex/config.toml"), """
                # mine
                model_verbosity = "low"

                [mcp_servers.tickets]
                command = "false"
                args = [
                    "[mcp_servers.files]", # not a table
                ]

                [mcp_servers.tickets.env]
                KEY = "x"

                [mcp_servers.mine]
                url = "%s"

                [mcp_servers.files]
                command = "true"
                args = ["--root", "."]
                """.formatted(address()));
        Files.writeString(
                home.resolve(".gemini/settings.json"), "{ // mine\n" + own.replace("\"url\"", "\"httpUrl\"") + "}");
        // A file of the workspace, which Claude Code prefers to the servers of all workspaces.
        Files.writeString(shop.resolve(".mcp.json"), "{" + own + "}");
    }

    @AfterAll
    void close() throws Exception {
        if (servers != null) {
            servers.close();
        }
        if (installation != null) {
            installation.close();
        }
    }

    private String address() {
        return servers.address(McpServers.Era.STATEFUL) + "/mcp";
    }

    private static String program(CodingAgent agent) {
        return agent.word().replace("-code", "");
    }

    /** Runs a command line as the person types it in a new terminal. */
    private Programs.ProgramResult type(String line) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                "setpriv",
                "--reuid=" + PERSON,
                "--regid=" + PERSON,
                "--clear-groups",
                "bash",
                "--rcfile",
                home.resolve(".bashrc").toString(),
                "-ic",
                line);
        Map<String, String> variables = builder.environment();
        variables.clear();
        variables.put("HOME", home.toString());
        variables.put("LANG", "C.UTF-8");
        variables.put("PATH", installation.root().resolve("program") + ":/usr/bin:/bin");
        return Programs.run(builder.directory(shop.toFile()), "");
    }

    /** A tool that reads, one about which a person is asked, and the settings themselves. */
    private static List<Step> steps(CodingAgent agent) {
        List<Step> steps = new ArrayList<>(List.of(
                agent.tool("tickets", READ, Map.of("location", "Chicago")),
                agent.tool("tickets", "toggle-simulated-logging", Map.of())));
        steps.add(agent.shell(
                "cat ~/.claude.json ~/.codex/config.toml ~/.gemini/settings.json; echo" + " lease=$INTERLOCK_LEASE"));
        return steps;
    }

    private void assertWorked(CodingAgent agent, Programs.ProgramResult worked) {
        assertThat(worked.exit()).as(worked.out() + worked.err()).isZero();
        ScriptedModel model = installation.model(agent.wire());
        assertThat(model.results()).as(worked.out() + worked.err()).hasSize(3);
        assertThat(model.results().get(0)).contains("temperature", "humidity");
        assertThat(model.results().get(1)).contains("Interlock (confirmation_required)", "interlock hold sign H-");
        String lease = model.results().get(2).replaceAll("(?s).*lease=(ilk_\\S+).*", "$1");
        assertThat(lease).startsWith("ilk_");
        assertThat(model.results().get(2))
                .contains("http://127.0.0.1:7411/tickets/mcp")
                .doesNotContain(SECRET, address());
        assertThat(model.results().get(2).split(lease, -1))
                .as("the lease is in no settings")
                .hasSize(2);
    }

    @ParameterizedTest
    @EnumSource
    void protectedAgentsHaveTheSealedServers(CodingAgent agent) throws Exception {
        String before = tree();
        Programs.ProgramResult protectedBy = type("interlock protect " + program(agent)
                        + " --task fix-staging --agent jer/cursor --config " + installation.configuration())
                .expect(0);
        assertThat(protectedBy.out()).contains("files starts inside", "upstream add mcp --name files --agent AGENT");
        installation.model(agent.wire()).follow(steps(agent));
        Programs.ProgramResult worked = type(
                switch (agent) {
                    case CLAUDE_CODE -> "claude -p 'Do your work.' --dangerously-skip-permissions";
                    case CODEX -> "codex exec --skip-git-repo-check -m scripted 'Do your work.' </dev/null";
                    case GEMINI -> "gemini -p 'Do your work.' --yolo --skip-trust -m scripted </dev/null";
                });
        assertWorked(agent, worked);
        assertThat(worked.err()).as("said once, when it was protected").doesNotContain("upstream add mcp");
        type("interlock unprotect " + program(agent)).expect(0);
        assertThat(tree()).as("the person's own files").isEqualTo(before);
    }

    /** One agent for each: their formats are those of protected agents. */
    @Test
    void anAgentInRunHasTheSealedServers() throws Exception {
        CodingAgent agent = CodingAgent.CLAUDE_CODE;
        assertWorked(agent, agent.work(installation, installation.workspace("running"), steps(agent)));
    }

    @Test
    void aConnectedAgentHasTheSealedServers() throws Exception {
        CodingAgent agent = CodingAgent.CODEX;
        Path own = Files.createDirectory(installation.root().resolve("connected"));
        installation
                .interlock(List.of("connect", agent.word(), "--home=" + own, "--yes"), "")
                .expect(0);
        Programs.ProgramResult ended = agent.workConnected(
                installation,
                own,
                installation.workspace("work"),
                Optional.of(installation.lease()),
                steps(agent).subList(0, 1));
        assertThat(ended.exit()).as(ended.out() + ended.err()).isZero();
        ScriptedModel model = installation.model(agent.wire());
        assertThat(model.results()).as(ended.out() + ended.err()).hasSize(1);
        assertThat(model.results().getFirst()).contains("temperature", "humidity");
    }

    /** A lease for nothing that the server has gets no server that would only refuse. */
    @Test
    void aLeaseThatCannotUseItHasNoServer() throws Exception {
        Programs.ProgramResult ended = installation.run(
                installation.workspace("write-only"), List.of("--impact=write"), "ls -A ~; cat ~/.claude.json");
        assertThat(ended.out()).doesNotContain("tickets");
    }

    /** The person's files with their digests, without what only protected agents use. */
    private String tree() throws Exception {
        return type("cd && find . -path ./.local/share -prune -o -path ./.local/state -prune -o -type f -print0"
                        + " | sort -z | xargs -0 sha256sum")
                .expect(0)
                .out();
    }
}
