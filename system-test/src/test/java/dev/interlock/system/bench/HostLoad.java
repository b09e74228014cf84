package dev.interlock.system.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The processor time that others took from this machine: what its host stole, and what processes used that this one did
 * not start. Threads of the kernel do not count, because they mostly work for what is measured.
 *
 * @param stolen hundredths of a second since the machine started
 * @param foreign hundredths of a second of all processes that live now
 * @param nanos the time of the measurement
 */
record HostLoad(long stolen, long foreign, long nanos) {

    private static final long KERNEL = 2;

    /** Percent of all processors. */
    record Share(double steal, double foreign) {
        boolean isQuiet() {
            return steal + foreign <= 5;
        }
    }

    static HostLoad now() throws IOException {
        String[] all = Files.readString(Path.of("/proc/stat"))
                .lines()
                .findFirst()
                .orElseThrow()
                .split(" +", -1);
        Set<Long> own = new HashSet<>(Set.of(ProcessHandle.current().pid()));
        ProcessHandle.current().descendants().forEach(process -> own.add(process.pid()));
        long foreign = 0;
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            for (Path process : processes.filter(HostLoad::isProcess).toList()) {
                if (!own.contains(Long.parseLong(process.getFileName().toString()))) {
                    foreign += used(process);
                }
            }
        }
        return new HostLoad(Long.parseLong(all[8]), foreign, System.nanoTime());
    }

    private static boolean isProcess(Path path) {
        return Character.isDigit(path.getFileName().toString().charAt(0));
    }

    /** Returns what a process has used, with its ended children. */
    private static long used(Path process) {
        try {
            String stat = Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
            List<Long> fields = Stream.of(
                            stat.substring(stat.lastIndexOf(')') + 4).split(" ", -1))
                    .limit(14)
                    .map(Long::valueOf)
                    .collect(Collectors.toList());
            return fields.get(0) == KERNEL || fields.get(0) == 0 && fields.get(1) == 0
                    ? 0
                    : fields.get(10) + fields.get(11) + fields.get(12) + fields.get(13);
        } catch (IOException e) {
            return 0; // it has ended
        }
    }

    /** Returns the share since {@code before}. */
    Share since(HostLoad before) {
        double hundredths = (nanos - before.nanos) / 1e7 * Runtime.getRuntime().availableProcessors();
        return new Share(
                100 * (stolen - before.stolen) / hundredths,
                Math.max(0, 100 * (foreign - before.foreign) / hundredths));
    }
}
