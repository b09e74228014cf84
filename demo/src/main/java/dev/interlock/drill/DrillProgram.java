package dev.interlock.drill;

import dev.interlock.daemon.GatewayMain;
import dev.interlock.program.ModuleClassPath;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The command lines that start this program as other processes.
 *
 * @param java the Java launcher
 * @param classPath its jars and directories
 * @param scratch the directory for its temporary files, so that a drill leaves nothing elsewhere
 */
public record DrillProgram(Path java, List<Path> classPath, Path scratch) {

    private static final String MAIN = "dev.interlock.cli.Main";
    private static final String GATEWAY_JAR = "interlock-gateway-";
    private static final String PROVIDER = "dev.interlock.drill.railway.RailwaySimulator";

    /** Flags for quick starts; a drill's processes live for seconds. */
    private static final List<String> FLAGS = List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xshare:auto",
            "-Xmx256m",
            "-XX:-UsePerfData", // the file would be in /tmp, not in the temporary directory
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"); // otherwise protobuf, below Tink, warns on standard error

    public DrillProgram {
        classPath = List.copyOf(classPath);
    }

    /** Returns the program of this process. */
    public static DrillProgram own(Path scratch) {
        List<Path> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path", "").split(File.pathSeparator, -1)) {
            entries.add(Path.of(entry).toAbsolutePath());
        }
        return new DrillProgram(Path.of(System.getProperty("java.home", "/usr"), "bin", "java"), entries, scratch);
    }

    /** Returns the same program with the temporary directory {@code other}. */
    DrillProgram with(Path other) {
        return new DrillProgram(java, classPath, other);
    }

    /** Returns the command line of {@code interlock ARGUMENTS}. */
    List<String> interlock(String... arguments) {
        return command(MAIN, arguments);
    }

    /** Returns the command line of the gateway, which sees only the libraries that its jar names. */
    List<String> gateway(String... options) throws IOException {
        List<Path> alone = classPath;
        for (Path entry : classPath) {
            if (entry.getFileName().toString().startsWith(GATEWAY_JAR) && ModuleClassPath.isComplete(entry)) {
                alone = List.of(entry);
            }
        }
        String[] words = Stream.concat(Stream.of("up"), Stream.of(options)).toArray(String[]::new);
        return new DrillProgram(java, alone, scratch).command(GatewayMain.class.getName(), words);
    }

    /** Returns the command line of the simulated provider. */
    List<String> provider(String... arguments) {
        return command(PROVIDER, arguments);
    }

    /**
     * Returns the command line of the auditor's own program: the evidence module, and nothing else on the class path.
     */
    List<String> verifier(String... arguments) {
        Class<?> verifier = dev.interlock.evidence.Main.class;
        URI alone = URI.create(verifier.getProtectionDomain().getCodeSource().getLocation().toString());
        return new DrillProgram(java, List.of(Path.of(alone)), scratch).command(verifier.getName(), arguments);
    }

    private List<String> command(String main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(java.toString());
        command.addAll(FLAGS);
        command.add("-Djava.io.tmpdir=" + scratch);
        command.add("-cp");
        command.add(String.join(
                File.pathSeparator, classPath.stream().map(Path::toString).toList()));
        command.add(main);
        command.addAll(List.of(arguments));
        return command;
    }

    /**
     * Returns a copy of the program in {@code directory}, for users who may not enter the checkout. It uses hard links
     * where the file system allows it, so that this costs nothing.
     */
    DrillProgram readableIn(Path directory) throws IOException {
        Files.createDirectories(directory);
        List<Path> copies = new ArrayList<>();
        for (Path entry : classPath) {
            // Jars keep their names, because manifests name them.
            String name = entry.getFileName().toString();
            Path copy = directory.resolve(Files.isDirectory(entry) ? copies.size() + "-" + name : name);
            if (Files.isDirectory(entry)) {
                DirectoryTrees.copy(entry, copy);
            } else if (Files.exists(entry)) {
                linkOrCopy(entry, copy);
            }
            copies.add(copy);
        }
        return new DrillProgram(java, copies, scratch);
    }

    private static void linkOrCopy(Path from, Path to) throws IOException {
        try {
            Files.createLink(to, from.toRealPath());
        } catch (IOException | UnsupportedOperationException e) {
            Files.copy(from, to); // another file system, or one without links
        }
    }

    /** The exit code and the output of a program. */
    record ProgramOutput(int exit, String out) {}

    /** Runs {@code command} to its end with {@code input}, and returns its output from both streams. */
    static ProgramOutput run(List<String> command, String input) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new ProgramOutput(process.waitFor(), out.strip());
    }
}
