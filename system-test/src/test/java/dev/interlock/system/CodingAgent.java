package dev.interlock.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.system.ScriptedModel.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Coding agents as npm installs them, where {@code INTERLOCK_AGENTS} says, or in the cache; {@code .ci/run} does. Each
 * is told what everybody is told who runs it: see docs/confine.md.
 */
enum CodingAgent {
    CLAUDE_CODE(
            ModelWire.ANTHROPIC,
            "@anthropic-ai/claude-code-linux-x64/claude",
            List.of("--set=CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1"),
            "ANTHROPIC_API_KEY=$INTERLOCK_LEASE exec %s -p 'Do your work.' --dangerously-skip-permissions"
                    + " --output-format stream-json --verbose") {
        @Override
        Step shell(String command) {
            return new Step("Bash", Map.of("command", command, "description", "work"));
        }
    },

    CODEX(
            ModelWire.OPENAI,
            "@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex",
            List.of(),
            "exec %s exec --skip-git-repo-check --dangerously-bypass-approvals-and-sandbox -m scripted"
                    + " -c web_search=disabled -c model_provider=gateway -c 'model_providers.gateway={name=\"gateway\","
                    + "base_url=\"https://api.openai.com/v1\",env_key=\"INTERLOCK_LEASE\",wire_api=\"responses\"}'"
                    + " 'Do your work.' </dev/null") {
        @Override
        Step shell(String command) {
            return new Step("exec_command", Map.of("cmd", command, "yield_time_ms", 30_000));
        }
    };

    private final ModelWire wire;
    private final String program;
    private final List<String> options;
    private final String command;

    CodingAgent(ModelWire wire, String program, List<String> options, String command) {
        this.wire = wire;
        this.program = program;
        this.options = options;
        this.command = command;
    }

    /** A step of its model that has it run a command of the shell. */
    abstract Step shell(String command);

    /** How its model is spoken to. */
    ModelWire wire() {
        return wire;
    }

    /** Has it work in {@code workspace} for as long as its model, which follows {@code script}, wants something. */
    Programs.Ended work(Installation installation, Path workspace, List<Step> script) throws Exception {
        Path staged = staged(installation.root());
        installation.model(wire).follow(script);
        List<String> all = new ArrayList<>(List.of("--read=" + staged.resolveSibling("")));
        all.addAll(options);
        return installation.run(workspace, all, command.formatted(staged));
    }

    /** Where an agent's own user may read it: the cache of root's is closed to everybody else. */
    private Path staged(Path root) throws IOException {
        Path installed = directory().resolve("node_modules").resolve(program);
        assumeTrue(Files.isExecutable(installed), "needs " + installed + ": `npm install` it there, as .ci/run does");
        Path directory = Files.createDirectories(root.resolve("agents"));
        Path staged = directory.resolve(installed.getFileName().toString());
        if (!Files.exists(staged)) {
            Files.copy(installed, staged);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.setPosixFilePermissions(staged, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return staged;
    }

    private static Path directory() {
        Path caches = Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .map(Path::of)
                .orElse(Path.of(System.getProperty("user.home"), ".cache"));
        return Optional.ofNullable(System.getenv("INTERLOCK_AGENTS"))
                .map(Path::of)
                .orElse(caches.resolve("interlock-agents"));
    }
}
