package dev.interlock.adminclient;

import dev.interlock.evidence.MalformedException;
import dev.interlock.linux.ProcessStat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The process that started a run, identified beyond doubt on this machine. Process numbers are reused; a number
 * together with its start time is not.
 *
 * <p>A process names itself, and can thereby only end its own run sooner. A process that the gateway cannot see when
 * the run begins is not stored.
 *
 * @param boot the start of the machine, from {@code /proc/sys/kernel/random/boot_id}
 * @param began the time when it began, in clock ticks since that start: field 22 of {@code /proc/PID/stat} (proc(5))
 */
public record RunProcess(String boot, long pid, long began) {

    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    private static final Pattern TEXT = Pattern.compile("([0-9a-f-]{36}) ([1-9][0-9]{0,9}) ([0-9]{1,18})");

    /** Returns this process; empty if {@code /proc} does not show it. */
    public static Optional<RunProcess> current() {
        long pid = ProcessHandle.current().pid();
        try {
            return Optional.of(
                    new RunProcess(bootNow(), pid, ProcessStat.of(pid).began()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Returns whether it still runs. A process that has ended and was not waited for yet does not. */
    public boolean isAlive() {
        try {
            ProcessStat stat = ProcessStat.of(pid);
            return bootNow().equals(boot) && stat.began() == began && !stat.isOver();
        } catch (IOException e) {
            return false;
        }
    }

    private static String bootNow() throws IOException {
        return Files.readString(BOOT).strip();
    }

    public String text() {
        return boot + " " + pid + " " + began;
    }

    /** Reads a text of {@link #text}; throws {@link MalformedException} if it is anything else. */
    public static RunProcess parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new MalformedException("a run's process must be written as boot id, process id and start time");
        }
        return new RunProcess(matcher.group(1), Long.parseLong(matcher.group(2)), Long.parseLong(matcher.group(3)));
    }
}
