package dev.interlock.cli;

import dev.interlock.linux.FileAccess;
import dev.interlock.linux.SafeRemoval;
import dev.interlock.linux.ShellWords;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A copy of this program below {@code prefix}, where only root can write. The gateway's launcher must not be in a
 * checkout: others may change that, and it rebuilds itself.
 */
record InstalledCopy(Path prefix) {

    private static final String INSTALLED = "interlock.installed";

    private static final String LAUNCHER = "interlock.launcher";

    Path launcher() {
        return Boolean.getBoolean(INSTALLED)
                ? Path.of(System.getProperty(LAUNCHER, "interlock"))
                : prefix.resolve("bin/interlock");
    }

    void make() throws IOException, InterruptedException {
        if (Boolean.getBoolean(INSTALLED)) {
            return;
        }
        Path lib = directory("lib").resolve("interlock");
        Path launcher = directory("bin").resolve("interlock");
        Path fresh = lib.resolveSibling("interlock.new");
        SafeRemoval.of(fresh);
        Files.createDirectories(fresh);
        for (String entry : System.getProperty("java.class.path", "").split(File.pathSeparator, -1)) {
            Path from = Path.of(entry);
            if (Files.isDirectory(from)) {
                SetupSteps.program("cp", "-rLT", entry, fresh.resolve("classes").toString());
            } else if (Files.exists(from)) {
                SetupSteps.program("cp", "-L", entry, fresh.toString());
            }
        }
        // Overrides the umask: the gateway's user must read it.
        SetupSteps.program("chmod", "-R", "u=rwX,go=rX", fresh.toString());
        SafeRemoval.of(lib); // a running gateway keeps its open files until it is restarted
        Files.move(fresh, lib);
        Path draft = launcher.resolveSibling("interlock.new");
        Files.writeString(
                draft,
                script(
                        lib,
                        Path.of(System.getProperty("java.home", "/usr"), "bin", "java"),
                        System.getProperty(VersionCommand.COMMIT, "")));
        Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.move(draft, launcher, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Belongs to root; throws IllegalArgumentException if somebody else could replace its content. */
    private Path directory(String name) throws IOException {
        Path directory = Files.createDirectories(prefix.resolve(name)).toRealPath();
        for (Path path = directory; path != null; path = path.getParent()) {
            FileAccess access = FileAccess.ofDestination(path);
            if (access.owner() != 0) {
                throw new IllegalArgumentException("`" + path + "` belongs to user " + access.owner()
                        + ", who could replace the program below it; give it to root");
            }
            if (access.isReplaceableByOthers()) {
                throw new IllegalArgumentException(
                        "`" + path
                                + "` can be written by its group or by others, who could replace the program below it; remove that right (chmod go-w)");
            }
        }
        return directory;
    }

    /** Returns the launcher of a copy. It contains what it shares with the launcher of a checkout. */
    static String script(Path lib, Path java, String commit) throws IOException {
        return resource("installed.sh")
                .replace("@LIB@", ShellWords.quoted(lib))
                .replace("@JAVA@", ShellWords.quoted(java))
                .replace("@COMMIT@", ShellWords.quoted(commit))
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
