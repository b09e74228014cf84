package dev.interlock.cli;

import dev.interlock.confine.SafeRemoval;
import dev.interlock.linux.FileAccess;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A copy of this program in a place that only root can write. The gateway's launcher, and commands that root types,
 * must not be in a checkout: others may change it, and it rebuilds itself.
 *
 * @param prefix below it, {@code bin/interlock} and {@code lib/interlock/} are created
 */
record InstalledCopy(Path prefix, Consumer<String> progress) {

    /** Set by the copied launcher. */
    private static final String INSTALLED = "interlock.installed";

    private static final List<String> LEARNED = List.of("interlock.aot", "keys.aot", "commands.aot");

    private static final String LAUNCHER = "interlock.launcher";

    /** Returns the launcher that is to start the gateway; this process's own, if it is an installed copy already. */
    Path make() throws IOException {
        Path own = Path.of(System.getProperty(LAUNCHER, "interlock"));
        if (Boolean.getBoolean(INSTALLED)) {
            return own;
        }
        Path lib = directory("lib").resolve("interlock");
        Path launcher = directory("bin").resolve("interlock");
        Path fresh = lib.resolveSibling("interlock.new");
        Path old = lib.resolveSibling("interlock.old");
        SafeRemoval.of(fresh);
        SafeRemoval.of(old);
        copyClassPath(fresh);
        // A running gateway keeps its open files until it is restarted.
        if (Files.exists(lib)) {
            Files.move(lib, old);
        }
        Files.move(fresh, lib);
        SafeRemoval.of(old);
        Path draft = launcher.resolveSibling("interlock.new");
        Files.writeString(
                draft,
                script(
                        lib,
                        Path.of(System.getProperty("java.home", "/usr"), "bin", "java"),
                        System.getProperty(VersionCommand.COMMIT, "")));
        Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.move(draft, launcher, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        if (!Files.exists(lib.resolve("classes"))) { // the JVM learns from jars only
            progress.accept("copied to " + lib + "; testing a start there, which takes some " + "seconds");
            rehearse(launcher, lib);
        }
        return launcher;
    }

    /** Runs the copy's rehearsal for quick starts. A failure is ignored, because it only makes starts slower. */
    private static void rehearse(Path launcher, Path lib) throws IOException {
        Path scratch = Files.createTempDirectory("interlock-rehearsal-");
        try {
            int exit = new ProcessBuilder(launcher.toString(), "rehearse", scratch.toString())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
            for (String name : LEARNED) {
                Path learned = lib.resolve(name);
                if (exit != 0) {
                    Files.deleteIfExists(learned);
                } else if (Files.exists(learned)) {
                    Files.setPosixFilePermissions(learned, PosixFilePermissions.fromString("rw-r--r--"));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the copy was being tested", e);
        } finally {
            SafeRemoval.of(scratch);
        }
    }

    /**
     * Returns a directory below the prefix that belongs to root.
     *
     * @throws IllegalArgumentException if somebody else could replace its content
     */
    private Path directory(String name) throws IOException {
        Path wanted = prefix.toAbsolutePath().resolve(name);
        for (int names = 1; names <= wanted.getNameCount(); names++) {
            Path above = wanted.getRoot().resolve(wanted.subpath(0, names));
            if (!Files.isDirectory(above)) {
                create(above);
            }
        }
        Path directory = wanted.toRealPath();
        for (Path path = directory; path != null; path = path.getParent()) {
            FileAccess access = FileAccess.ofDestination(path);
            if (access.owner() != 0) {
                throw new IllegalArgumentException("`" + path + "` belongs to user " + access.owner()
                        + ", who could replace the program below it; name a directory that belongs to root with"
                        + " --prefix");
            }
            if (access.isReplaceableByOthers()) {
                throw new IllegalArgumentException("`" + path + "` can be written by its group or by others, who could"
                        + " replace the program below it; remove that right (chmod go-w), or name another directory with"
                        + " --prefix");
            }
        }
        return directory;
    }

    private static void copyClassPath(Path lib) throws IOException {
        create(lib);
        for (String entry : System.getProperty("java.class.path", "").split(File.pathSeparator, -1)) {
            Path from = Path.of(entry);
            if (Files.isDirectory(from)) {
                copyTree(from, lib.resolve("classes"));
            } else if (Files.exists(from)) {
                copy(from, lib.resolve(from.getFileName().toString()));
            }
        }
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    create(target);
                } else {
                    copy(file, target);
                }
            }
        }
    }

    /** Overrides the umask: the gateway's user must read it. */
    private static void create(Path directory) throws IOException {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
        Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rw-r--r--"));
    }

    /** Returns the launcher of a copy. It contains what it shares with the launcher of a checkout. */
    static String script(Path lib, Path java, String commit) throws IOException {
        return resource("installed.sh")
                .replace("@LIB@", TextQuoting.shell(lib))
                .replace("@JAVA@", TextQuoting.shell(java))
                .replace("@COMMIT@", TextQuoting.shell(commit))
                .replace("@LAUNCH@\n", resource("launch.sh"));
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = InstalledCopy.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new NoSuchFileException(name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
