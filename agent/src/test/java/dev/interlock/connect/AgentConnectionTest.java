package dev.interlock.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.agents.CodingAgent;
import dev.interlock.servers.McpServer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that settings are written and restored exactly. */
final class AgentConnectionTest {

    private static final String OWN = "{\n  // mine\n  \"theme\": \"dark\",\n  \"security\": {\"other\": [1, 2]}\n}\n";

    @TempDir
    Path home;

    private static CodingAgent agent(String word) {
        return AgentTargets.agent(word).orElseThrow();
    }

    private Path book() {
        return home.resolve("state/book.json");
    }

    private ConnectionRequest wish() {
        return new ConnectionRequest(
                home,
                URI.create("http://127.0.0.1:7411"),
                Optional.empty(),
                List.of(),
                List.of(new McpServer("tickets", "http://127.0.0.1:7411/tickets/mcp", "https://mcp.example.com/mcp")),
                false);
    }

    private Path gemini() throws Exception {
        Path file = Files.createDirectory(home.resolve(".gemini")).resolve("settings.json");
        Files.writeString(file, OWN);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        return file;
    }

    @ParameterizedTest
    @ValueSource(strings = {"claude-code", "codex", "gemini"})
    void whatIsWrittenStandsAndCanBeUndone(String word) throws Exception {
        CodingAgent program = agent(word);
        AgentConnection connection = AgentConnection.of(program, wish());
        assertThat(connection.isUpToDate()).isFalse();
        connection.write(book());

        assertThat(AgentConnection.of(program, wish()).isUpToDate()).isTrue();
        StringBuilder all = new StringBuilder();
        for (AgentConnection.FileChange change : connection.changes()) {
            all.append(Files.readString(change.file()));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(change.file())))
                    .isEqualTo("rw-------");
        }
        assertThat(all.toString()).contains("http://127.0.0.1:7411").doesNotContain("ilk_");

        assertThat(AgentConnection.undo(program, home, book()).left()).isEmpty();
        try (Stream<Path> left = Files.walk(home)) {
            assertThat(left.filter(Files::isRegularFile)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"claude-code", "codex", "gemini"})
    void serversOfMcpAreWrittenWithoutALease(String word) throws Exception {
        CodingAgent program = agent(word);
        AgentConnection.of(program, wish()).write(book());
        StringBuilder all = new StringBuilder();
        for (Path file : AgentTargets.files(program, home)) {
            all.append(Files.readString(file));
        }
        assertThat(all.toString())
                .contains(
                        "\"http://127.0.0.1:7411/tickets/mcp\"",
                        program.connection().variable())
                .doesNotContain("mcp.example.com");
        String file = word.equals("claude-code") ? " --mcp-config=" + home + "/.claude/interlock-mcp.json" : "";
        assertThat(new AgentTargets(program, wish()).command()).endsWith(file);
    }

    /** The person's own server with that name would get the lease, or none of the calls. */
    @Test
    void aServerOfTheSameNameIsReplacedAndRestored() throws Exception {
        Path file = gemini();
        String own = "{\"mcpServers\": {\"tickets\": {\"command\": \"mine\"}, \"files\": {\"command\": \"true\"}}}";
        Files.writeString(file, own);
        AgentConnection.of(agent("gemini"), wish()).write(book());
        assertThat(file)
                .content()
                .contains("files", "\"httpUrl\":\"http://127.0.0.1:7411/tickets/mcp\"", "Bearer ${GEMINI_API_KEY}")
                .doesNotContain("mine");
        assertThat(AgentConnection.undo(agent("gemini"), home, book()).left()).isEmpty();
        assertThat(file).hasContent(own);
    }

    /** An agent saves its settings while a person still reads the proposed change. */
    @Test
    void whatWasNotWrittenIsNoneToUndo() throws Exception {
        Path file = gemini();
        AgentConnection early = AgentConnection.of(agent("gemini"), wish());
        String saved = OWN.replace("dark", "light");
        Files.writeString(file, saved);
        assertThatThrownBy(() -> early.write(book()))
                .isInstanceOf(UnsupportedSettingsException.class)
                .hasMessageContaining("has just changed");
        assertThat(home.resolve("state")).doesNotExist();
        assertThat(home.resolve(".gemini/.env")).doesNotExist();

        AgentConnection.of(agent("gemini"), wish()).write(book());
        assertThat(file).content().isNotEqualTo(saved);
        assertThat(AgentConnection.undo(agent("gemini"), home, book()).left()).isEmpty();
        assertThat(file).hasContent(saved);
        assertThat(home.resolve(".gemini/.env")).doesNotExist();
    }

    /** The disk is full, or a new file is in the way, once the first of two is written. */
    @Test
    void ofTwoTheOneThatWasWrittenCanBeUndone() throws Exception {
        Path file = gemini();
        AgentConnection connection = AgentConnection.of(agent("gemini"), wish());
        assertThat(connection.changes()).hasSize(2);
        connection.write(book());
        // This simulates a kill before the second: the record says that both have begun.
        assertThat(book()).content().doesNotContain("begun");
        Files.writeString(book(), Files.readString(book()).replace("{\"file\"", "{\"begun\":true,\"file\""));
        Path second = connection.changes().getLast().file();
        Files.writeString(second, "MINE=1\n");
        AgentConnection.UndoResult undone = AgentConnection.undo(agent("gemini"), home, book());
        assertThat(undone.left()).isEmpty();
        assertThat(file).hasContent(OWN);
        assertThat(second).hasContent("MINE=1\n");
    }

    /** Another program wrote the file anew, and nobody can tell what became of the settings. */
    @Test
    void aFileInWhichNothingIsFoundIsLeftAndSoIsTheRecord() throws Exception {
        AgentConnection connection = AgentConnection.of(agent("gemini"), wish());
        connection.write(book());
        Path file = Files.writeString(connection.changes().getFirst().file(), "{\"mine\":1}\n");
        AgentConnection.UndoResult undone = AgentConnection.undo(agent("gemini"), home, book());
        assertThat(undone.restored()).isEmpty();
        assertThat(undone.left()).extracting(AgentConnection.FileChange::file).containsExactly(file);
        assertThat(book()).exists();
    }

    /** OpenAI has another path for subscribers. */
    @ParameterizedTest
    @CsvSource({"false, /v1", "true, /backend-api/codex"})
    void codexAsksWhereTheGatewaysCredentialIsGood(boolean subscription, String path) throws Exception {
        ConnectionRequest wish = new ConnectionRequest(
                home, URI.create("http://127.0.0.1:7411"), Optional.empty(), List.of(), List.of(), subscription);
        AgentConnection.of(agent("codex"), wish).write(book());
        assertThat(home.resolve(".codex/interlock.config.toml"))
                .content()
                .contains("\"http://127.0.0.1:7411/openai" + path + "\"");
    }

    @Test
    void everythingElseAndTheModeStay() throws Exception {
        Path file = gemini();
        AgentConnection.of(agent("gemini"), wish()).write(book());
        assertThat(file).content().contains("// mine", "\"theme\": \"dark\"", "\"other\": [1, 2]", "gemini-api-key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r-----");

        AgentConnection.undo(agent("gemini"), home, book());
        assertThat(file).hasContent(OWN);
        assertThat(Files.readString(file)).isEqualTo(OWN);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r-----");
    }

    @Test
    void severalConnectionsOfAnAgentAreUndoneTogether() throws Exception {
        Path file = gemini();
        AgentConnection.of(agent("gemini"), wish()).write(book());
        ConnectionRequest own = new ConnectionRequest(
                home,
                URI.create("http://127.0.0.1:7411"),
                Optional.empty(),
                List.of(),
                List.of(new McpServer("more", "http://127.0.0.1:7411/more/mcp", "https://mcp.example.com/more")),
                false);
        AgentConnection.of(agent("gemini"), own).write(book());
        assertThat(file).content().contains("tickets", "more");
        AgentConnection.undo(agent("gemini"), home, book());
        assertThat(Files.readString(file)).isEqualTo(OWN);
    }

    @Test
    void aFileThatHasChangedSinceIsNotTouched() throws Exception {
        Path file = gemini();
        AgentConnection.of(agent("gemini"), wish()).write(book());
        String changed = Files.readString(file).replace("dark", "light");
        Files.writeString(file, changed);

        AgentConnection.UndoResult undone = AgentConnection.undo(agent("gemini"), home, book());
        assertThat(undone.restored()).isEmpty();
        assertThat(undone.left()).hasSize(1);
        assertThat(undone.left().getFirst().differences().toString()).contains("gemini-api-key");
        assertThat(Files.readString(file)).isEqualTo(changed);
        assertThat(home.resolve(".gemini/.env")).exists();
        assertThat(book()).exists();
    }

    @Test
    void nothingIsKeptOfWhatElseStandsThere() throws Exception {
        Path file = gemini();
        Files.writeString(file, "{\"key\": \"sk-secret\"}");
        AgentConnection.of(agent("gemini"), wish()).write(book());
        assertThat(book()).content().doesNotContain("sk-secret");
    }

    @Test
    void aKeyOfTheAgentsOwnIsPointedOutAndLeft() throws Exception {
        Path file = Files.createDirectory(home.resolve(".claude")).resolve("settings.json");
        Files.writeString(file, "{\"env\": {\"ANTHROPIC_API_KEY\": \"sk-ant-own\", \"ANTHROPIC_AUTH_TOKEN\": null}}");
        AgentConnection connection = AgentConnection.of(agent("claude-code"), wish());
        assertThat(connection.changes().getFirst().rivals()).containsOnlyKeys("env › ANTHROPIC_API_KEY");
        connection.write(book());
        assertThat(file).content().contains("sk-ant-own");
    }

    @Test
    void linksOthersFilesAndOthersTextsAreLeftAlone() throws Exception {
        Path elsewhere = Files.writeString(home.resolve("elsewhere.json"), "{}");
        Files.createSymbolicLink(Files.createDirectory(home.resolve(".claude")).resolve("settings.json"), elsewhere);
        assertThatThrownBy(() -> AgentConnection.of(agent("claude-code"), wish()))
                .isInstanceOf(UnsupportedSettingsException.class)
                .hasMessageContaining("link");

        Files.createDirectory(home.resolve(".codex"));
        Files.writeString(home.resolve(".codex/interlock.config.toml"), "model = \"mine\"\n");
        assertThatThrownBy(() -> AgentConnection.of(agent("codex"), wish()))
                .isInstanceOf(UnsupportedSettingsException.class)
                .hasMessageContaining("with other content");
        assertThat(elsewhere).hasContent("{}");
    }

    @Test
    void aDirectoryOfSomebodyElsesIsNotWrittenTo() throws Exception {
        Path directory = Files.createDirectory(home.resolve(".gemini"));
        org.junit.jupiter.api.Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
        Files.setAttribute(directory, "unix:uid", 61234);
        assertThatThrownBy(() -> AgentConnection.of(agent("gemini"), wish()))
                .isInstanceOf(UnsupportedSettingsException.class)
                .hasMessageContaining("run it as that user");
    }

    @Test
    void aCommandIsQuotedForWhoeverReadsIt() throws Exception {
        ConnectionRequest wish = new ConnectionRequest(
                home,
                URI.create("http://127.0.0.1:7411"),
                Optional.of("models"),
                List.of("/opt/my \"inter'lock", "lease", "issue", "--task=a b"),
                List.of(),
                false);
        assertThat(AgentConnection.of(agent("codex"), wish).changes().getFirst().differences())
                .extracting(SettingDifference::is)
                .contains(
                        "base_url = \"http://127.0.0.1:7411/models/v1\"",
                        "command = \"/opt/my \\\"inter'lock\"",
                        "args = [\"lease\", \"issue\", \"--task=a b\"]");
        assertThat(AgentConnection.of(agent("claude-code"), wish)
                        .changes()
                        .getFirst()
                        .differences())
                .extracting(SettingDifference::is)
                .contains("'/opt/my \"inter'\\''lock' lease issue '--task=a b'");
    }

    /** A user who can write the record, but not these files, must not reach them through it. */
    @Test
    void noOtherFileThanTheProgramsOwnIsTouchedWhateverTheBookSays() throws Exception {
        AgentConnection.of(agent("claude-code"), wish()).write(book());
        String honest = Files.readString(book());
        Path settings = home.resolve(".claude/settings.json");
        String connected = Files.readString(settings);
        Path other = home.resolve(".profile");
        for (Path named : List.of(other, home.resolve(".claude/../.profile"), home.resolve(".gemini/settings.json"))) {
            Files.writeString(book(), honest.replace(settings.toString(), named.toString()));
            assertThatThrownBy(() -> AgentConnection.undo(agent("claude-code"), home, book()))
                    .isInstanceOf(UnsupportedSettingsException.class)
                    .hasMessageContaining("holds no settings of");
        }
        Files.writeString(book(), honest);
        Files.writeString(other, connected);
        Files.delete(settings);
        Files.createSymbolicLink(settings, other);
        assertThatThrownBy(() -> AgentConnection.undo(agent("claude-code"), home, book()))
                .hasMessageContaining("It is a link");
        assertThat(other).hasContent(connected);
        assertThat(home.resolve(".gemini")).doesNotExist();
    }
}
