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
 * The process that started a run, by what no other one ever has on this machine: numbers are given again, a number with
 * the moment at which it was given is not.
 *
 * <p>It is the process's own word, and can only end its own run sooner: one that this process does not see alive when
 * it is first told of is kept by nobody.
 *
 * @param boot which start of the machine, from {@code /proc/sys/kernel/random/boot_id}
 * @param pid its number
 * @param began when it began, in clock ticks since that start: field 22 of {@code /proc/PID/stat} (proc(5))
 */
public record Runner(String boot, long pid, long began) {

    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    private static final Pattern TEXT = Pattern.compile("([0-9a-f-]{36}) ([1-9][0-9]{0,9}) ([0-9]{1,18})");

    /** This process; empty where {@code /proc} does not show it. */
    public static Optional<Runner> current() {
        long pid = ProcessHandle.current().pid();
        try {
            return Optional.of(new Runner(bootNow(), pid, ProcessStat.of(pid).began()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Whether it is there still. One that has ended and was not waited for yet is not. */
    public boolean lives() {
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

    /** As it is told and kept. */
    public String text() {
        return boot + " " + pid + " " + began;
    }

    /**
     * Reads what {@link #text} wrote.
     *
     * @throws MalformedException if it is anything else
     */
    public static Runner parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new MalformedException("a run's process is written as its boot, its number and when it began");
        }
        return new Runner(matcher.group(1), Long.parseLong(matcher.group(2)), Long.parseLong(matcher.group(3)));
    }
}
