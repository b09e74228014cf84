package dev.interlock.home;

import dev.interlock.agents.CodingAgent;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.linux.ShellWords;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The program of an agent's name that starts it confined, in a directory that the startup files of shells put first in
 * PATH.
 */
public record Shim(Path directory, CodingAgent agent) {

    private static final String MARK = "# Written by `interlock protect`.";
    private static final int LONGEST = 16_384;

    /** The startup files of shells. One that does not exist is not made, except the first if there is none. */
    private static final List<String> STARTUP =
            List.of(".bashrc", ".zshrc", ".profile", ".bash_profile", ".bash_login", ".zprofile");

    static boolean is(Path file) throws IOException {
        return Files.size(file) < LONGEST
                && Files.isReadable(file)
                && new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(MARK);
    }

    public Path file() {
        return directory.resolve(agent.program());
    }

    /** For editors, not in PATH. Its first argument is the agent's program that the editor would start. */
    public Path wrapper() {
        return directory.resolveSibling("wrapper").resolve(agent.program());
    }

    /** Writes the program; {@code command} confines, with its first arguments. */
    public void write(List<String> command, AgentExecutable installed) throws IOException {
        List<String> whole = new ArrayList<>(command);
        whole.add(installed.file().toString());
        write(file(), whole);
        if (agent.protection().wrapper().isPresent()) {
            write(wrapper(), command);
        }
    }

    private void write(Path file, List<String> command) throws IOException {
        Files.createDirectories(file.resolveSibling(""));
        String text = "#!/bin/sh\n" + MARK + " `interlock unprotect " + agent.program() + "` removes it.\nexec "
                + ShellWords.line(command) + " \"$@\"\n";
        PrivateFiles.replace(file, text.getBytes(StandardCharsets.UTF_8), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Returns the files that were changed. */
    public List<Path> addToPath(Path home) throws IOException {
        List<Path> changed = new ArrayList<>();
        List<Path> files =
                STARTUP.stream().map(home::resolve).filter(Files::isRegularFile).toList();
        for (Path file : files) {
            if (!Files.readString(file, StandardCharsets.ISO_8859_1).contains(lines())) {
                Files.writeString(file, "\n" + lines(), StandardCharsets.ISO_8859_1, StandardOpenOption.APPEND);
                changed.add(file);
            }
        }
        if (files.isEmpty()) {
            changed.add(Files.writeString(home.resolve(STARTUP.getFirst()), lines(), StandardCharsets.ISO_8859_1));
        }
        return changed;
    }

    /** Removes both programs. If it was the last one, also its directory and the lines in startup files. */
    public List<Path> remove(Path home) throws IOException {
        List<Path> restored = new ArrayList<>();
        if (Files.deleteIfExists(file())) {
            restored.add(file());
        }
        if (Files.deleteIfExists(wrapper())) {
            restored.add(wrapper());
            Files.deleteIfExists(wrapper().resolveSibling(""));
        }
        if (!isEmpty()) {
            return restored;
        }
        Files.deleteIfExists(directory);
        for (Path file :
                STARTUP.stream().map(home::resolve).filter(Files::isRegularFile).toList()) {
            String text = Files.readString(file, StandardCharsets.ISO_8859_1);
            if (text.equals(lines())) {
                Files.delete(file); // it was made for these lines
                restored.add(file);
            } else if (text.contains("\n" + lines())) {
                Path real = file.toRealPath();
                PrivateFiles.replace(
                        real,
                        text.replace("\n" + lines(), "").getBytes(StandardCharsets.ISO_8859_1),
                        Files.getPosixFilePermissions(real));
                restored.add(file);
            }
        }
        return restored;
    }

    private boolean isEmpty() throws IOException {
        if (!Files.isDirectory(directory)) {
            return true;
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.findAny().isEmpty();
        }
    }

    /** Of a new file they are all; elsewhere a newline before them keeps a last line without an end apart. */
    private String lines() {
        return MARK + " `interlock unprotect` removes these lines.\nPATH=" + ShellWords.quoted(directory) + ":$PATH\n";
    }
}
