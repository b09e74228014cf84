package dev.interlock.system.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * One run of a benchmark: its options, the directory for its files, and its results. {@code --json} prints these as one
 * line, and the table goes to standard error.
 *
 * @param directory the directory for everything, which is removed at the end
 * @param table where people read the figures
 * @param result the figures by name
 */
public record BenchRun(boolean isQuick, Path directory, PrintStream table, ObjectNode result) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What a benchmark does. */
    @FunctionalInterface
    public interface Measurement {
        /** Returns the exit code. */
        int measure(BenchRun run) throws Exception;
    }

    /** Runs {@code measurement} with the options {@code --quick} and {@code --json}, and ends the process. */
    public static void main(String[] arguments, Measurement measurement) throws Exception {
        List<String> options = List.of(arguments);
        if (!List.of("--quick", "--json").containsAll(options)) {
            System.err.println("bench: there are --quick and --json");
            System.exit(64);
        }
        boolean json = options.contains("--json");
        BenchRun run = new BenchRun(
                options.contains("--quick"), place(), json ? System.err : System.out, JSON.createObjectNode());
        int exit;
        try {
            exit = measurement.measure(run);
            if (json) {
                System.out.println(run.result);
            }
        } finally {
            remove(run.directory);
        }
        System.exit(exit);
    }

    /** Prints and keeps one figure. */
    public void put(String name, double value, String unit) {
        table.printf("%-32s %12.3f %s%n", name, value, unit);
        result.put(name, Math.round(value * 1000) / 1000.0);
    }

    /** Returns a directory through which an agent in its sandbox may pass. */
    public static Path place() throws IOException {
        Path directory = Files.createTempDirectory("ilk-bench-");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        return directory;
    }

    /** Removes a directory with everything in it. */
    public static void remove(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
