package dev.interlock.setup;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The coding agents that are looked for on a machine. */
public enum CodingAgent {
    CLAUDE_CODE("Claude Code", "claude", true) {
        @Override
        public Optional<String> login(Path home) {
            return login(
                    home.resolve(".claude/.credentials.json"),
                    "its login stays outside, because Claude Code renews it itself; `claude setup-token` makes a token"
                            + " for the gateway");
        }
    },
    CODEX("Codex", "codex", true) {
        @Override
        public Optional<String> login(Path home) {
            return login(
                    home.resolve(".codex/auth.json"),
                    "its login stays outside, because Codex renews it itself; after setup, `interlock upstream add openai"
                            + " --login FILE` takes another");
        }
    },
    GEMINI("Gemini", "gemini", true),
    CURSOR("Cursor", "cursor-agent", false),
    CURSOR_EDITOR("Cursor's editor", "cursor", false),
    VS_CODE("VS Code", "code", false);

    /** Directories of a home in which people install programs without root. */
    private static final List<String> OF_A_HOME =
            List.of(".local/bin", "bin", ".npm-global/bin", ".claude/local", ".bun/bin", ".volta/bin");

    private static final List<Path> OF_THE_MACHINE = List.of(Path.of("/usr/local/bin"), Path.of("/usr/bin"));

    private final String name;
    private final String program;
    private final boolean confinable;

    CodingAgent(String name, String program, boolean confinable) {
        this.name = name;
        this.program = program;
        this.confinable = confinable;
    }

    /** Returns its name as its maker writes it. */
    public String fullName() {
        return name;
    }

    /** Returns the command that starts it. */
    public String program() {
        return program;
    }

    /** Returns what becomes of its login in {@code home} if the gateway gets no API key; empty if there is none. */
    public Optional<String> login(Path home) {
        return Optional.empty();
    }

    static Optional<String> login(Path file, String advice) {
        return Files.isRegularFile(file) ? Optional.of(advice) : Optional.empty();
    }

    /** Returns whether tests run it inside {@code interlock run}. */
    public boolean isConfinable() {
        return confinable;
    }

    /** Returns the agents that are installed for the person whose home is {@code home}. */
    public static List<CodingAgent> installed(Path home, String path) {
        List<Path> directories = directories(home, path);
        return Arrays.stream(values())
                .filter(agent -> agent.in(directories).isPresent())
                .toList();
    }

    /** Returns a PATH by which the agents of the person whose home is {@code home} are found. */
    public static String path(Path home, String path) {
        return directories(home, path).stream()
                .filter(Files::isDirectory)
                .map(Path::toString)
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
    }

    private Optional<Path> in(List<Path> directories) {
        return directories.stream()
                .map(directory -> directory.resolve(program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** {@code sudo} replaces the PATH, so the usual places of the home are looked at as well. */
    private static List<Path> directories(Path home, String path) {
        List<Path> directories = new ArrayList<>();
        Arrays.stream(path.split(File.pathSeparator, -1))
                .filter(part -> part.startsWith("/"))
                .map(Path::of)
                .forEach(directories::add);
        OF_A_HOME.stream().map(home::resolve).forEach(directories::add);
        directories.addAll(OF_THE_MACHINE);
        directories.addAll(ofNodeVersions(home.resolve(".nvm/versions/node")));
        return directories;
    }

    private static List<Path> ofNodeVersions(Path versions) {
        try (Stream<Path> all = Files.list(versions)) {
            return all.map(version -> version.resolve("bin")).sorted().toList();
        } catch (IOException e) {
            return List.of(); // there is no nvm
        }
    }
}
