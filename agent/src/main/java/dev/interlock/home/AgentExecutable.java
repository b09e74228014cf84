package dev.interlock.home;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An agent's installed program, as the PATH leads to it. */
public record AgentExecutable(Path file) {

    private static final Path SYSTEM = Path.of("/usr");
    private static final Path PACKAGES = Path.of("node_modules");

    /** Directories of a home in which people install programs without root. */
    private static final List<String> OF_A_HOME =
            List.of(".local/bin", "bin", ".npm-global/bin", ".claude/local", ".bun/bin", ".volta/bin");

    private static final List<Path> OF_THE_MACHINE = List.of(Path.of("/usr/local/bin"), Path.of("/usr/bin"));

    /** Finds {@code program} in the directories of {@code path}. Shims do not count. */
    public static Optional<AgentExecutable> find(String program, String path) throws IOException {
        for (String part : path.split(File.pathSeparator, -1)) {
            Path file = Path.of(part).resolve(program);
            if (part.startsWith("/") && Files.isRegularFile(file) && Files.isExecutable(file) && !Shim.is(file)) {
                return Optional.of(new AgentExecutable(file));
            }
        }
        return Optional.empty();
    }

    /**
     * Returns a PATH by which a person's agents are found: {@code sudo} replaces it, so their usual places come too.
     */
    public static String path(Path home, String path) {
        Stream<Path> given = Stream.of(path.split(File.pathSeparator, -1))
                .filter(part -> part.startsWith("/"))
                .map(Path::of);
        return Stream.of(given, OF_A_HOME.stream().map(home::resolve), OF_THE_MACHINE.stream(), ofNodeVersions(home))
                .flatMap(directories -> directories)
                .filter(Files::isDirectory)
                .map(Path::toString)
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static Stream<Path> ofNodeVersions(Path home) {
        try (Stream<Path> all = Files.list(home.resolve(".nvm/versions/node"))) {
            return all.map(version -> version.resolve("bin")).sorted().toList().stream();
        } catch (IOException e) {
            return Stream.of(); // there is no nvm
        }
    }

    /** Returns the directory in which the PATH finds it, and perhaps the interpreter that it needs. */
    Path directory() {
        return file.resolveSibling("").normalize();
    }

    /** Returns the directories that the agent must be able to read to start it, besides {@code /usr}. */
    public List<Path> readable() throws IOException {
        List<Path> directories = new ArrayList<>();
        for (Path one : List.of(file.toAbsolutePath().normalize(), file.toRealPath())) {
            Path installed = installation(one);
            if (!one.startsWith(SYSTEM) && directories.stream().noneMatch(installed::startsWith)) {
                directories.removeIf(inner -> inner.startsWith(installed));
                directories.add(installed);
            }
        }
        return List.copyOf(directories);
    }

    private static Path installation(Path file) {
        for (Path above = file.resolveSibling(""); above.getNameCount() > 1; above = above.resolveSibling("")) {
            if (above.endsWith(PACKAGES)) {
                return above;
            }
        }
        return file.resolveSibling("").normalize();
    }
}
