package dev.interlock.home;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * An agent that can be protected.
 *
 * <p>Settings are files and directories below the home. The agent gets copies of them without credentials, and may
 * change its copies. Its login is not among them: the gateway has the credential.
 *
 * @param program the command that starts it
 * @param word its name in records of sessions, and in {@code connect}
 * @param provider the catalog of its model's provider
 * @param conversations the directory of its conversations below the home; empty if they are in the rest of its home
 * @param settings below the home
 * @param variables the environment variables that it needs inside
 * @param login how it gets the lease in the place of its login
 * @param arguments those that come before the ones of its user
 * @param wrapperSetting the setting of its extension for VS Code that names a wrapper; empty if there is none
 */
public record ProtectedAgent(
        String program,
        String word,
        String provider,
        String conversations,
        List<String> settings,
        Map<String, String> variables,
        LeaseLogin login,
        List<String> arguments,
        String wrapperSetting) {

    /**
     * The settings by which Claude Code 2.1.197 takes another login or provider. Of the variables for its provider only
     * those that choose a model stay, so that an unknown one is left out.
     */
    private static final LoginSettings CLAUDES = new LoginSettings(
            Set.of(
                    "apiKeyHelper",
                    "awsAuthRefresh",
                    "awsCredentialExport",
                    "forceLoginMethod",
                    "forceLoginOrgUUID",
                    "gcpAuthRefresh",
                    "primaryApiKey",
                    "proxyAuthHelper"),
            Pattern.compile("ANTHROPIC_(?!(MODEL$|DEFAULT_|SMALL_FAST_MODEL$|CUSTOM_MODEL_OPTION)).*"
                    + "|CLAUDE_CODE_(USE_(ANTHROPIC_AWS|BEDROCK|FOUNDRY|GATEWAY|MANTLE|VERTEX)|SKIP_.*_AUTH"
                    + "|(API|CUSTOM_OAUTH|HOST_AUTH|OAUTH|PROVIDER|PROXY)_.*|SESSION_ACCESS_TOKEN|HFI_BEARER_TOKEN)"));

    static final ProtectedAgent CLAUDE = new ProtectedAgent(
            "claude",
            "claude-code",
            "anthropic",
            ".claude/projects",
            List.of(
                    ".claude.json",
                    ".claude/settings.json",
                    ".claude/settings.local.json",
                    ".claude/CLAUDE.md",
                    ".claude/agents",
                    ".claude/commands",
                    ".claude/hooks",
                    ".claude/output-styles",
                    ".claude/rules",
                    ".claude/skills"),
            Map.of("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1", "DISABLE_AUTOUPDATER", "1"),
            new LeaseLogin(
                    LeaseLogin.LeaseForm.ofLine("export ANTHROPIC_AUTH_TOKEN=\"$INTERLOCK_LEASE\""),
                    LeaseLogin.LeaseForm.ofLine("export CLAUDE_CODE_OAUTH_TOKEN=\"$INTERLOCK_LEASE\""),
                    CLAUDES),
            List.of(),
            "claudeCode.claudeProcessWrapper");

    static final ProtectedAgent CODEX = new ProtectedAgent(
            "codex",
            "codex",
            "openai",
            ".codex/sessions",
            List.of(".codex/config.toml", ".codex/AGENTS.md", ".codex/prompts", ".codex/rules", ".codex/skills"),
            Map.of(),
            new LeaseLogin(
                    codexAt("https://api.openai.com/v1"),
                    codexAt("https://chatgpt.com/backend-api/codex"),
                    LoginSettings.NONE),
            List.of(
                    "-c",
                    "web_search=disabled",
                    // A second sandbox cannot be made inside the first.
                    "-c",
                    "sandbox_mode=danger-full-access",
                    "-c",
                    "model_provider=interlock"),
            "");

    static final ProtectedAgent GEMINI = new ProtectedAgent(
            "gemini",
            "gemini",
            "gemini",
            "",
            List.of(".gemini/settings.json", ".gemini/GEMINI.md", ".gemini/commands", ".gemini/extensions"),
            Map.of(),
            LeaseLogin.always("export GEMINI_API_KEY=\"$INTERLOCK_LEASE\""),
            List.of(),
            "");

    private static final List<ProtectedAgent> ALL = List.of(CLAUDE, CODEX, GEMINI);

    public ProtectedAgent {
        settings = List.copyOf(settings);
        variables = Map.copyOf(variables);
        arguments = List.copyOf(arguments);
    }

    private static LeaseLogin.LeaseForm codexAt(String base) {
        return new LeaseLogin.LeaseForm(
                "",
                List.of(
                        "-c",
                        "model_providers.interlock={name=\"Interlock\",base_url=\"" + base
                                + "\",env_key=\"INTERLOCK_LEASE\",wire_api=\"responses\"}"));
    }

    /** Returns whether it makes its requests in another form if the gateway has a subscription's credential. */
    public boolean takesSubscription() {
        return login.hasTwoForms();
    }

    /** Returns whether an editor can start it by a wrapper. */
    public boolean hasWrapper() {
        return !wrapperSetting.isEmpty();
    }

    /** Returns the agent that {@code name} starts, or that is called so elsewhere; empty if there is none. */
    public static Optional<ProtectedAgent> of(String name) {
        return ALL.stream()
                .filter(agent -> agent.program.equals(name) || agent.word.equals(name))
                .findFirst();
    }
}
