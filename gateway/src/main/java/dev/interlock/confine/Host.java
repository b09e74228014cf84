package dev.interlock.confine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The machine that a sandbox is built on: its programs, its kernel, and who is asking. */
final class Host {

    /** Not the caller's PATH: what drops privileges must not be found where the caller's tools happen to lie. */
    private static final List<Path> PROGRAM_DIRECTORIES =
            List.of(Path.of("/usr/bin"), Path.of("/bin"), Path.of("/usr/local/bin"), Path.of("/usr/sbin"));

    private static final Path TERMINAL_INJECTION = Path.of("/proc/sys/dev/tty/legacy_tiocsti");

    private Host() {}

    /** The program {@code name}, if it is installed where the system keeps its own. */
    static Optional<Path> program(String name) {
        return PROGRAM_DIRECTORIES.stream()
                .map(directory -> directory.resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** The numeric user of this process. */
    static int uid() throws IOException {
        return owner(Path.of("/proc/self"));
    }

    /** The numeric user that owns {@code path}. */
    static int owner(Path path) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:uid");
    }

    /** Whether this process reads from a terminal. */
    static boolean hasTerminal() {
        try {
            Path input = Files.readSymbolicLink(Path.of("/proc/self/fd/0"));
            return input.startsWith("/dev/pts") || input.toString().matches("/dev/(tty|console).*");
        } catch (IOException e) {
            return false; // it was closed
        }
    }

    /**
     * Whether the kernel keeps a process from typing into a terminal that it shares with its launcher. The filter on
     * system calls says the same; a shared terminal needs both.
     */
    static boolean refusesTerminalInjection() {
        try {
            return Files.readString(TERMINAL_INJECTION).strip().equals("0");
        } catch (IOException e) {
            return false; // an older kernel, which has no such switch and allows it
        }
    }

    /** How {@code command} ended, and what it said on both streams. */
    static Said run(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(command)).redirectErrorStream(true);
        builder.environment().clear();
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Said(exit(process), said.strip());
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

    /**
     * A program that ended.
     *
     * @param exit its exit status
     * @param text what it wrote
     */
    record Said(int exit, String text) {

        boolean well() {
            return exit == 0;
        }

        String firstLine() {
            return text.lines().findFirst().orElse("");
        }
    }
}
