package dev.interlock.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import picocli.AutoComplete;
import picocli.CommandLine;

/**
 * The files of the Debian package that come from the program itself: launcher, systemd units, man pages, completion and
 * the list of parts. {@code ./package} runs it while it builds.
 */
public final class PackageFiles {

    private static final Path LIB = Path.of("/usr/lib/interlock");
    private static final Path LAUNCHER = Path.of("/usr/bin/interlock");

    private final Path root;

    private PackageFiles(Path root) {
        this.root = root;
    }

    /**
     * Runs with the arguments {@code ROOT COMMIT COPYRIGHT}: the directory that becomes the file tree, what it is built
     * of, and the file with the licences.
     */
    public static void main(String[] arguments) throws IOException {
        new PackageFiles(Path.of(arguments[0])).write(arguments[1], CopyrightFile.read(Path.of(arguments[2])));
    }

    private void write(String commit, CopyrightFile licences) throws IOException {
        Path launcher = file(LAUNCHER);
        Files.writeString(launcher, InstalledCopy.script(LIB, LIB.resolve("runtime/bin/java"), commit));
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path lib = file(LIB.resolve("runtime")).resolveSibling("");
        Files.write(
                file(Path.of("/usr/share/doc/interlock/interlock.cdx.json")),
                BillOfMaterials.of(lib, lib.resolve("runtime/release"), licences)
                        .canonical());
        for (Map.Entry<Path, String> unit : SystemdUnits.packaged().entrySet()) {
            Files.writeString(file(unit.getKey()), unit.getValue());
        }
        CommandLine line = allCommands();
        Files.writeString(
                file(Path.of("/usr/share/bash-completion/completions/interlock")),
                AutoComplete.bash("interlock", line));
        for (Map.Entry<String, String> page : ManPages.of(line).entrySet()) {
            Files.writeString(file(Path.of("/usr/share/man/man1", page.getKey())), page.getValue());
        }
    }

    private static CommandLine allCommands() {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        return InterlockCommand.line(new Terminal(nowhere, nowhere));
    }

    private Path file(Path installed) throws IOException {
        Path file = root.resolve(Path.of("/").relativize(installed));
        Files.createDirectories(file.resolveSibling(""));
        return file;
    }
}
