package dev.interlock.system.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The processor time and the memory of a program with all its processes, as the kernel counts them. Unlike rates, the
 * time says the same on a busy machine.
 */
public final class ProgramUse {

    /** Linux counts in hundredths of a second for every program, whatever its own clock does. */
    private static final double TICK_MICROS = 10_000;

    private final List<Long> processes;

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

    /** Returns the microseconds of processor time that it has used, in all its threads. */
    public double cpuMicros() throws IOException {
        double sum = 0;
        for (long process : processes) {
            // The program's name may have spaces, so that fields are counted from behind it.
            String stat = Files.readString(Path.of("/proc", Long.toString(process), "stat"), StandardCharsets.UTF_8);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            sum += (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_MICROS;
        }
        return sum;
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
