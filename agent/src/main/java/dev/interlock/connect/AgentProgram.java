package dev.interlock.connect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.interlock.evidence.Keyword;
import dev.interlock.servers.McpServer;
import dev.interlock.servers.ServerSettings;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The agents whose settings are known, and the settings of each. */
public enum AgentProgram implements Keyword {
    CLAUDE_CODE("tested with 2.1.197, headless", "anthropic", "INTERLOCK_LEASE", "claude") {
        @Override
        List<SettingsTarget> targets(ConnectionRequest wish) {
            Path file = wish.managed()
                    ? Path.of("/etc/claude-code/managed-settings.json")
                    : wish.home().resolve(".claude/settings.json");
            List<SettingMember> members = new ArrayList<>(List.of(
                    SettingMember.of(wish.lease().isEmpty() ? PRINTED : shell(wish.lease()), "apiKeyHelper"),
                    SettingMember.of(wish.base(provider()), "env", "ANTHROPIC_BASE_URL"),
                    SettingMember.of(wish.gateway().toString(), "env", GATEWAY),
                    SettingMember.of("1", "env", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC")));
            if (!wish.lease().isEmpty()) {
                members.add(
                        SettingMember.of(Integer.toString(REFRESH_MILLIS), "env", "CLAUDE_CODE_API_KEY_HELPER_TTL_MS"));
            }
            if (wish.managed()) {
                members.add(SettingMember.of("disable", "permissions", "disableBypassPermissionsMode"));
            }
            if (!wish.servers().isEmpty()) {
                ServerSettings.WAITING.forEach((name, value) -> members.add(SettingMember.of(value, "env", name)));
            }
            SettingsTarget settings = new SettingsTarget.JsonTarget(
                    file,
                    false,
                    members,
                    List.of(
                            new ConflictingSetting(KEY, "env", "ANTHROPIC_API_KEY"),
                            new ConflictingSetting(KEY, "env", "ANTHROPIC_AUTH_TOKEN")));
            return wish.servers().isEmpty()
                    ? List.of(settings)
                    : List.of(
                            settings,
                            new SettingsTarget.JsonTarget(
                                    wish.home().resolve(CLAUDES_SERVERS),
                                    false,
                                    servers(wish, server -> ServerSettings.claudes(server, LEASE)),
                                    List.of()));
        }

        // A file of its own: Claude Code writes its settings anew all the time, so no change there could be undone.
        @Override
        public String command(ConnectionRequest wish) {
            return wish.servers().isEmpty()
                    ? super.command(wish)
                    : super.command(wish) + " --mcp-config="
                            + shell(List.of(wish.home().resolve(CLAUDES_SERVERS).toString()));
        }
    },

    /** Its settings are TOML, which is not edited here: a profile is a separate file. */
    CODEX("tested with 0.169.0, headless", "openai", "INTERLOCK_LEASE", "codex --profile interlock") {
        @Override
        List<SettingsTarget> targets(ConnectionRequest wish) {
            StringBuilder text = new StringBuilder("""
                    # Written by `interlock connect codex`; `interlock connect codex --undo` removes it.
                    model_provider = "interlock"
                    web_search = "disabled"

                    [model_providers.interlock]
                    name = "Interlock"
                    base_url = %s
                    wire_api = "responses"
                    """.formatted(
                            quoted(wish.base(provider()) + (wish.subscription() ? "/backend-api/codex" : "/v1"))));
            if (wish.lease().isEmpty()) {
                text.append("env_key = \"" + LEASE + "\"\n");
            } else {
                text.append("\n[model_providers.interlock.auth]\ncommand = ")
                        .append(quoted(wish.lease().getFirst()))
                        .append("\nargs = ")
                        .append(wish.lease().stream()
                                .skip(1)
                                .map(AgentProgram::quoted)
                                .collect(Collectors.joining(", ", "[", "]")))
                        .append("\ntimeout_ms = 20000\nrefresh_interval_ms = " + REFRESH_MILLIS + "\n");
            }
            text.append("\n[shell_environment_policy]\nset = { " + GATEWAY + " = ")
                    .append(quoted(wish.gateway().toString()))
                    .append(" }\n")
                    .append(ServerSettings.tables(wish.servers(), LEASE));
            return List.of(new SettingsTarget.WholeFileTarget(
                    wish.home().resolve(".codex/interlock.config.toml"), text.toString()));
        }
    },

    GEMINI("tested with 0.61.0, headless", "gemini", "GEMINI_API_KEY", "gemini") {
        @Override
        List<SettingsTarget> targets(ConnectionRequest wish) {
            if (wish.managed()) {
                return List.of(new SettingsTarget.JsonTarget(
                        Path.of("/etc/gemini-cli/settings.json"),
                        true,
                        Stream.concat(
                                        settings(wish).stream(),
                                        Stream.of(
                                                SettingMember.of("gemini-api-key", "security", "auth", "enforcedType"),
                                                SettingMember.of(true, "security", "disableYoloMode")))
                                .toList(),
                        List.of()));
            }
            return List.of(
                    new SettingsTarget.JsonTarget(
                            wish.home().resolve(".gemini/settings.json"), true, settings(wish), List.of()),
                    new SettingsTarget.WholeFileTarget(
                            wish.home().resolve(".gemini/.env"),
                            "GOOGLE_GEMINI_BASE_URL=" + wish.base(provider()) + "\n" + GATEWAY + "=" + wish.gateway()
                                    + "\n"));
        }

        private static List<SettingMember> settings(ConnectionRequest wish) {
            List<SettingMember> members = new ArrayList<>(List.of(
                    SettingMember.of("gemini-api-key", "security", "auth", "selectedType"),
                    SettingMember.of(false, "privacy", "usageStatisticsEnabled")));
            members.addAll(servers(wish, server -> ServerSettings.geminis(server, "GEMINI_API_KEY")));
            return members;
        }
    },

    CURSOR(AgentProgram.UNTESTED, "", "INTERLOCK_LEASE", "cursor") {
        @Override
        List<SettingsTarget> targets(ConnectionRequest wish) {
            return editor(wish, "Cursor");
        }
    },

    VSCODE(AgentProgram.UNTESTED, "", "INTERLOCK_LEASE", "code") {
        @Override
        List<SettingsTarget> targets(ConnectionRequest wish) {
            return editor(wish, "Code");
        }
    };

    private static final URI ANYWHERE = URI.create("http://127.0.0.1");
    private static final List<McpServer> ANY_SERVER = List.of(new McpServer("any", "http://127.0.0.1", ""));

    private static final String UNTESTED = "untested";

    private static final String KEY = "if it is a real key, the agent can use it without the " + "gateway";
    private static final String PROXY =
            "it takes precedence over HTTPS_PROXY, and can lead extensions past the gateway";

    private static final String LEASE = "INTERLOCK_LEASE";
    private static final String CLAUDES_SERVERS = ".claude/interlock-mcp.json";
    private static final String GATEWAY = "INTERLOCK_GATEWAY";

    /**
     * A command that prints the lease from the environment of the user who starts the agent, for a tool that runs a
     * command.
     */
    private static final String PRINTED = "printenv " + LEASE;

    /**
     * The refresh interval. Leases live for an hour, unless their task says otherwise; a new one is requested well
     * before.
     */
    private static final int REFRESH_MILLIS = 10 * 60 * 1000;

    private final String tried;
    private final String provider;
    private final String variable;
    private final String command;

    AgentProgram(String tried, String provider, String variable, String command) {
        this.tried = tried;
        this.provider = provider;
        this.variable = variable;
        this.command = command;
    }

    abstract List<SettingsTarget> targets(ConnectionRequest wish);

    /** Returns all files in which its settings may be. No other file is ever changed for it. */
    Set<Path> files(Path home, boolean managed) {
        ConnectionRequest any = new ConnectionRequest(
                home,
                ANYWHERE,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                managed,
                managed ? List.of() : ANY_SERVER,
                false);
        return targets(any).stream().map(SettingsTarget::file).collect(Collectors.toSet());
    }

    /** The catalog of its model's provider; empty if it uses its maker's servers, which have none. */
    public String provider() {
        return provider;
    }

    /** Returns the version with which these settings were tested, or that they were not. */
    public String tried(boolean managed) {
        return managed ? UNTESTED : tried;
    }

    /** Returns whether there are settings that its user cannot change, and that can be written here. */
    public boolean isManageable() {
        return this == CLAUDE_CODE || this == GEMINI;
    }

    /** Returns whether it can run a command that prints a lease. */
    public boolean takesCommand() {
        return this == CLAUDE_CODE || this == CODEX;
    }

    /** Returns the command that starts it from then on. */
    public String command(ConnectionRequest wish) {
        return command;
    }

    /** Returns whether the servers of MCP can be among its settings. They need the lease in the environment. */
    public boolean takesServers() {
        return this == CLAUDE_CODE || this == CODEX || this == GEMINI;
    }

    private static List<SettingMember> servers(ConnectionRequest wish, Function<McpServer, JsonNode> form) {
        return wish.servers().stream()
                .map(server -> new SettingMember(List.of("mcpServers", server.name()), form.apply(server)))
                .toList();
    }

    /** The variable in which it expects a lease at its start, unless it runs a command for one. */
    public String variable() {
        return variable;
    }

    /**
     * Returns the settings of an editor. The variables of its terminals do not apply to its extensions. Those use
     * {@code http.proxy}, or, if it is not set, the editor's own {@code HTTPS_PROXY}. In settings a proxy's password
     * would be in plain text, and variables are not expanded there. So the lease is in the environment that the editor
     * is started with, and the settings only make the editor use it.
     */
    private static List<SettingsTarget> editor(ConnectionRequest wish, String name) {
        String terminal = "terminal.integrated.env.linux";
        List<SettingMember> members = new ArrayList<>();
        List<ConflictingSetting> rivals = new ArrayList<>();
        members.add(SettingMember.of(wish.gateway().toString(), terminal, GATEWAY));
        wish.proxyAuthority().ifPresent(authority -> {
            String proxy = proxy(wish, "${env:" + LEASE + "}");
            for (String variable : List.of("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy")) {
                members.add(SettingMember.of(proxy, terminal, variable));
            }
            members.add(SettingMember.of("localhost,127.0.0.1,::1", terminal, "NO_PROXY"));
            for (String variable : List.of(
                    "SSL_CERT_FILE",
                    "CURL_CA_BUNDLE",
                    "REQUESTS_CA_BUNDLE",
                    "GIT_SSL_CAINFO",
                    "NODE_EXTRA_CA_CERTS",
                    "npm_config_cafile")) {
                members.add(SettingMember.of(authority.toString(), terminal, variable));
            }
            members.add(SettingMember.of("basic", terminal, "GIT_HTTP_PROXY_AUTHMETHOD"));
            members.add(SettingMember.of("1", terminal, "NODE_USE_ENV_PROXY"));
            members.add(SettingMember.of("override", "http.proxySupport"));
            members.add(SettingMember.of(true, "http.proxyStrictSSL"));
            members.add(SettingMember.of(true, "http.systemCertificates"));
            for (String setting : List.of("http.proxy", "http.noProxy", "http.proxyAuthorization")) {
                rivals.add(new ConflictingSetting(PROXY, setting));
            }
        });
        return List.of(new SettingsTarget.JsonTarget(
                wish.home().resolve(".config/" + name + "/User/settings.json"), true, members, rivals));
    }

    private static String proxy(ConnectionRequest wish, String password) {
        return wish.gateway().getScheme() + "://lease:" + password + "@"
                + wish.gateway().getRawAuthority();
    }

    /**
     * Returns the additions to an editor's environment that make its extensions use the gateway; empty for other
     * agents.
     */
    public Optional<String> extensions(ConnectionRequest wish) {
        return this == CURSOR || this == VSCODE
                ? wish.proxyAuthority()
                        .map(authority -> "HTTPS_PROXY=" + proxy(wish, "$" + LEASE)
                                + " NO_PROXY=localhost,127.0.0.1 NODE_EXTRA_CA_CERTS="
                                + shell(List.of(authority.toString())))
                : Optional.empty();
    }

    /** TOML basic strings have the same escapes as JSON strings, for all characters of addresses and commands. */
    private static String quoted(String text) {
        return new TextNode(text).toString();
    }

    private static String shell(List<String> words) {
        return words.stream()
                .map(word -> word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "));
    }
}
