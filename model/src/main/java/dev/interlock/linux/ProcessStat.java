package dev.interlock.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel tells of a process in {@code /proc/PID/stat} (proc(5)).
 *
 * @param state field 3, one letter
 * @param threads field 20
 * @param began field 22: when it began, in clock ticks since the machine's start
 */
public record ProcessStat(String state, long threads, long began) {

    /** Of the fields behind the program's name, which is the second and may hold anything. */
    private static final int STATE = 0;

    private static final int THREADS = 17;

    private static final int BEGAN = 19;

    /**
     * Reads that of {@code pid}.
     *
     * @throws IOException if there is no such process, or nothing shows it
     */
    public static ProcessStat of(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
        String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
        try {
            return new ProcessStat(fields[STATE], Long.parseLong(fields[THREADS]), Long.parseLong(fields[BEGAN]));
        } catch (ArrayIndexOutOfBoundsException | NumberFormatException e) {
            throw new IOException("the process's state is not as proc(5) has it", e);
        }
    }

    /** Whether it has ended, and was perhaps not waited for yet. */
    public boolean isOver() {
        return state.matches("[ZXx]");
    }
}
