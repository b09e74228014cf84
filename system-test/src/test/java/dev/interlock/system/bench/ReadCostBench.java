package dev.interlock.system.bench;

import dev.interlock.evidence.Segment;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/**
 * Measures the processor time of an allowed read in a warm program, and the bytes that it leaves on the disk.
 *
 * <p>A program is warm when the last three windows cost the same within {@link #STEADY}.
 */
final class ReadCostBench {

    private static final int CONNECTIONS = 128;
    private static final int STEADY_WINDOWS = 3;
    private static final double STEADY = 0.03;

    private final int seconds;
    private final int most;
    private final PrintStream table;

    /**
     * The cost of one kind of read.
     *
     * @param cpuUs microseconds of processor time each, of all processes of the program
     * @param rate reads a second
     */
    record Cost(double cpuUs, double rate) {}

    /**
     * The figures.
     *
     * @param repeated the same read again and again
     * @param varied each read differs from all before it
     * @param hop the repeated read through {@link ReferenceHop}
     * @param nginx the same through nginx
     * @param bytes bytes on the disk for each varied read, with every index
     */
    record ReadCosts(Cost repeated, Cost varied, Cost hop, Cost nginx, double bytes) {}

    /**
     * Creates a measurement.
     *
     * @param seconds the length of a window
     * @param most the number of windows after which a program counts as warm, however much they differ
     */
    ReadCostBench(int seconds, int most, PrintStream table) {
        this.seconds = seconds;
        this.most = most;
        this.table = table;
    }

    /** Returns the medians of the last windows. */
    Cost warm(String name, ProgramUse program, WrkLoad load, URI address) throws IOException, InterruptedException {
        Deque<Cost> last = new ArrayDeque<>();
        for (int i = 0; i < most && !isSteady(last); i++) {
            double before = program.cpuMicros();
            Load window = load.run(address, CONNECTIONS, seconds);
            double reads = window.rate() * seconds;
            last.addLast(new Cost((program.cpuMicros() - before) / reads, window.rate()));
            if (last.size() > STEADY_WINDOWS) {
                last.removeFirst();
            }
        }
        Cost cost = new Cost(
                median(last.stream().map(Cost::cpuUs)), median(last.stream().map(Cost::rate)));
        table.printf(
                "  c=%-4d %-20s %8.1f µs of CPU each  %8.0f/s%s%n",
                CONNECTIONS, name, cost.cpuUs(), cost.rate(), isSteady(last) ? "" : "  (not steady)");
        return cost;
    }

    private static boolean isSteady(Deque<Cost> last) {
        if (last.size() < STEADY_WINDOWS) {
            return false;
        }
        List<Double> costs = last.stream().map(Cost::cpuUs).toList();
        return Collections.max(costs) <= Collections.min(costs) * (1 + STEADY);
    }

    private static double median(Stream<Double> values) {
        List<Double> sorted = values.sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    /** Returns the bytes on the disk for each read, which is sent for two windows. */
    double bytes(Path data, WrkLoad load, URI address) throws IOException, InterruptedException {
        long before = size(data);
        double reads = load.run(address, CONNECTIONS, 2 * seconds).rate() * 2 * seconds;
        double each = (size(data) - before) / reads;
        table.printf("         %-20s %8.0f bytes on the disk each%n", "interlock, varied", each);
        return each;
    }

    /** Returns the bytes of all files below {@code data}, once no file is replaced meanwhile. */
    private static long size(Path data) throws IOException {
        while (true) {
            try {
                return sum(data);
            } catch (NoSuchFileException e) {
                // The log's publisher is still at work: this ends a moment after the last read.
            } catch (UncheckedIOException e) {
                if (!(e.getCause() instanceof NoSuchFileException)) {
                    throw e;
                }
            }
        }
    }

    /** The unused rest of a segment does not count. */
    private static long sum(Path data) throws IOException {
        long sum = 0;
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = file.getFileName().toString();
                sum += name.endsWith(".segment") ? used(file) : Files.size(file);
            }
        }
        return sum;
    }

    private static long used(Path segment) throws IOException {
        byte[] bytes = Files.readAllBytes(segment);
        int end = bytes.length;
        while (end > Segment.HEADER_LENGTH && bytes[end - 1] == 0) {
            end--;
        }
        return end;
    }
}
