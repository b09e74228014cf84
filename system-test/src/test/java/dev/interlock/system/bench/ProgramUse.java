package dev.interlock.system.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The processor time and the memory of a program with all its processes, as the kernel counts them. Unlike rates, the
 * time says the same on a busy machine.
 */
public final class ProgramUse {

    private final List<Long> processes;

    /** What each thread had used when it was last seen, in nanoseconds. */
    private final Map<Path, Long> seen = new HashMap<>();

    private long nanos;
    private long compiling;

    private ProgramUse(List<Long> processes) {
        this.processes = processes;
    }

    static ProgramUse of(Process process) {
        return of(process.toHandle());
    }

    /** The program of {@code process}, with all processes that it has now. */
    public static ProgramUse of(ProcessHandle process) {
        return new ProgramUse(Stream.concat(Stream.of(process), process.descendants())
                .map(ProcessHandle::pid)
                .toList());
    }

    /** This process by itself. */
    static ProgramUse ofThisProcess() {
        return new ProgramUse(List.of(ProcessHandle.current().pid()));
    }

    /** Returns the microseconds of processor time that it has used, in all its threads but the compilers'. */
    public double cpuMicros() throws IOException {
        look();
        return nanos / 1e3;
    }

    /** Returns the same with the compilers' threads. */
    double allMicros() throws IOException {
        look();
        return (nanos + compiling) / 1e3;
    }

    /** A thread that ends keeps what it had used when it was last seen. */
    private void look() throws IOException {
        for (long process : processes) {
            List<Path> threads;
            try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(process), "task"))) {
                threads = tasks.toList();
            }
            for (Path thread : threads) {
                try {
                    String used = Files.readString(thread.resolve("schedstat"));
                    long now = Long.parseLong(used.substring(0, used.indexOf(' ')));
                    long more = now - seen.getOrDefault(thread, 0L);
                    seen.put(thread, now);
                    if (Files.readString(thread.resolve("comm")).matches("C[12] Compiler.*\\s*")) {
                        compiling += more;
                    } else {
                        nanos += more;
                    }
                } catch (NoSuchFileException e) {
                    // It has ended meanwhile.
                } catch (IOException e) {
                    if (Files.exists(thread)) {
                        throw e;
                    }
                }
            }
        }
    }

    /** Returns the megabytes in memory; of a page that several processes share each counts its part (PSS). */
    double proportionalMb() throws IOException {
        double sum = 0;
        for (long process : processes) {
            try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(process), "smaps_rollup"))) {
                sum += lines.filter(line -> line.startsWith("Pss:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                        .findFirst()
                        .orElseThrow();
            }
        }
        return sum / 1024;
    }
}
