package dev.interlock.home;

import java.util.List;
import java.util.Map;
import java.util.Optional;

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
 * @param login the line of the shell that gives it the lease in the place of its login
 * @param arguments those that come before the ones of its user
 */
public record ProtectedAgent(
        String program,
        String word,
        String provider,
        String conversations,
        List<String> settings,
        Map<String, String> variables,
        String login,
        List<String> arguments) {

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
            "export ANTHROPIC_AUTH_TOKEN=\"$INTERLOCK_LEASE\"",
            List.of());

    static final ProtectedAgent CODEX = new ProtectedAgent(
            "codex",
            "codex",
            "openai",
            ".codex/sessions",
            List.of(".codex/config.toml", ".codex/AGENTS.md", ".codex/prompts", ".codex/rules", ".codex/skills"),
            Map.of(),
            "",
            List.of(
                    "-c",
                    "web_search=disabled",
                    // A second sandbox cannot be made inside the first.
                    "-c",
                    "sandbox_mode=danger-full-access",
                    "-c",
                    "model_provider=interlock",
                    "-c",
                    "model_providers.interlock={name=\"Interlock\",base_url=\"https://api.openai.com/v1\","
                            + "env_key=\"INTERLOCK_LEASE\",wire_api=\"responses\"}"));

    static final ProtectedAgent GEMINI = new ProtectedAgent(
            "gemini",
            "gemini",
            "gemini",
            "",
            List.of(".gemini/settings.json", ".gemini/GEMINI.md", ".gemini/commands", ".gemini/extensions"),
            Map.of(),
            "export GEMINI_API_KEY=\"$INTERLOCK_LEASE\"",
            List.of());

    private static final List<ProtectedAgent> ALL = List.of(CLAUDE, CODEX, GEMINI);

    public ProtectedAgent {
        settings = List.copyOf(settings);
        variables = Map.copyOf(variables);
        arguments = List.copyOf(arguments);
    }

    /** Returns the agent that {@code name} starts, or that is called so elsewhere; empty if there is none. */
    public static Optional<ProtectedAgent> of(String name) {
        return ALL.stream()
                .filter(agent -> agent.program.equals(name) || agent.word.equals(name))
                .findFirst();
    }
}
