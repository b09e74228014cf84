package dev.interlock.telemetry;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.RuntimeMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/** The standard process metrics of Prometheus, read from Linux. */
public final class ProcessMetrics {

    private static final long PAGE_BYTES = 4096;

    private ProcessMetrics() {}

    public static void in(Metrics metrics) {
        RuntimeMXBean runtime = ManagementFactory.getRuntimeMXBean();
        metrics.gauge(
                "process_start_time_seconds",
                "Start time of the process, in seconds since 1970.",
                () -> runtime.getStartTime() / 1e3);
        metrics.count("process_cpu_seconds_total", "Processor time of user and system.", ProcessMetrics::cpuSeconds);
        metrics.gauge("process_resident_memory_bytes", "Memory in use.", ProcessMetrics::residentBytes);
        metrics.gauge("process_open_fds", "Open files.", ProcessMetrics::openFiles);
        metrics.gauge(
                "jvm_memory_used_bytes",
                "Heap memory in use.",
                () -> ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        metrics.gauge(
                "jvm_threads_current",
                "Platform threads.",
                () -> ManagementFactory.getThreadMXBean().getThreadCount());
    }

    private static double cpuSeconds() {
        return ProcessHandle.current()
                        .info()
                        .totalCpuDuration()
                        .orElse(Duration.ZERO)
                        .toNanos()
                / 1e9;
    }

    // proc(5): the second field counts resident pages.
    private static double residentBytes() {
        try {
            String[] fields = Files.readString(Path.of("/proc/self/statm")).split(" ", 3);
            return Long.parseLong(fields[1]) * (double) PAGE_BYTES;
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    private static double openFiles() {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        } catch (IOException e) {
            return Double.NaN;
        }
    }
}
