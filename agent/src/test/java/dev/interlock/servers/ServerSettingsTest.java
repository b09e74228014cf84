package dev.interlock.servers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests that sealed servers take the place of a person's own, in the settings of each agent, and nothing else changes.
 */
final class ServerSettingsTest {

    private static final Path SHOP = Path.of("/home/ann/shop");

    private static final List<McpServer> SEALED = List.of(
            new McpServer("tickets", "http://127.0.0.1:7411/tickets/mcp", "https://mcp.example.com/mcp"),
            new McpServer("notes", "http://127.0.0.1:7411/notes/v1", "https://notes.example.com/v1"));

    private static String add(ServerSettings agent, String settings) {
        return agent.add(settings, SEALED, SHOP).orElseThrow();
    }

    private static List<String> own(ServerSettings agent, String settings) {
        return agent.own(settings, SEALED, Optional.of(SHOP)).stream()
                .map(OwnServer::name)
                .toList();
    }

    private static JsonNode json(String text) throws Exception {
        return new ObjectMapper().readTree(text);
    }

    @ParameterizedTest
    @EnumSource
    void anEmptyHomeGetsTheServersAndNoLease(ServerSettings agent) {
        assertThat(add(agent, ""))
                .contains("tickets", "http://127.0.0.1:7411/tickets/mcp", "http://127.0.0.1:7411/notes/v1")
                .contains("INTERLOCK_LEASE")
                .doesNotContain("example.com");
        assertThat(own(agent, add(agent, ""))).isEmpty();
        assertThat(add(agent, add(agent, ""))).isEqualTo(add(agent, ""));
    }

    @ParameterizedTest
    @EnumSource
    void withoutServersNothingChanges(ServerSettings agent) {
        assertThat(agent.add("not {even = parsed", List.of(), SHOP)).hasValue("not {even = parsed");
    }

    @Test
    void claudesServersOfTheWorkspaceYieldToo() throws Exception {
        String settings = """
                {"theme": "dark", "cost": 0.25,
                 "mcpServers": {"tickets": {"command": "mine"}, "files": {"command": "npx", "args": ["-y", "f"]}},
                 "projects": {
                   "/home/ann/shop": {"allowedTools": ["x"], "mcpServers": {"mine": {"url": "https://mcp.example.com/mcp/"},
                                                                         "rest": {"url": "https://rest.example.com"}}},
                   "/home/ann/other": {"mcpServers": {"notes": {"url": "https://mine.example.com"}}}}}""";
        JsonNode added = json(add(ServerSettings.CLAUDE_CODE, settings));
        JsonNode sealed = json("""
                {"type": "http", "url": "http://127.0.0.1:7411/tickets/mcp",
                 "headers": {"Authorization": "Bearer ${INTERLOCK_LEASE}"}}""");
        assertThat(added.at("/mcpServers/tickets")).isEqualTo(sealed);
        assertThat(added.at("/mcpServers/files").path("command").asText()).isEqualTo("npx");
        JsonNode shop = added.path("projects").path("/home/ann/shop");
        assertThat(shop.at("/mcpServers/tickets")).isEqualTo(sealed);
        assertThat(shop.at("/mcpServers").has("mine")).isFalse();
        assertThat(shop.at("/allowedTools/0").asText()).isEqualTo("x");
        assertThat(added.path("projects").path("/home/ann/other").path("mcpServers"))
                .isEmpty();
        assertThat(added.path("cost").asText()).isEqualTo("0.25");
        assertThat(own(ServerSettings.CLAUDE_CODE, settings)).containsExactly("files", "rest");
        assertThat(ServerSettings.CLAUDE_CODE.own(settings, SEALED, Optional.empty()))
                .containsExactly(new OwnServer("files", List.of("npx", "-y", "f"), Optional.empty()));
    }

    @Test
    void codexsOtherTablesStayToTheCharacter() {
        String before = "# mine\r\nmodel = 'x'\nnotify = [\n  \"[mcp_servers.tickets]\", # ]\n]\n\"odd key\" = 1\n";
        String files = "[mcp_servers.files]\ncommand = \"npx\"\nargs = [\"-y\", 'f']\nenv = { A = \"b\" }\n";
        String rest = "[profiles.x]\ntext = \"\"\"\n[mcp_servers.notes]\n\\\"\"\"\"\"\n";
        String settings = before
                + "[mcp_servers.tickets] # mine\ncommand = \"mine\"\n[mcp_servers.tickets.env]\nA = \"b\"\n"
                + files
                + "[mcp_servers . \"other\"]\nurl = \"https://mcp.example.com/mcp\"\n"
                + rest;
        assertThat(add(ServerSettings.CODEX, settings))
                .isEqualTo(before + files + rest + ServerSettings.CODEX.tables(SEALED, "INTERLOCK_LEASE"));
        assertThat(ServerSettings.CODEX.own(settings, SEALED, Optional.empty()))
                .containsExactly(new OwnServer("files", List.of("npx", "-y", "f"), Optional.empty()));
    }

    @Test
    void sameNamesAreFound() {
        String settings =
                "[mcp_servers.tickets]\ncommand = \"x\"\n[mcp_servers.m]\nurl = \"https://notes.example.com/v1\"\n";
        assertThat(ServerSettings.CODEX.sameNames(settings, SEALED)).containsExactly("tickets");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mcp_servers.tickets.command = \"mine\"",
                "mcp_servers . 'tickets' = { command = \"mine\", env = { A = \"}\" } }",
                "[mcp_servers]\ntickets = { command = \"mine\" }",
                "[mcp_servers]\ntickets.command = \"mine\"\ntickets.args = [\n\"a\",\n]",
                "mcp_servers = { tickets = { command = \"mine\" } }",
                "[mcp_servers.\"ticket\\u0073\"]\ncommand = \"mine\"",
                "[mcp_servers.\"\\U00000074ickets\"]\ncommand = \"mine\"",
                "[mcp_servers.mine]\nurl = \"https://mcp.example.com/mcp\"",
                "[mcp_servers]\nmine = { url = 'https://mcp.example.com/mcp/' }"
            })
    void noFormOfTomlHidesAServer(String settings) {
        assertThat(add(ServerSettings.CODEX, settings))
                .doesNotContain("mine")
                .endsWith(ServerSettings.CODEX.tables(SEALED, "INTERLOCK_LEASE"));
    }

    @Test
    void geminisCommentsAreRead() throws Exception {
        String settings = "{ // mine\n \"mcpServers\": {\"tickets\": {\"command\": \"mine\"},"
                + " \"m\": {\"httpUrl\": \"https://notes.example.com/v1\"}, \"f\": {\"url\": \"https://f.example.com\"},},}";
        JsonNode added = json(add(ServerSettings.GEMINI, settings));
        assertThat(added.at("/mcpServers/tickets/httpUrl").asText()).isEqualTo("http://127.0.0.1:7411/tickets/mcp");
        assertThat(added.at("/mcpServers/tickets").has("command")).isFalse();
        assertThat(added.at("/mcpServers").has("m")).isFalse();
        assertThat(own(ServerSettings.GEMINI, settings)).containsExactly("f");
    }

    @Test
    void whatCannotBeParsedIsLeftAlone() {
        for (String text :
                List.of("[a", "a", "a = [", "a = ]", "= 1", "a = \"", "\"\\uZZZZ\" = 1", "[a] b", "a = '''")) {
            assertThat(ServerSettings.CODEX.add(text, SEALED, SHOP)).as(text).isEmpty();
            assertThat(own(ServerSettings.CODEX, text)).isEmpty();
        }
        for (String text : List.of("[]", "{", "\"x\"")) {
            assertThat(ServerSettings.CLAUDE_CODE.add(text, SEALED, SHOP))
                    .as(text)
                    .isEmpty();
            assertThat(own(ServerSettings.GEMINI, text)).isEmpty();
        }
    }
}
