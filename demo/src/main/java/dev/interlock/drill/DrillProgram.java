package dev.interlock.drill;

import dev.interlock.daemon.GatewayMain;
import dev.interlock.drill.railway.RailwaySimulator;
import dev.interlock.program.ModuleClassPath;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The command lines that start this program as other processes.
 *
 * @param scratch the directory for its temporary files, so that a drill leaves nothing elsewhere
 */
public record DrillProgram(Path java, List<Path> classPath, Path scratch) {

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

    public static DrillProgram own(Path scratch) {
        List<Path> entries = Stream.of(System.getProperty("java.class.path", "").split(File.pathSeparator, -1))
                .map(entry -> Path.of(entry).toAbsolutePath())
                .toList();
        return new DrillProgram(Path.of(System.getProperty("java.home", "/usr"), "bin", "java"), entries, scratch);
    }

    DrillProgram with(Path other) {
        return new DrillProgram(java, classPath, other);
    }

    List<String> interlock(String... arguments) {
        return command("dev.interlock.cli.Main", List.of(arguments));
    }

    /** Returns the command line of the gateway, which sees only the libraries that its jar names. */
    List<String> gateway(List<String> options) throws IOException {
        List<Path> alone = classPath;
        for (Path entry : classPath) {
            if (entry.getFileName().toString().startsWith("interlock-gateway-") && ModuleClassPath.isComplete(entry)) {
                alone = List.of(entry);
            }
        }
        List<String> words = new ArrayList<>(List.of("up"));
        words.addAll(options);
        return new DrillProgram(java, alone, scratch).command(GatewayMain.class.getName(), words);
    }

    List<String> provider(String... arguments) {
        return command(RailwaySimulator.class.getName(), List.of(arguments));
    }

    /**
     * Returns the command line of the auditor's own program: the evidence module, and nothing else on the class path.
     */
    List<String> verifier(String... arguments) {
        Class<?> verifier = dev.interlock.evidence.Main.class;
        URI alone = URI.create(
                verifier.getProtectionDomain().getCodeSource().getLocation().toString());
        return new DrillProgram(java, List.of(Path.of(alone)), scratch).command(verifier.getName(), List.of(arguments));
    }

    private List<String> command(String main, List<String> arguments) {
        String entries = classPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>(List.of(java.toString()));
        command.addAll(FLAGS);
        command.addAll(List.of("-Djava.io.tmpdir=" + scratch, "-cp", entries, main));
        command.addAll(arguments);
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

    record ProgramOutput(int exit, String out) {}

    static ProgramOutput run(List<String> command, String input) throws IOException, InterruptedException {
        return run(new ProcessBuilder(command), input);
    }

    static ProgramOutput run(ProcessBuilder builder, String input) throws IOException, InterruptedException {
        Process process = builder.redirectErrorStream(true).start();
        try (var in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new ProgramOutput(process.waitFor(), out.strip());
    }

    /** Runs the same, and returns its output; it is an error if {@code name} does not succeed. */
    static String require(String name, List<String> command, String input) throws IOException, InterruptedException {
        ProgramOutput ended = run(command, input);
        if (ended.exit() != 0) {
            throw new IOException("`" + name + "` ended with " + ended.exit() + ": " + ended.out());
        }
        return ended.out();
    }
}
