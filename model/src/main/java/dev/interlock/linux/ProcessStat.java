package dev.interlock.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The state of a process, from {@code /proc/PID/stat} (proc(5)).
 *
 * @param state field 3, one letter
 * @param threads field 20
 * @param began field 22: the time when it began, in clock ticks since the machine's start
 */
public record ProcessStat(String state, long threads, long began) {

    /** Positions among the fields behind the program's name. The name is the second field and may hold anything. */
    private static final int STATE = 0;

    private static final int THREADS = 17;

    private static final int BEGAN = 19;

    /**
     * Reads the state of {@code pid}; throws {@link IOException} if there is no such process, or {@code /proc} does not
     * show it.
     */
    public static ProcessStat of(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
        String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
        try {
            return new ProcessStat(fields[STATE], Long.parseLong(fields[THREADS]), Long.parseLong(fields[BEGAN]));
        } catch (ArrayIndexOutOfBoundsException | NumberFormatException e) {
            throw new IOException("the process's state is not in the form of proc(5)", e);
        }
    }

    /** Returns whether it has ended, even if nobody has waited for it yet. */
    public boolean isOver() {
        return state.matches("[ZXx]");
    }
}
