package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.interlock.evidence.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * Tests {@code protect} as an ordinary user: real agents, started by their usual command in a shell, with scripted
 * models.
 */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("process")
final class ProtectTest {

    /** An account that Debian has, and nobody uses. */
    private static final String PERSON = "games";

    /** A token in the person's settings, as of a server that Claude Code starts. */
    private static final String TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a";

    /** What {@code claude setup-token} prints. */
    private static final String SUBSCRIPTION = "sk-ant-oat01-" + "a1B2".repeat(24);

    /** The token of the link to an editor. */
    private static final String EDITORS = "token-of-the-editor";

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String CLAUDE = "claude -p 'Do your work.' --dangerously-skip-permissions";

    /** What the person types at a terminal, and after which word on the screen. */
    private static final String STEPS = """
            [["cancel","type","\\u001b[B"],["GYes","type","\\r"],["/effort","type","Do your work."],["work.","type","\\r"],["Yes","type","\\r"],["all.","type","/exit"],["exit","type","\\r"]]""";

    private static final String CODEX_STEPS = """
            [["commands:","type","Do your work."],["work.","type","\\r"],["all.","type","/quit"],["quit","type","\\r"]]""";

    private Installation installation;
    private Path home;
    private Path shop;

    @BeforeAll
    void open() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "only root can be another user");
        for (String tool : List.of("bwrap", "socat", "setpriv", "prlimit", "bash")) {
            assumeTrue(Programs.has(tool), "needs " + tool);
        }
        installation = Installation.openAtTheProvidersAddress(PERSON);
        home = Files.createDirectories(installation.root().resolve("people/ann"));
        shop = Files.createDirectories(home.resolve("shop"));
        Path programs = Files.createDirectories(home.resolve(".local/bin"));
        for (CodingAgent agent : CodingAgent.values()) {
            String name = agent.word().replace("-code", "");
            Files.createSymbolicLink(programs.resolve(name), agent.staged(installation.root()));
        }
        Files.writeString(home.resolve(".bashrc"), "export PATH=\"$HOME/.local/bin:$PATH\"");
        Path settings = Files.createDirectories(home.resolve(".claude"));
        Files.writeString(
                home.resolve(".claude.json"),
                "{\"hasCompletedOnboarding\":true,\"theme\":\"dark\",\"mcpServers\":{\"gh\":{\"command\":\"true\","
                        + "\"env\":{\"GITHUB_TOKEN\":\"" + TOKEN + "\"}}}}");
        Files.writeString(settings.resolve("CLAUDE.md"), "Use tabs.");
        Files.writeString(settings.resolve(".credentials.json"), "{\"accessToken\":\"sk-ant-oat01-secret\"}");
        Programs.install(installation.root().resolve("program"));
        Programs.run(List.of("chown", "-R", PERSON + ":", home.toString()), "").expect(0);
        Programs.run(List.of("chmod", "755", home.getParent().toString()), "").expect(0);
    }

    @AfterAll
    void close() throws Exception {
        if (installation != null) {
            installation.close();
        }
    }

    /** Runs a command line as the person types it in a new terminal. */
    private ProcessBuilder typed(String line) {
        return typed(line, shop);
    }

    private ProcessBuilder typed(String line, Path project) {
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
        variables.put("TERM", "xterm-256color");
        variables.put("LANG", "C.UTF-8");
        variables.put("PATH", installation.root().resolve("program") + ":/usr/bin:/bin");
        return builder.directory(project.toFile());
    }

    private Programs.ProgramResult type(String line) throws Exception {
        return Programs.run(typed(line), "");
    }

    private Programs.ProgramResult protect(String agent) throws Exception {
        return type("interlock protect " + agent + " --task fix-staging --agent jer/cursor --config "
                + installation.configuration());
    }

    private void unprotectAll() throws Exception {
        type("interlock unprotect claude && interlock unprotect codex && interlock unprotect gemini")
                .expect(0);
    }

    @Test
    @Tag("promise")
    void claudeWorksConfinedByItsUsualCommand() throws Exception {
        // Its home stays otherwise, and an agent of another test may have removed the settings in it.
        unprotectAll();
        type("rm -rf ~/.local/share/interlock/agents/claude").expect(0);
        Programs.ProgramResult protectedBy = protect("claude").expect(0);
        assertThat(protectedBy.out())
                .contains(
                        "PROTECTED · claude",
                        "Claude Code",
                        ".bashrc puts",
                        "answered 200 to a call through the gateway");

        ScriptedModel model = installation.model(ModelWire.ANTHROPIC);
        model.follow(List.of(
                CodingAgent.CLAUDE_CODE.shell("id -u; pwd; cat ~/.claude/CLAUDE.md; echo done >made"),
                CodingAgent.CLAUDE_CODE.shell("cat ~/.claude.json; ls -A ~/.claude; ls " + home),
                CodingAgent.CLAUDE_CODE.shell("curl -sS -m 5 --noproxy '*' https://1.1.1.1; curl -sS -m 5 -o /dev/null"
                        + " -w '%{http_code}' -H 'Authorization: Bearer "
                        + installation.railway().stray()
                        + "' https://" + TestingRailway.HOST + "/graphql/v2")));
        Programs.ProgramResult worked = type(CLAUDE);
        assertThat(worked.exit()).as(worked.out() + worked.err()).isZero();
        assertThat(model.results()).hasSize(3);
        assertThat(model.results().get(0)).contains("\n" + shop.toRealPath() + "\n", "Use tabs.");
        assertThat(model.results().get(1))
                .contains("GITHUB_TOKEN")
                .doesNotContain(TOKEN, ".credentials.json", ".local");
        assertThat(model.results().get(2)).contains("curl: (", "403");
        assertThat(Files.getAttribute(shop.resolve("made"), "unix:uid"))
                .as("the person's own file")
                .isEqualTo(Files.getAttribute(home, "unix:uid"));
        assertThat(model.requests).isNotEmpty().noneMatch(request -> request.contains("ilk_"));

        Programs.ProgramResult again = type(CLAUDE + " --continue");
        assertThat(again.exit()).as(again.out() + again.err()).isZero();
        assertThat(model.results().getFirst()).as("the conversation goes on").contains("Use tabs.");

        String config = " --config " + installation.configuration();
        assertThat(type("interlock session list" + config).expect(0).out())
                .contains(" claude -p Do your work.")
                .doesNotContain("interlock-settings");
        assertThat(type("interlock session show" + config).out())
                .contains(" claude -p Do your work.")
                .doesNotContain("interlock-settings");
    }

    /** Has the gateway ask Claude with a subscription, until this is closed. */
    private final class Subscription implements AutoCloseable {

        private static final String KEY = "header: x-api-key";
        private static final String TOKEN = "header: authorization, scheme: Bearer, impacts: [read]";

        private final ScriptedModel model = installation.model(ModelWire.ANTHROPIC);

        Subscription() throws Exception {
            installation.seal(text -> text.replace("impacts: [read], " + KEY, TOKEN));
            Programs.store(installation.configuration(), model.credential(), SUBSCRIPTION);
            model.accept("authorization", "Bearer " + SUBSCRIPTION);
        }

        @Override
        public void close() throws Exception {
            installation.seal(text -> text.replace(TOKEN, "impacts: [read], " + KEY));
            Programs.store(installation.configuration(), model.credential(), Installation.MODEL_KEY);
            model.accept("x-api-key", Installation.MODEL_KEY);
        }
    }

    /** The person's settings name other logins, which Claude Code would take before the lease. */
    @Test
    void claudeWorksWithASubscription() throws Exception {
        Path settings = home.resolve(".claude/settings.json");
        try (Subscription subscription = new Subscription()) {
            ScriptedModel model = subscription.model;
            Files.writeString(
                    settings,
                    "{\"apiKeyHelper\":\"echo of-the-helper\",\"env\":{\"ANTHROPIC_API_KEY\":\"of-the-person\","
                            + "\"ANTHROPIC_BASE_URL\":\"https://proxy.example.com\",\"EDITOR\":\"vi\"}}");
            protect("claude").expect(0);
            String curl = "curl -sS -o /dev/null -w '%{http_code}\\n' -H 'content-type: application/json' -d ";
            String question =
                    "'{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}' ";
            model.follow(List.of(
                    CodingAgent.CLAUDE_CODE.shell("env; cat ~/.claude/settings.json; ls -A ~/.claude"),
                    CodingAgent.CLAUDE_CODE.shell(curl + question
                            + "-H \"x-api-key: $INTERLOCK_LEASE\" https://api.anthropic.com/v1/messages"),
                    CodingAgent.CLAUDE_CODE.shell(curl + "'{}' -H \"authorization: Bearer $INTERLOCK_LEASE\""
                            + " https://api.anthropic.com/api/oauth/claude_cli/create_api_key")));
            Programs.ProgramResult worked = type(CLAUDE);
            assertThat(worked.exit()).as(worked.out() + worked.err()).isZero();
            assertThat(model.results()).hasSize(3);
            assertThat(model.results().get(0))
                    .contains("INTERLOCK_LEASE=ilk_", "EDITOR=vi", "{\"env\":{\"EDITOR\":\"vi\"}}")
                    .doesNotContain("of-the-", "proxy.example.com", ".credentials.json", "sk-ant-");
            assertThat(model.results().get(1))
                    .as("the seal has the form, whatever the agent chose")
                    .contains("200");
            assertThat(model.results().get(2)).contains("403");

            List<String> asked = model.requests.stream()
                    .filter(request -> request.startsWith("POST /v1/messages?beta=true"))
                    .toList();
            assertThat(asked).isNotEmpty().allMatch(request -> request.contains("oauth-2025-04-20"));
            assertThat(model.requests)
                    .allMatch(request -> request.contains("Authorization=[Bearer " + SUBSCRIPTION + "]"))
                    .noneMatch(request -> request.contains("ilk_"))
                    .noneMatch(request -> request.toLowerCase(Locale.ROOT).contains("x-api-key"))
                    .noneMatch(request -> request.contains("create_api_key"))
                    .anyMatch(request -> request.startsWith("POST /v1/messages ["));
        } finally {
            Files.deleteIfExists(settings);
        }
        assertThat(Programs.run(List.of("grep", "-rqF", SUBSCRIPTION, shop.toString(), home.toString()), "")
                        .exit())
                .as("nothing of the agent's has the token")
                .isEqualTo(1);
    }

    /**
     * OpenAI's servers for ChatGPT's subscribers. A refresh token is good for one renewal, an access token for a
     * moment.
     */
    private final class ChatGpt implements AutoCloseable {

        private final ScriptedModel model =
                new ScriptedModel(ModelWire.OPENAI, "chatgpt.com", "/backend-api/codex/responses");
        private final HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        private final List<String> issued = new CopyOnWriteArrayList<>(List.of("rt-of-0"));
        private final String before;

        ChatGpt() throws Exception {
            model.acceptTokens(token -> token.startsWith("at-of-"));
            server.createContext("/oauth/token", this::renew);
            server.start();
            Files.writeString(installation.hosts(), model.hostLine(), StandardOpenOption.APPEND);
            Path policy = installation.root().resolve("policy/interlock.yaml");
            before = Files.readString(policy);
            upstream("remove", "openai");
            Path login = Files.createDirectories(installation.root().resolve("login"));
            upstream(
                    "add",
                    "openai",
                    "--login="
                            + Files.writeString(
                                    login.resolve("auth.json"),
                                    "{\n  \"auth_mode\": \"chatgpt\",\n  \"OPENAI_API_KEY\": null,\n  \"tokens\": {"
                                            + "\"id_token\": \"e30.e30.\", \"access_token\": \"at-outside\","
                                            + " \"refresh_token\": \"rt-of-0\", \"account_id\": \"a\"}\n}\n"),
                    "--login-server=http://127.0.0.1:" + server.getAddress().getPort(),
                    "--ca=" + Files.writeString(login.resolve("ca.pem"), model.authority()));
            // Its name leads to this machine.
            installation.seal(text -> text.replace(
                    "    address: https://chatgpt.com\n", "    address: https://chatgpt.com\n    private: true\n"));
        }

        private void upstream(String... arguments) throws Exception {
            List<String> command = new ArrayList<>(List.of("upstream"));
            command.addAll(List.of(arguments));
            command.add("--config=" + installation.configuration());
            command.add("--key=" + installation.key("sealer"));
            Programs.run(installation.command(command), "").expect(0);
        }

        private void renew(HttpExchange exchange) throws IOException {
            try (exchange) {
                String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                String latest = issued.getLast();
                if (!form.equals("grant_type=refresh_token&refresh_token=" + latest
                        + "&client_id=app_EMoamEEZ73f0CkXaXp7hrann")) {
                    exchange.sendResponseHeaders(400, -1);
                    return;
                }
                int next = issued.size();
                issued.add("rt-of-" + next);
                byte[] answer = ("{\"id_token\":\"e30.e30.\",\"access_token\":\"at-of-" + next
                                + "\",\"refresh_token\":\"rt-of-" + next + "\",\"expires_in\":1}")
                        .getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("content-type", "application/json");
                exchange.sendResponseHeaders(200, answer.length);
                exchange.getResponseBody().write(answer);
            }
        }

        @Override
        public void close() throws Exception {
            installation.seal(_ -> before);
            Programs.store(installation.configuration(), "openai-key", Installation.MODEL_KEY);
            server.stop(0);
            model.close();
        }
    }

    /** The gateway has a login of its own, renews it, and alone has its tokens. */
    @Test
    void codexWorksWithASubscription() throws Exception {
        try (ChatGpt chatGpt = new ChatGpt()) {
            protect("codex").expect(0);
            ScriptedModel model = chatGpt.model;
            String call = "curl -sS -o /dev/null -w '%{http_code}\n' -H \"authorization: Bearer $INTERLOCK_LEASE\" ";
            model.follow(List.of(
                    CodingAgent.CODEX.shell("env; ls -A ~/.codex"),
                    CodingAgent.CODEX.shell(call + "https://chatgpt.com/backend-api/me"),
                    CodingAgent.CODEX.shell(call + "-d grant_type=refresh_token https://auth.openai.com/oauth/token")));
            Programs.ProgramResult worked =
                    type("codex exec --skip-git-repo-check -m scripted 'Do your work.' </dev/null");
            assertThat(worked.exit()).as(worked.out() + worked.err()).isZero();
            assertThat(model.results()).hasSize(3);
            assertThat(model.results().get(0)).contains("INTERLOCK_LEASE=ilk_").doesNotContain("auth.json");
            assertThat(model.results().get(1)).contains("403");
            assertThat(model.results().get(2)).contains("403");
            assertThat(chatGpt.issued).as("it was renewed").hasSizeGreaterThan(1);
            assertThat(model.requests)
                    .anyMatch(request -> request.startsWith("POST /backend-api/codex/responses "))
                    .allMatch(request -> request.contains("Authorization=[Bearer at-of-"))
                    .noneMatch(request -> request.contains("ilk_"));
            assertThat(Programs.run(List.of("grep", "-rqE", "[ar]t-of-[0-9]", shop.toString(), home.toString()), "")
                            .exit())
                    .as("nothing of the agent's has a token")
                    .isEqualTo(1);
        }
    }

    @Test
    void claudeWithASubscriptionDrawsOnTheTerminal() throws Exception {
        assumeTrue(Programs.has("python3"), "needs python3");
        Path other = Files.createDirectories(home.resolve("other"));
        Programs.run(List.of("chown", PERSON + ":", other.toString()), "").expect(0);
        try (Subscription subscription = new Subscription()) {
            protect("claude").expect(0);
            subscription.model.follow(List.of(CodingAgent.CLAUDE_CODE.shell("echo drawn >drawn")));
            Json.Members seen = Programs.atATerminal(
                    installation.root(), STEPS, typed("exec claude --permission-mode manual", other));
            assertThat(seen.whole("exit")).as(seen.text("drawn")).isZero();
            assertThat(seen.flag("restored")).isTrue();
            assertThat(seen.text("drawn")).contains("Bash").doesNotContain("missing or broken", "/login");
            assertThat(other.resolve("drawn")).hasContent("drawn\n");
        }
    }

    /**
     * bubblewrap follows links to the places where it mounts, and sees the host as /oldroot then. So nothing may be
     * mounted in what the agent has written.
     */
    @Test
    void linksInItsHomeLeadNoMountOutside() throws Exception {
        protect("claude").expect(0);
        ScriptedModel model = installation.model(ModelWire.ANTHROPIC);
        Path base = home.toRealPath();
        model.follow(List.of(CodingAgent.CLAUDE_CODE.shell(String.join(
                "; ",
                "cp -r ~/.claude ~/kept; rm -rf ~/.codex ~/.aws ~/.config",
                "mkdir ~/made ~/.codex ~/.aws",
                "ln -s /oldroot" + base + "/.local/share/interlock ~/made/projects",
                // Claude makes its directories anew meanwhile.
                "until rm -rf ~/.claude; mv -T ~/made ~/.claude; do :; done 2>/dev/null",
                "ln -s /newroot/run ~/.codex/sessions",
                "ln -s /oldroot" + base + "/.bash_profile ~/.aws/credentials",
                "ln -s /oldroot" + base + " ~/.config",
                "ls -la ~/.claude"))));
        type(CLAUDE);
        assertThat(model.results()).hasSize(1);
        assertThat(model.results().getFirst()).contains("projects -> /oldroot");

        model.follow(List.of(CodingAgent.CLAUDE_CODE.shell("ls " + base + "; ls /run; echo planned | head -1")));
        Programs.ProgramResult next = type(CLAUDE);
        assertThat(next.exit()).as(next.out() + next.err()).isZero();
        assertThat(model.results()).hasSize(1);
        assertThat(model.results().getFirst()).contains("shop", "interlock").doesNotContain("share", ".bashrc");
        assertThat(home.resolve(".bash_profile")).doesNotExist();
        assertThat(home.resolve("escaped")).doesNotExist();
    }

    /**
     * The extension for VS Code starts the wrapper with the path of the program that it brought, and talks to it in
     * JSON: its user answers there whether a tool may run.
     */
    @Test
    void claudeWorksConfinedInAnEditorsPanel() throws Exception {
        Programs.ProgramResult told = protect("claude").expect(0);
        Path wrapper = home.resolve(".local/share/interlock/wrapper/claude");
        assertThat(told.out()).contains("\"claudeCode.claudeProcessWrapper\": \"" + wrapper + "\"");
        Path bundled = home.resolve(".vscode/extensions/anthropic.claude-code/resources/native-binary/claude");
        type("mkdir -p " + bundled.getParent() + " && cp -L ~/.local/bin/claude " + bundled)
                .expect(0);
        ScriptedModel model = installation.model(ModelWire.ANTHROPIC);
        model.follow(List.of(CodingAgent.CLAUDE_CODE.shell(
                "touch asked; readlink /proc/$PPID/exe; ls -A " + home + " " + home + "/.vscode/extensions")));

        ProcessBuilder editor = typed("exec \"$0\" \"$@\"");
        editor.command()
                .addAll(List.of(
                        wrapper.toString(),
                        bundled.toString(),
                        "--output-format",
                        "stream-json",
                        "--verbose",
                        "--input-format",
                        "stream-json",
                        "--permission-prompt-tool",
                        "stdio",
                        "--include-partial-messages"));
        editor.environment()
                .putAll(Map.of(
                        "CLAUDE_CODE_ENTRYPOINT", "claude-vscode", "CLAUDE_CODE_SSE_PORT", "1", "CLAUDECODE", "1"));
        Process panel = editor.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        List<String> asked = new ArrayList<>();
        JsonNode ended = JSON.createObjectNode();
        Programs.ProgramResult second = new Programs.ProgramResult(0, "", "");
        try (BufferedReader from = panel.inputReader(StandardCharsets.UTF_8);
                Writer to = panel.outputWriter(StandardCharsets.UTF_8)) {
            say(to, "{\"type\":\"control_request\",\"request_id\":\"r1\",\"request\":{\"subtype\":\"initialize\"}}");
            say(
                    to,
                    "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"Do your work.\"},"
                            + "\"parent_tool_use_id\":null,\"session_id\":\"\"}");
            for (String line = from.readLine(); line != null; line = from.readLine()) {
                JsonNode message = JSON.readTree(line);
                if (message.at("/request/subtype").asText().equals("can_use_tool")) {
                    assertThat(shop.resolve("asked"))
                            .as("nobody has allowed it yet")
                            .doesNotExist();
                    asked.add(message.at("/request/tool_name").asText());
                    say(
                            to,
                            "{\"type\":\"control_response\",\"response\":{\"subtype\":\"success\",\"request_id\":"
                                    + message.path("request_id")
                                    + ",\"response\":{\"behavior\":\"allow\",\"updatedInput\":"
                                    + message.at("/request/input") + "}}}");
                }
                if (message.path("type").asText().equals("result")) {
                    ended = message;
                    second = type(wrapper + " " + bundled + " plugin list --json");
                    break;
                }
            }
        }
        assertThat(panel.waitFor()).isZero();
        assertThat(second.err()).as("one conversation in a directory").contains("Another agent of yours works in");
        assertThat(asked).containsExactly("Bash");
        assertThat(ended.path("is_error").asBoolean(true)).as(ended.toString()).isFalse();
        assertThat(shop.resolve("asked")).exists();
        assertThat(model.results()).hasSize(1);
        assertThat(model.results().getFirst())
                .startsWith(bundled.toRealPath() + "\n")
                .doesNotContain(".bashrc");
        assertThat(model.requests).isNotEmpty().noneMatch(request -> request.contains("ilk_"));
    }

    private static void say(Writer to, String line) throws IOException {
        to.write(line + "\n");
        to.flush();
    }

    /**
     * The plugin for JetBrains' editors names a port on this machine, and writes a file with the token for it. Inside,
     * there is neither, and Claude Code works as in any terminal.
     */
    @Test
    void claudeWorksConfinedInAnEditorsTerminal() throws Exception {
        assumeTrue(Programs.has("python3"), "needs python3");
        protect("claude").expect(0);
        Path project = Files.createDirectories(home.resolve("edited"));
        Programs.run(List.of("chown", PERSON + ":", project.toString()), "").expect(0);
        ScriptedModel model = installation.model(ModelWire.ANTHROPIC);
        try (ServerSocket editor = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
            int port = editor.getLocalPort();
            String lock = "{\\\"pid\\\":1,\\\"workspaceFolders\\\":[\\\"" + project
                    + "\\\"],\\\"ideName\\\":\\\"IntelliJ IDEA\\\","
                    + "\\\"transport\\\":\\\"ws\\\",\\\"authToken\\\":\\\"" + EDITORS + "\\\"}";
            type("mkdir -p ~/.claude/ide && echo \"" + lock + "\" >~/.claude/ide/" + port + ".lock")
                    .expect(0);
            model.follow(List.of(CodingAgent.CLAUDE_CODE.shell("env; curl -sS -m 5 --noproxy '*' http://127.0.0.1:"
                    + port + "; grep -rs --exclude-dir=projects " + EDITORS + " ~ /tmp; echo drawn >drawn")));
            ProcessBuilder terminal = typed("exec claude --permission-mode manual", project);
            terminal.environment()
                    .putAll(Map.of(
                            "CLAUDE_CODE_SSE_PORT",
                            Integer.toString(port),
                            "ENABLE_IDE_INTEGRATION",
                            "true",
                            "TERMINAL_EMULATOR",
                            "JetBrains-JediTerm"));
            Json.Members seen = Programs.atATerminal(installation.root(), STEPS, terminal);
            assertThat(seen.whole("exit")).as(seen.text("drawn")).isZero();
            assertThat(seen.text("drawn")).doesNotContain("IDE", "IntelliJ");
            assertThat(project.resolve("drawn")).exists();
            assertThat(model.results()).hasSize(1);
            assertThat(model.results().getFirst())
                    .contains("INTERLOCK_LEASE=", "curl: (7)")
                    .doesNotContain(EDITORS);
            editor.setSoTimeout(1);
            assertThatThrownBy(editor::accept).as("nobody called").isInstanceOf(SocketTimeoutException.class);
        } finally {
            type("rm -rf ~/.claude/ide").expect(0);
        }
    }

    @Test
    void geminiWorksConfinedToo() throws Exception {
        protect("gemini").expect(0);
        ScriptedModel model = installation.model(ModelWire.GEMINI);
        model.follow(List.of(CodingAgent.GEMINI.shell("pwd; ls " + home + "; echo worked >gemini")));
        Programs.ProgramResult worked = type("gemini -p 'Do your work.' --yolo --skip-trust -m scripted </dev/null");
        assertThat(worked.exit()).as(worked.out() + worked.err()).isZero();
        assertThat(model.results()).hasSize(1);
        assertThat(model.results().getFirst())
                .contains(shop.toRealPath().toString())
                .doesNotContain(".local");
        assertThat(shop.resolve("gemini")).hasContent("worked\n");
    }

    @Test
    void codexDrawsOnTheTerminal() throws Exception {
        assumeTrue(Programs.has("python3"), "needs python3");
        protect("codex").expect(0);
        Path project = Files.createDirectories(home.resolve("drawing"));
        Programs.run(List.of("chown", PERSON + ":", project.toString()), "").expect(0);
        ScriptedModel model = installation.model(ModelWire.OPENAI);
        model.follow(List.of(CodingAgent.CODEX.shell("ls " + home + "; echo drawn >drawn")));
        Json.Members seen =
                Programs.atATerminal(installation.root(), CODEX_STEPS, typed("exec codex -m scripted", project));
        assertThat(seen.whole("exit")).as(seen.text("drawn")).isZero();
        assertThat(seen.flag("restored")).isTrue();
        assertThat(seen.text("drawn")).contains("Ran").doesNotContain("Sign in", "missing");
        assertThat(model.results()).singleElement().asString().doesNotContain(".local");
        assertThat(project.resolve("drawn")).hasContent("drawn\n");
    }

    @Test
    void unprotectRestoresToTheByte() throws Exception {
        unprotectAll();
        String before = tree();
        protect("claude").expect(0);
        protect("codex").expect(0);
        assertThat(tree()).isNotEqualTo(before);
        assertThat(type("command -v claude codex").out()).contains("interlock/bin/claude", "interlock/bin/codex");

        assertThat(type("interlock unprotect codex").expect(0).out()).contains("✓ as before");
        assertThat(type("command -v claude codex").out()).contains("interlock/bin/claude", ".local/bin/codex");
        type("interlock unprotect claude").expect(0);
        assertThat(tree()).isEqualTo(before);
        assertThat(type("command -v claude").out()).contains(".local/bin/claude");
        assertThat(type("interlock unprotect claude").expect(0).out()).contains("claude is not protected");
    }

    /** The person's files with their digests, without what only protected agents use. */
    private String tree() throws Exception {
        return type("cd && find . -path ./.local/share -prune -o -path ./.local/state -prune -o -type f -print0"
                        + " | sort -z | xargs -0 sha256sum; ls -A")
                .expect(0)
                .out();
    }

    @Test
    void agentStartsNowhereWhereItCouldFreeItself() throws Exception {
        protect("claude").expect(0);
        assertThat(type("cd && claude --version").err()).contains("home directory");
        Programs.ProgramResult beside = type("cd ~/.local/share && claude --version");
        assertThat(beside.exit()).isNotZero();
        assertThat(beside.err()).contains("private files");
    }

    /** Every run would start, and its first question would fail. */
    @Test
    void anAgentWhoseModelRefusesTheKeyIsNotProtected() throws Exception {
        unprotectAll();
        ScriptedModel model = installation.model(ModelWire.ANTHROPIC);
        model.follow(List.of());
        model.accept(ModelWire.ANTHROPIC.slot(), "another key");
        try {
            Programs.ProgramResult refused = protect("claude").expect(1);
            assertThat(refused.out()).doesNotContain("PROTECTED ·");
            assertThat(refused.err())
                    .contains(
                            "claude starts in the sandbox but cannot ask its model, so it is not protected",
                            "does not accept the key in the vault (401)",
                            "interlock upstream renew anthropic");
            assertThat(model.requests).hasSize(1).allMatch(request -> request.startsWith("GET /v1/models?limit=1 "));
            assertThat(home.resolve(".local/share/interlock/bin/claude")).doesNotExist();
        } finally {
            model.accept(ModelWire.ANTHROPIC.slot(), Installation.MODEL_KEY);
        }
    }

    @Test
    void whatCannotBeProtectedIsExplained() throws Exception {
        assertThat(type("interlock protect cursor").expect(2).err()).contains("not one of claude, codex and gemini");
        Programs.ProgramResult missing =
                type("interlock protect claude --upstream elsewhere --config " + installation.configuration());
        assertThat(missing.exit()).isEqualTo(1);
        assertThat(missing.err())
                .contains("no upstream `elsewhere`", "interlock upstream add anthropic --name elsewhere");
        ProcessBuilder root = new ProcessBuilder(
                installation.root().resolve("program/interlock").toString(), "protect", "claude");
        assertThat(Programs.run(root, "").expect(2).err()).contains("as the person who uses the agent");
    }
}
