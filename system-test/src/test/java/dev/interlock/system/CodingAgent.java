package dev.interlock.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.system.ScriptedModel.Step;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Coding agents as npm installs them, in {@code INTERLOCK_AGENTS} or in the cache; {@code .ci/run} installs them. Each
 * is configured as docs/agents.md describes.
 */
enum CodingAgent {
    CLAUDE_CODE(
            ModelWire.ANTHROPIC,
            "@anthropic-ai/claude-code-linux-x64/claude",
            List.of("--set=CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1"),
            "ANTHROPIC_API_KEY=$INTERLOCK_LEASE exec %s -p 'Do your work.' --dangerously-skip-permissions"
                    + " --output-format stream-json --verbose",
            "servers=~/.claude/interlock-mcp.json; exec %s $([ ! -e $servers ] || echo --mcp-config=$servers)"
                    + " -p 'Do your work.' --dangerously-skip-permissions --output-format stream-json --verbose") {
        @Override
        Step shell(String command) {
            return new Step("Bash", Map.of("command", command, "description", "work"));
        }

        @Override
        List<Step> misspellAndMend(Path file) {
            return List.of(
                    new Step("Write", Map.of("file_path", file.toString(), "content", "echo helo\n")),
                    new Step(
                            "Edit", Map.of("file_path", file.toString(), "old_string", "helo", "new_string", "hello")));
        }
    },

    CODEX(
            ModelWire.OPENAI,
            "@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex",
            List.of(),
            "exec %s exec --skip-git-repo-check --dangerously-bypass-approvals-and-sandbox -m scripted"
                    + " -c web_search=disabled -c model_provider=gateway -c 'model_providers.gateway={name=\"gateway\","
                    + "base_url=\"https://api.openai.com/v1\",env_key=\"INTERLOCK_LEASE\",wire_api=\"responses\"}'"
                    + " 'Do your work.' </dev/null",
            "exec %s --profile interlock exec --skip-git-repo-check --dangerously-bypass-approvals-and-sandbox"
                    + " -m scripted 'Do your work.' </dev/null") {
        @Override
        Step shell(String command) {
            return new Step("exec_command", Map.of("cmd", command, "yield_time_ms", 30_000));
        }

        @Override
        Step tool(String server, String tool, Map<String, ?> input) {
            return super.tool(server, tool.replace('-', '_'), input);
        }

        @Override
        List<Step> misspellAndMend(Path file) {
            String before = "*** Begin Patch\n*** Add File: " + file + "\n+echo helo\n*** End Patch\n";
            String after =
                    "*** Begin Patch\n*** Update File: " + file + "\n@@\n-echo helo\n+echo hello\n*** End Patch\n";
            return List.of(patch(before), patch(after));
        }

        private Step patch(String patch) {
            return shell("apply_patch <<'EOF'\n" + patch + "EOF");
        }
    },

    GEMINI(
            ModelWire.GEMINI,
            "@google/gemini-cli/bundle/gemini.js",
            List.of(),
            "GEMINI_API_KEY=$INTERLOCK_LEASE exec node %s -p 'Do your work.' --yolo --skip-trust -m scripted"
                    + " -o stream-json </dev/null",
            "GEMINI_API_KEY=$INTERLOCK_LEASE exec node %s -p 'Do your work.' --yolo --skip-trust -m scripted"
                    + " -o stream-json </dev/null") {
        @Override
        Step shell(String command) {
            return new Step("run_shell_command", Map.of("command", command, "description", "work"));
        }

        @Override
        Step tool(String server, String tool, Map<String, ?> input) {
            return new Step("mcp_" + server + "_" + tool, input);
        }

        @Override
        List<Step> misspellAndMend(Path file) {
            return List.of(
                    new Step("write_file", Map.of("file_path", file.toString(), "content", "echo helo\n")),
                    new Step(
                            "replace",
                            Map.of(
                                    "file_path",
                                    file.toString(),
                                    "instruction",
                                    "Spell it.",
                                    "old_string",
                                    "helo",
                                    "new_string",
                                    "hello")));
        }
    };

    private final ModelWire wire;
    private final String program;
    private final List<String> options;
    private final String command;
    private final String connected;

    CodingAgent(ModelWire wire, String program, List<String> options, String command, String connected) {
        this.wire = wire;
        this.program = program;
        this.options = options;
        this.command = command;
        this.connected = connected;
    }

    /** A step of its model that has it run a command of the shell. */
    abstract Step shell(String command);

    /** A step of its model that has it call a tool of a server of MCP. */
    Step tool(String server, String tool, Map<String, ?> input) {
        return new Step("mcp__" + server + "__" + tool, input);
    }

    /** Steps that write {@code echo helo} to {@code file} and mend it, with the agent's own tools for that. */
    abstract List<Step> misspellAndMend(Path file);

    /** Returns the protocol of its model. */
    ModelWire wire() {
        return wire;
    }

    /** Returns the shell's command that starts it inside of {@code run}. */
    String command(Path staged) {
        return command.formatted(staged);
    }

    /** Returns the shell's command by which an editor starts it inside of {@code run}. */
    String editorsCommand(Path staged) {
        return switch (this) {
            case CLAUDE_CODE ->
                "ANTHROPIC_API_KEY=$INTERLOCK_LEASE exec " + staged + " -p --dangerously-skip-permissions"
                        + " --input-format stream-json --output-format stream-json --verbose";
            case CODEX ->
                "exec " + staged + " app-server -c web_search=disabled -c model_provider=gateway"
                        + " -c 'model_providers.gateway={name=\"gateway\",base_url=\"https://api.openai.com/v1\","
                        + "env_key=\"INTERLOCK_LEASE\",wire_api=\"responses\"}'";
            case GEMINI ->
                "GEMINI_API_KEY=$INTERLOCK_LEASE exec node " + staged + " --acp --yolo --skip-trust -m scripted";
        };
    }

    /** Returns the options of {@code run} that it needs. */
    List<String> options() {
        return options;
    }

    /** Runs it in {@code workspace} until its model, which follows {@code script}, asks for nothing more. */
    Programs.ProgramResult work(Installation installation, Path workspace, List<Step> script) throws Exception {
        Path staged = staged(installation.root());
        installation.model(wire).follow(script);
        List<String> all =
                new ArrayList<>(List.of("--read=" + installation.root().resolve("agents")));
        all.addAll(options);
        return installation.run(workspace, all, command.formatted(staged));
    }

    /**
     * Runs it without any gateway: under the providers' names, at the same addresses as the gateway uses, and with the
     * real keys.
     */
    Programs.ProgramResult workWithoutInterlock(Installation installation, Path workspace, List<Step> script)
            throws Exception {
        Path staged = staged(installation.root());
        installation.model(wire).follow(script);
        Path home = Files.createDirectory(workspace.resolveSibling(workspace.getFileName() + "-home"));
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path authorities = home.resolve("authorities.pem");
        Files.writeString(
                authorities,
                installation.railway().authority() + installation.model(wire).authority());
        Files.setPosixFilePermissions(authorities, PosixFilePermissions.fromString("rw-r--r--"));
        ProcessBuilder builder = new ProcessBuilder(
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount --bind \"$1\" /etc/hosts && shift && cd \"$1\" && shift && exec \"$@\"",
                "sh",
                installation.hosts().toString(),
                workspace.toString(),
                "setpriv",
                "--reuid=61234",
                "--regid=61234",
                "--clear-groups",
                "sh",
                "-c",
                command.formatted(staged));
        Map<String, String> variables = builder.environment();
        variables.keySet().retainAll(Set.of("PATH", "LANG"));
        variables.put("HOME", home.toString());
        variables.put("INTERLOCK_LEASE", Installation.MODEL_KEY);
        for (String name : List.of("CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")) {
            variables.put(name, authorities.toString());
        }
        return Programs.run(builder, "");
    }

    /** The same outside of {@code run}, after {@code interlock connect} wrote its settings to {@code home}. */
    Programs.ProgramResult workConnected(
            Installation installation, Path home, Path workspace, Optional<String> lease, List<Step> script)
            throws Exception {
        Path staged = staged(installation.root());
        installation.model(wire).follow(script);
        Programs.run(List.of("chown", "-R", "61234:61234", home.toString()), "").expect(0);
        ProcessBuilder builder = new ProcessBuilder(
                        "setpriv",
                        "--reuid=61234",
                        "--regid=61234",
                        "--clear-groups",
                        "sh",
                        "-c",
                        connected.formatted(staged))
                .directory(workspace.toFile());
        Map<String, String> variables = builder.environment();
        variables.keySet().retainAll(Set.of("PATH", "LANG"));
        variables.put("HOME", home.toString());
        lease.ifPresent(token -> variables.put("INTERLOCK_LEASE", token));
        return Programs.run(builder, "");
    }

    /** Returns its name in {@code interlock connect}. */
    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Copies it to a directory that the agent's own user may read: root's cache is closed to others. */
    Path staged(Path root) throws Exception {
        Path installed = directory().resolve("node_modules").resolve(program);
        assumeTrue(Files.isReadable(installed), "needs " + installed + ": `npm install` it there, as .ci/run does");
        Path directory = Files.createDirectories(root.resolve("agents"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        // A script needs the files beside it, and its type is in `package.json`.
        Path whole = program.endsWith(".js") ? installed.getParent().getParent() : installed;
        Path staged = directory.resolve(name().toLowerCase(Locale.ROOT));
        if (!Files.exists(staged)) {
            Programs.run(List.of("cp", "-RL", whole.toString(), staged.toString()), "")
                    .expect(0);
            Programs.run(List.of("chmod", "-R", "a+rX", staged.toString()), "").expect(0);
        }
        return staged.resolve(whole.relativize(installed));
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
