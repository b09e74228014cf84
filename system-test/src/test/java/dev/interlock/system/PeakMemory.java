package dev.interlock.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Measures the peak memory of a program with all its children, according to Linux. PostgreSQL's servers among them are
 * counted separately, since they use what their settings allow.
 *
 * <p>One thread.
 */
final class PeakMemory {

    private static final String SERVER = "postgres";

    private long alone;
    private long withPrograms;
    private long servers;

    /** Measures {@code program} and its descendants; ended ones have no memory. */
    void look(ProcessHandle program) {
        Map<String, Long> own = status(program);
        Map<Boolean, List<Map<String, Long>>> others = program.descendants()
                .collect(Collectors.partitioningBy(
                        PeakMemory::isServer, Collectors.mapping(PeakMemory::status, Collectors.toList())));
        alone = Math.max(alone, peak(own));
        // Sums the peaks of all: at least the peak of the sum, and shared memory counts for each.
        withPrograms = Math.max(
                withPrograms,
                peak(own)
                        + others.get(false).stream().mapToLong(PeakMemory::peak).sum());
        servers = Math.max(servers, together(others.get(true)));
    }

    private static long peak(Map<String, Long> status) {
        return status.getOrDefault("VmHWM", 0L);
    }

    /** Returns their private memory, and their shared memory once. */
    private static long together(List<Map<String, Long>> processes) {
        return processes.stream()
                        .mapToLong(one -> one.getOrDefault("RssAnon", 0L))
                        .sum()
                + Stream.of("RssFile", "RssShmem")
                        .mapToLong(shared -> processes.stream()
                                .mapToLong(one -> one.getOrDefault(shared, 0L))
                                .max()
                                .orElse(0))
                        .sum();
    }

    private static boolean isServer(ProcessHandle process) {
        try {
            return Files.readString(file(process, "comm")).strip().equals(SERVER);
        } catch (IOException e) {
            return false; // it has ended
        }
    }

    /** Returns its memory of each kind, in KiB; proc_pid_status(5). */
    private static Map<String, Long> status(ProcessHandle process) {
        Map<String, Long> all = new HashMap<>();
        try (Stream<String> lines = Files.lines(file(process, "status"))) {
            lines.filter(line -> line.endsWith(" kB")).forEach(line -> {
                String[] words = line.split("\\s+");
                all.put(words[0].replace(":", ""), Long.parseLong(words[1]));
            });
        } catch (IOException | UncheckedIOException e) {
            return Map.of(); // it has ended
        }
        return all;
    }

    private static Path file(ProcessHandle process, String name) {
        return Path.of("/proc", Long.toString(process.pid()), name);
    }

    /** Returns the memory of the program alone, in MB. */
    double aloneMb() {
        return alone / 1024.0;
    }

    /** Returns the memory with the programs that it has started, without servers. */
    double withProgramsMb() {
        return withPrograms / 1024.0;
    }

    /** Returns the memory of the servers that it has started. */
    double serversMb() {
        return servers / 1024.0;
    }
}
