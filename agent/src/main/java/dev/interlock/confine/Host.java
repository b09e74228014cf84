package dev.interlock.confine;

import dev.interlock.session.SessionRecorder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The machine that a sandbox is built on: its programs, its kernel, and the current user. */
final class Host {

    /** The caller's PATH is not used: a program that drops privileges must not come from wherever its tools lie. */
    private static final List<Path> PROGRAM_DIRECTORIES =
            List.of(Path.of("/usr/bin"), Path.of("/bin"), Path.of("/usr/local/bin"), Path.of("/usr/sbin"));

    private static final int WRITABLE_BY_OTHERS = 0002;
    private static final int WRITABLE_BY_GROUP = 0020;
    private static final int STICKY = 01000;

    private Host() {}

    static Optional<Path> program(String name) {
        return PROGRAM_DIRECTORIES.stream()
                .map(directory -> directory.resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    static int uid() throws IOException {
        return owner(Path.of("/proc/self"));
    }

    /** Returns the number of processes and threads that the kernel counts for user {@code uid}. */
    static int tasks(int uid) throws IOException {
        int tasks = 0;
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                tasks += tasks(process, uid);
            }
        }
        return tasks;
    }

    private static int tasks(Path process, int uid) {
        try {
            List<String> status = Files.readAllLines(process.resolve("status"), StandardCharsets.ISO_8859_1);
            return number(status, "Uid:") == uid ? number(status, "Threads:") : 0;
        } catch (IOException e) {
            return 0; // it has ended
        }
    }

    private static int number(List<String> status, String name) {
        return status.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip().split("\\s+", -1)[0])
                .mapToInt(Integer::parseInt)
                .findFirst()
                .orElse(0);
    }

    static int owner(Path path) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:uid");
    }

    /**
     * Whether {@code uid}, or its group of the same number, may replace entries of {@code path}. In a sticky directory
     * it may not.
     */
    static boolean mayExchange(int uid, Path path) throws IOException {
        int mode = (Integer) Files.getAttribute(path, "unix:mode");
        boolean written = (mode & WRITABLE_BY_OTHERS) != 0
                || ((mode & WRITABLE_BY_GROUP) != 0
                        && Files.getAttribute(path, "unix:gid").equals(uid));
        return owner(path) == uid || (written && (mode & STICKY) == 0);
    }

    static boolean hasTerminal() {
        return isTerminal(0) && isTerminal(1);
    }

    private static boolean isTerminal(int descriptor) {
        Optional<String> leads = leadsTo(descriptor);
        return leads.isPresent() && leads.get().matches("/dev/(pts/|tty|console).*");
    }

    /** Returns whether both outputs of this process are the same file, so that all output has one order. */
    static boolean hasOneOutput() {
        Optional<String> out = leadsTo(1);
        return out.isPresent() && out.equals(leadsTo(2));
    }

    static SessionRecorder.TerminalSize terminalSize() throws IOException {
        String[] said =
                run(List.of("/bin/sh", "-c", "stty size </dev/tty")).text().split(" ", -1);
        return said.length == 2 && Stream.of(said).allMatch(number -> number.matches("[1-9][0-9]{0,3}"))
                ? new SessionRecorder.TerminalSize(Integer.parseInt(said[1]), Integer.parseInt(said[0]))
                : SessionRecorder.TerminalSize.USUAL;
    }

    private static Optional<String> leadsTo(int descriptor) {
        try {
            return Optional.of(Files.readSymbolicLink(Path.of("/proc/self/fd", Integer.toString(descriptor)))
                    .toString());
        } catch (IOException e) {
            return Optional.empty(); // it was closed
        }
    }

    static CommandResult run(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(command)).redirectErrorStream(true);
        builder.environment().clear();
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new CommandResult(exit(process), said.strip());
    }

    private static int exit(Process process) throws IOException {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a program was running", e);
        }
    }

    record CommandResult(int exit, String text) {

        boolean well() {
            return exit == 0;
        }

        String firstLine() {
            return text.lines().findFirst().orElse("");
        }
    }

    /** Whether {@code path} can be an argument. Its bytes may not be text in the encoding used here. */
    static boolean canName(Path path) {
        try {
            return Path.of(path.toString()).equals(path);
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
