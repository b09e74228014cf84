package dev.interlock.system;

import dev.interlock.action.Secret;
import dev.interlock.cli.InterlockCommand;
import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Main;
import dev.interlock.vault.SlotContent;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** Starts processes like users do, and waits for their effects. */
final class Programs {

    /** Long for a busy machine of two cores; anything slower is broken. */
    private static final long PATIENCE_SECONDS = 300;

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** The commands that need neither standard input nor the environment, and are no matter of processes. */
    private static final Set<String> HERE = Set.of(
            "agent",
            "alert",
            "backup",
            "elevate",
            "freeze",
            "hold",
            "inventory",
            "key",
            "kill",
            "lease",
            "policy",
            "prove",
            "receipts",
            "seal",
            "verify");

    private static final String MAIN = "dev.interlock.cli.Main";
    private static final String GATEWAY = "dev.interlock.daemon.GatewayMain";
    private static final String SIMULATOR = "dev.interlock.drill.railway.RailwaySimulator";

    private Programs() {}

    /** The output of a program on both streams, and its exit code. */
    record ProgramResult(int exit, String out, String err) {
        ProgramResult expect(int status) {
            if (exit != status) {
                throw new AssertionError("ended with " + exit + ", not " + status + ":\n" + out + err);
            }
            return this;
        }
    }

    /** Returns a port at which nobody listens; another process could take it first. */
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** The command line of {@code interlock ARGUMENTS}, whose temporary files go to {@code scratch}. */
    static List<String> interlock(Path scratch, List<String> arguments) {
        return interlock(scratch, List.of(), arguments);
    }

    /** The same with more {@code options} of the JVM; of two that contradict each other the last one counts. */
    static List<String> interlock(Path scratch, List<String> options, List<String> arguments) {
        return Program.startsGateway(arguments)
                ? java(scratch, options, Program.theOne().gatewayClassPath(), GATEWAY, arguments)
                : java(scratch, options, classPath(), MAIN, arguments);
    }

    /** The command line of the simulated provider. */
    static List<String> simulator(Path scratch, List<String> arguments) {
        return java(scratch, List.of(), classPath(), SIMULATOR, arguments);
    }

    private static List<String> java(
            Path scratch, List<String> options, String classPath, String main, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(java()));
        command.addAll(Program.theOne().flags(arguments));
        command.addAll(List.of("-XX:-UsePerfData", "-Djava.io.tmpdir=" + scratch));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, main));
        command.addAll(arguments);
        return command;
    }

    /** The virtual machine that runs these tests. */
    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    static String classPath() {
        return Program.theOne().classPath();
    }

    /** Makes {@code interlock} a program in {@code directory} that any user can start: the class path may be closed. */
    static void install(Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        List<String> entries = new ArrayList<>();
        for (String entry : classPath().split(File.pathSeparator, -1)) {
            Path copy = directory.resolve(entries.size() + "-" + Path.of(entry).getFileName());
            run(List.of("cp", "-rL", entry, copy.toString()), "").expect(0);
            entries.add(copy.toString());
        }
        run(List.of("chmod", "-R", "a+rX", directory.toString()), "").expect(0);
        Path launcher = directory.resolve("interlock");
        Files.writeString(
                launcher,
                "#!/bin/sh\nexec " + java() + " -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xlog:disable"
                        + " --enable-native-access=ALL-UNNAMED -Dinterlock.launcher=" + launcher + " -cp "
                        + String.join(File.pathSeparator, entries) + " dev.interlock.cli.Main \"$@\"\n");
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Returns whether {@link #runHere} may run {@code arguments} of the program: a process costs a second each. */
    static boolean runsHere(List<String> arguments, String input) {
        return input.isEmpty() && HERE.contains(arguments.getFirst());
    }

    /** Runs {@code interlock ARGUMENTS} in this JVM. */
    static ProgramResult runHere(List<String> arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream printed = new PrintStream(out, true, StandardCharsets.UTF_8);
        PrintStream said = new PrintStream(err, true, StandardCharsets.UTF_8);
        int exit = arguments.getFirst().equals("verify")
                ? new Main(printed, said).run(apart(arguments))
                : InterlockCommand.run(printed, said, arguments.toArray(String[]::new));
        return new ProgramResult(
                exit, out.toString(StandardCharsets.UTF_8).strip(), err.toString(StandardCharsets.UTF_8));
    }

    /** Returns the arguments with each option apart from its value, as the auditor's own program takes them. */
    private static List<String> apart(List<String> arguments) {
        return arguments.stream()
                .flatMap(each -> each.startsWith("--") ? Stream.of(each.split("=", 2)) : Stream.of(each))
                .toList();
    }

    /** Stores a credential, as {@code interlock vault put} does. */
    static void store(Path config, String slot, String secret) throws IOException {
        Credentials.put(Config.read(config), config, slot, SlotContent.token(new Secret(secret)));
    }

    /** Runs {@code command} to its end. */
    static ProgramResult run(List<String> command, String input) throws IOException, InterruptedException {
        return run(new ProcessBuilder(command), input);
    }

    /** Runs the same for a command that needs further settings. */
    static ProgramResult run(ProcessBuilder builder, String input) throws IOException, InterruptedException {
        Path out = Files.createTempFile("interlock-system-", ".out");
        Path err = Files.createTempFile("interlock-system-", ".err");
        Process process =
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        try {
            try (var in = process.getOutputStream()) {
                in.write(input.getBytes(StandardCharsets.UTF_8));
            }
            // Its output is in a file, so that a program that hangs, or leaves a child behind, ends the test and not
            // CI.
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("did not end: " + builder.command() + "\n" + text(out) + "\n" + text(err));
            }
            return new ProgramResult(process.exitValue(), text(out).strip(), text(err));
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            Files.delete(out);
            Files.delete(err);
        }
    }

    /** Returns what a program printed. Not all of it must be UTF-8: an agent may print any file. */
    /** Ends a process and all that it started, and waits for each: any of them may still write to its files. */
    static void stop(Process process) {
        List<ProcessHandle> all = Stream.concat(process.descendants(), Stream.of(process.toHandle()))
                .toList();
        all.forEach(ProcessHandle::destroy);
        all.forEach(each -> each.onExit().join());
    }

    private static String text(Path output) throws IOException {
        return new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
    }

    /**
     * Runs {@code command} in a terminal of its own and follows {@code steps}.
     *
     * @param directory where {@code terminal.py}, which describes the steps, is written to
     */
    static Json.Members atATerminal(Path directory, String steps, ProcessBuilder command) throws Exception {
        Path outer = directory.resolve("terminal.py");
        try (InputStream in = Programs.class.getResourceAsStream("terminal.py")) {
            Files.write(outer, in.readAllBytes());
        }
        command.command().addAll(0, List.of("python3", outer.toString(), steps));
        return Json.readObject(run(command, "").expect(0).out().getBytes(StandardCharsets.UTF_8));
    }

    /** Returns whether {@code tool} is installed for tests that need it. */
    static boolean has(String tool) {
        return List.of("/usr/bin", "/bin", "/usr/local/bin").stream()
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, tool)));
    }

    /** A condition that will become true. */
    interface Condition {
        boolean holds() throws Exception;
    }

    /** Waits until {@code condition} holds. */
    static void await(String what, Condition condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.holds()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("it did not come to pass that " + what);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }
}
