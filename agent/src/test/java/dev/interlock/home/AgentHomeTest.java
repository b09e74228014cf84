package dev.interlock.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.adopt.CredentialRedaction;
import dev.interlock.agents.CodingAgent;
import dev.interlock.shapes.CredentialKinds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgentHomeTest {

    private static final String TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a";

    @TempDir
    private Path directory;

    private Path person;
    private AgentHome home;

    @BeforeEach
    void make() throws IOException {
        person = Files.createDirectories(directory.resolve("ann"));
        home = AgentHome.in(
                directory.resolve("agents"), CodingAgent.of("claude").orElseThrow());
    }

    private void write(String file, String text) throws IOException {
        Path path = person.resolve(file);
        Files.createDirectories(path.resolveSibling(""));
        Files.writeString(path, text);
    }

    /** Starts the agent outside of a sandbox, in its home, and returns what it printed. */
    private String start(String script) throws Exception {
        return start(false, script);
    }

    private String start(boolean subscription, String script) throws Exception {
        CredentialRedaction redaction = new CredentialRedaction(CredentialKinds.known());
        try (AgentSettings settings =
                AgentSettings.copyOf(CodingAgent.of("claude").orElseThrow(), person, directory, redaction::redact)) {
            List<String> command =
                    settings.command(new AgentExecutable(Path.of("/bin/sh")), subscription, List.of("-c", script));
            ProcessBuilder builder =
                    new ProcessBuilder(command).directory(person.toFile()).redirectErrorStream(true);
            builder.environment().put("HOME", home.home().toString());
            builder.environment().put("INTERLOCK_LEASE", "ilk_lease");
            Process process = builder.start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(said).isZero();
            return said;
        }
    }

    @Test
    @Tag("process")
    void settingsComeWithoutCredentials() throws Exception {
        home.make(person, (content, _) -> content);
        write(".claude.json", "{\"env\":{\"GITHUB_TOKEN\":\"" + TOKEN + "\"}}");
        write(".claude/commands/ship.md", "Ship it.");
        write(".claude/.credentials.json", "{\"accessToken\":\"sk-ant-oat01-" + "a".repeat(90) + "\"}");
        write(".claude/hooks/check.sh", "#!/bin/sh\n");
        Files.setPosixFilePermissions(
                person.resolve(".claude/hooks/check.sh"), PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(start(
                        "cat ~/.claude.json ~/.claude/commands/ship.md; ls -A ~/.claude; test -x ~/.claude/hooks/check.sh"
                                + " && echo; echo $ANTHROPIC_AUTH_TOKEN; pwd"))
                .contains("{\"env\":{\"GITHUB_TOKEN\":\"" + "x".repeat(TOKEN.length()) + "\"}}Ship it.")
                .doesNotContain(".credentials.json")
                .endsWith("ilk_lease\n" + person.toRealPath() + "\n");
    }

    /** Claude Code would take each of these before the lease. */
    @Test
    @Tag("process")
    void settingsComeWithoutLogins() throws Exception {
        home.make(person, (content, _) -> content);
        write(".claude/settings.json", """
                {"apiKeyHelper": "cat ~/key", "forceLoginMethod": "console", "model": "opus", "env": {
                "ANTHROPIC_API_KEY": "short", "ANTHROPIC_AUTH_TOKEN": "short", "CLAUDE_CODE_OAUTH_TOKEN": "short",
                "ANTHROPIC_BASE_URL": "https://proxy.example.com", "ANTHROPIC_CUSTOM_HEADERS": "x-api-key: short",
                "CLAUDE_CODE_USE_BEDROCK": "1", "ANTHROPIC_OF_TOMORROW": "short", "EDITOR": "vi",
                "ANTHROPIC_MODEL": "opus", "ANTHROPIC_DEFAULT_OPUS_MODEL": "opus-9", "CLAUDE_CODE_MAX_OUTPUT_TOKENS": "9"
                }}""");
        write(".claude/settings.local.json", "{\"apiKeyHelper\":\"cat ~/key\"}");
        write(".claude.json", "{\"primaryApiKey\":\"short\",\"cost\":0.25,\"theme\":\"dark\"}");
        write(".claude/skills/a/settings.json", "{\"apiKeyHelper\":\"of another program\"}");
        assertThat(start("cd ~; cat .claude/settings.json .claude/settings.local.json .claude.json .claude/skills/a/*"))
                .isEqualTo("{\"model\":\"opus\",\"env\":{\"EDITOR\":\"vi\",\"ANTHROPIC_MODEL\":\"opus\","
                        + "\"ANTHROPIC_DEFAULT_OPUS_MODEL\":\"opus-9\",\"CLAUDE_CODE_MAX_OUTPUT_TOKENS\":\"9\"}}"
                        + "{}{\"cost\":0.25,\"theme\":\"dark\"}{\"apiKeyHelper\":\"of another program\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{ \"theme\" : 1.50 }\n", "{\"apiKeyHelper\": 1, // a comment\n}", "[1]", "", "\"env\""})
    @Tag("process")
    void otherSettingsComeToTheByte(String text) throws Exception {
        home.make(person, (content, _) -> content);
        write(".claude/settings.json", text);
        assertThat(start("cat ~/.claude/settings.json")).isEqualTo(text);
    }

    @Test
    @Tag("process")
    void leaseTakesThePlaceOfTheLoginInTheFormOfTheGatewaysCredential() throws Exception {
        home.make(person, (content, _) -> content);
        String script = "echo $ANTHROPIC_AUTH_TOKEN:$CLAUDE_CODE_OAUTH_TOKEN";
        assertThat(start(false, script)).isEqualTo("ilk_lease:\n");
        assertThat(start(true, script)).isEqualTo(":ilk_lease\n");
    }

    @Test
    @Tag("process")
    void agentsOwnChangesStayUntilThePersonChangesTheSameFile() throws Exception {
        home.make(person, (content, _) -> content);
        write(".claude/settings.json", "one");
        write(".claude/agents/a.md", "a");
        start("echo own >~/.claude/settings.json");
        assertThat(start("cat ~/.claude/settings.json")).isEqualTo("own\n");

        write(".claude/settings.json", "two");
        Files.delete(person.resolve(".claude/agents/a.md"));
        assertThat(start("cat ~/.claude/settings.json; ls ~/.claude/agents")).isEqualTo("two");
        assertThat(person.resolve(".claude/settings.json")).hasContent("two");
    }

    @Test
    @Tag("process")
    void linkOfTheAgentLeadsNothingOfOursElsewhere() throws Exception {
        home.make(person, (content, _) -> content);
        Path precious = Files.createDirectories(directory.resolve("precious"));
        start("rm -rf ~/.claude; ln -s " + precious + " ~/.claude");
        write(".claude/settings.json", "one");
        CredentialRedaction redaction = new CredentialRedaction(CredentialKinds.known());
        try (AgentSettings settings =
                AgentSettings.copyOf(CodingAgent.of("claude").orElseThrow(), person, directory, redaction::redact)) {
            settings.command(new AgentExecutable(Path.of("/bin/true")), false, List.of());
            home.make(person, (content, _) -> content);
        }
        assertThat(precious)
                .as("only the start writes there, and it runs inside")
                .isEmptyDirectory();
    }

    @Test
    void personSeesTheAgentsCommandAndNotTheScriptThatPreparesItsHome() throws Exception {
        CredentialRedaction redaction = new CredentialRedaction(CredentialKinds.known());
        try (AgentSettings settings =
                AgentSettings.copyOf(CodingAgent.of("claude").orElseThrow(), person, directory, redaction::redact)) {
            List<String> command =
                    settings.command(new AgentExecutable(Path.of("/opt/bin/claude")), false, List.of("-p", "work"));
            assertThat(AgentSettings.shown(command))
                    .startsWith("claude")
                    .endsWith("-p", "work")
                    .hasSize(command.size() - 2);
        }
        for (List<String> other :
                List.of(List.of("/bin/sh", "./start", "now"), List.of("/bin/sh", "-c", "true"), List.of("true"))) {
            assertThat(AgentSettings.shown(other)).isEqualTo(other);
        }
    }

    /** The link may lead into a workspace, where an agent can put further ones. */
    @Test
    @Tag("process")
    void linkedSettingsAreLeftOut() throws Exception {
        home.make(person, (content, _) -> content);
        Path elsewhere = Files.createDirectories(directory.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("private.md"), "private");
        Files.createDirectories(person.resolve(".claude/commands"));
        Files.createSymbolicLink(person.resolve(".claude/skills"), elsewhere);
        Files.createSymbolicLink(person.resolve(".claude/CLAUDE.md"), elsewhere.resolve("private.md"));
        Files.createSymbolicLink(person.resolve(".claude/commands/more"), elsewhere);
        Files.createSymbolicLink(person.resolve(".claude/commands/one.md"), elsewhere.resolve("private.md"));
        assertThat(start("cat $(find -L ~/.claude -type f 2>/dev/null) /dev/null; find ~ | cat"))
                .doesNotContain("private");
    }

    @Test
    void earlierConversationsComeWithoutCredentials() throws Exception {
        write(".claude/projects/-srv-shop/one.jsonl", "{\"said\":\"GITHUB_TOKEN=" + TOKEN + "\"}");
        home.make(person, new CredentialRedaction(CredentialKinds.known())::redact);
        assertThat(home.home().resolve(".claude/projects/-srv-shop/one.jsonl"))
                .content()
                .contains("said")
                .doesNotContain(TOKEN);
    }

    @Test
    void homeThatCouldNotBeMadeIsMadeTheNextTime() throws Exception {
        write(".claude/projects/-srv-shop/one.jsonl", "{}");
        assertThatThrownBy(() -> home.make(person, (_, _) -> {
                    throw new IOException("the disk is full");
                }))
                .hasMessage("the disk is full");
        assertThat(home.exists()).isFalse();
        home.make(person, (content, _) -> content);
        assertThat(home.home().resolve(".claude/projects/-srv-shop/one.jsonl")).hasContent("{}");
    }

    @Test
    void earlierConversationsAreThere() throws Exception {
        write(".claude/projects/-srv-shop/one.jsonl", "{}");
        home.make(person, (content, _) -> content);
        assertThat(home.home().resolve(".claude/projects/-srv-shop/one.jsonl")).hasContent("{}");

        write(".claude/projects/-srv-shop/two.jsonl", "{}");
        home.make(person, (content, _) -> content);
        assertThat(home.home().resolve(".claude/projects/-srv-shop/two.jsonl"))
                .as("one that exists stays as it is")
                .doesNotExist();
    }

    @Test
    void everythingIsClosedToOthers() throws Exception {
        write(".claude/projects/-srv-shop/one.jsonl", "{}");
        home.make(person, (content, _) -> content);
        for (Path path : List.of(home.home(), home.directory())) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void programOfNpmNeedsItsPackagesAndNode() throws Exception {
        Path prefix = Files.createDirectories(directory.toRealPath().resolve("node/v22"));
        Path script = prefix.resolve("lib/node_modules/@anthropic-ai/claude-code/cli.js");
        Files.createDirectories(script.getParent());
        Files.writeString(script, "");
        Path link = Files.createDirectories(prefix.resolve("bin")).resolve("claude");
        Files.createSymbolicLink(link, script);
        assertThat(new AgentExecutable(link).readable())
                .containsExactlyInAnyOrder(link.getParent(), prefix.resolve("lib/node_modules"));

        Path own = Files.createDirectories(directory.toRealPath().resolve("share/claude/versions"))
                .resolve("2.1.197");
        Files.writeString(own, "");
        Path command = Files.createDirectories(directory.toRealPath().resolve("local/bin"))
                .resolve("claude");
        Files.createSymbolicLink(command, own);
        assertThat(new AgentExecutable(command).readable())
                .containsExactlyInAnyOrder(command.getParent(), own.getParent());
        assertThat(new AgentExecutable(Path.of("/usr/bin/env")).readable()).isEmpty();
    }
}
