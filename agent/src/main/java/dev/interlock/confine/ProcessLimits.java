package dev.interlock.confine;

import dev.interlock.evidence.Keyword;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The resource limits of an agent's processes, as the kernel counts them: processes per user, all others per process.
 * They are set before any privilege is dropped, so that nothing inside can raise them. They never exceed the limits
 * already in force.
 */
public record ProcessLimits(Map<LimitedResource, Long> most) {

    private static final long KIB = 1L << 10;
    private static final long GIB = 1L << 30;
    private static final String CORE = "Max core file size";
    private static final int SOFT = 0;
    private static final int HARD = 1;

    public enum LimitedResource implements Keyword {
        /** Processes and threads of the agent's user, including those of its other sandboxes. */
        PROCESSES("--nproc", "Max processes", 4_096),
        OPEN_FILES("--nofile", "Max open files", 64 * KIB),
        /** Bytes of one file that is written. */
        FILE_SIZE("--fsize", "Max file size", 32 * GIB),
        /** Bytes of memory that one process can write, shared memory not counted. */
        MEMORY("--data", "Max data size", 16 * GIB),
        CPU("--cpu", "Max cpu time", 24 * 3_600);

        private final String option;
        private final String line;
        private final long usual;

        LimitedResource(String option, String line, long usual) {
            this.option = option;
            this.line = line;
            this.usual = usual;
        }

        private static LimitedResource of(String word) {
            return Arrays.stream(values())
                    .filter(kind -> kind.word().equals(word))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("`" + word + "` is not one of "
                            + Arrays.stream(values()).map(LimitedResource::word).collect(Collectors.joining(", "))));
        }
    }

    /** The usual limits: far above the needs of work, and low enough that a host survives them. */
    public static final ProcessLimits USUAL = new ProcessLimits(
            Arrays.stream(LimitedResource.values()).collect(Collectors.toMap(kind -> kind, kind -> kind.usual)));

    private static final Map<Character, Long> UNITS = Map.of('K', KIB, 'M', KIB * KIB, 'G', GIB);

    public ProcessLimits {
        most = Collections.unmodifiableMap(new TreeMap<>(most));
    }

    /**
     * Returns these limits, changed by {@code said}, as {@code processes} and {@code 500}, or {@code memory} and
     * {@code 4G}.
     *
     * @throws IllegalArgumentException if a name or a number is not valid
     */
    public ProcessLimits with(Map<String, String> said) {
        Map<LimitedResource, Long> changed = new TreeMap<>(most);
        said.forEach((word, text) -> changed.put(LimitedResource.of(word), number(word, text)));
        return new ProcessLimits(changed);
    }

    private static long number(String word, String text) {
        long unit = text.isEmpty() ? 1 : UNITS.getOrDefault(text.charAt(text.length() - 1), 1L);
        try {
            long number =
                    Math.multiplyExact(Long.parseLong(unit == 1 ? text : text.substring(0, text.length() - 1)), unit);
            if (number > 0) {
                return number;
            }
        } catch (NumberFormatException | ArithmeticException e) {
            // Reported below.
        }
        throw new IllegalArgumentException(
                "the limit of `" + word + "` must be a whole number above 0, optionally followed by K, M or G");
    }

    /**
     * Programs that cannot start another one report it in their own way, or not at all.
     *
     * @param inside the sandbox's own processes
     */
    void requireRoom(int uid, int inside) throws IOException, SandboxException {
        long wanted = most.getOrDefault(LimitedResource.PROCESSES, Long.MAX_VALUE);
        if (wanted >= LimitedResource.PROCESSES.usual) {
            return;
        }
        int running = Host.tasks(uid);
        if (wanted < running + inside) {
            throw SandboxException.ofOrder(
                    "`--limit processes=" + wanted + "` is too low for a sandbox: user " + uid + " already has "
                            + running + " processes and threads, and a sandbox alone needs " + inside + ".",
                    "Give at least `--limit processes=" + (running + 2L * inside)
                            + "`, and more for what the agent starts.");
        }
    }

    List<String> holding() throws IOException {
        return holding(Files.readAllLines(Path.of("/proc/self/limits")));
    }

    /** @param lines the limits in force, as the kernel shows them */
    List<String> holding(List<String> lines) {
        // No core dump. A kernel that pipes dumps to a program obeys no other limit than 1; a hardened machine may
        // have set 0, which only root could raise.
        List<String> command =
                new ArrayList<>(List.of("/usr/bin/prlimit", "--core=" + Math.min(1, column(lines, CORE, HARD))));
        most.forEach((kind, wanted) -> {
            long most = Math.min(wanted, column(lines, kind.line, HARD));
            // Programs that need more open files than the usual few raise the limit themselves, and some walk through
            // all they may have.
            long soft = kind == LimitedResource.OPEN_FILES ? Math.min(most, column(lines, kind.line, SOFT)) : most;
            command.add(kind.option + "=" + soft + ":" + most);
        });
        command.add("--");
        return command;
    }

    /** A line has a name, the soft limit, the hard limit and perhaps a unit. */
    private static long column(List<String> lines, String name, int column) {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip().split("\\s+", -1))
                .filter(columns -> columns.length > column && !columns[column].equals("unlimited"))
                .mapToLong(columns -> Long.parseLong(columns[column]))
                .findFirst()
                .orElse(Long.MAX_VALUE);
    }
}
