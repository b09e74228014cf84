package dev.interlock.backup.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What this machine did to a program that read a backup, or somebody who may end it: it was killed, found no room, or
 * could not be started, or the machine has not got what it needs. It says nothing about the backup.
 */
public final class DisturbedException extends BackupException {

    private static final long serialVersionUID = 1L;

    /** 128 and SIGHUP, SIGINT, SIGKILL, SIGTERM: signals that others send. What crashes by itself ends with another. */
    private static final Set<Integer> ENDED_BY_OTHERS = Set.of(129, 130, 137, 143);

    /**
     * What programs say, in the locale C, who are given too little, or are told to end: the C library's words
     * (strerror(3)), PostgreSQL's, and what begins with the name of what starts them.
     */
    private static final List<String> WORDS = List.of(
            "No space left on device",
            "could not extend file", // PostgreSQL's, also where half of a page found room
            "Disk quota exceeded",
            "Cannot allocate memory",
            "Resource temporarily unavailable",
            "Cannot fork", // a shell's, of the same
            "Too many open files",
            "out of memory",
            "terminated by user",
            "was terminated by signal 9",
            "was terminated by signal 15",
            "deadlock detected", // of a scratch server, in which rows are summed while indexes are made
            "due to administrator command",
            "received fast shutdown request",
            "received smart shutdown request",
            "received immediate shutdown request");

    private static final List<String> STARTERS = List.of("bwrap: ", "setpriv: ", "prlimit: ", "choom: ");

    /** What a server writes before each line of its log, PostgreSQL's {@code log_line_prefix}. */
    private static final String PREFIX = "(?:[^\\[]{0,60}\\[[0-9]+] )?";

    /** Where PostgreSQL and its programs begin to quote what they read; until they say something else. */
    private static final Pattern QUOTES = Pattern.compile(
            PREFIX + "(?:DETAIL|CONTEXT|STATEMENT|QUERY|HINT): |LINE [0-9]+: |(?:pg_restore: error: )?Command was: ");

    private static final Pattern VERDICT = Pattern.compile(PREFIX + "(?:ERROR|FATAL|PANIC|LOG|WARNING|NOTICE): "
            + "|(?:pg_restore|psql|pg_dump|postgres)(?::[^ ]*)?: |(?:bwrap|setpriv|prlimit|choom): ");

    /** A name or a value. */
    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");

    public DisturbedException(String message) {
        super(message);
    }

    public DisturbedException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * Whether a program that ended with {@code exit} was ended, or starved, by something else than what it read. Who
     * wrote that can have it say the same: then it was not tried, which makes no backup count.
     *
     * @param exit as a shell counts: 128 and a signal's number
     * @param words the last of its standard error
     */
    static boolean is(int exit, String words) {
        return ENDED_BY_OTHERS.contains(exit) || isIn(words);
    }

    /** Whether {@code words} of a program say so, by themselves. */
    public static boolean isIn(String words) {
        return own(words).stream().anyMatch(DisturbedException::says);
    }

    /**
     * The lines of {@code words} that a program says itself: rows and statements that it quotes may hold anything, as
     * tables of jobs and alerts do.
     */
    public static List<String> own(String words) {
        return spoken(words).stream().map(DisturbedException::unquoted).toList();
    }

    /** {@code line} without the names and values in it. */
    public static String unquoted(String line) {
        return QUOTED.matcher(line).replaceAll("");
    }

    /** As {@link #own}, with the names and values that stand in them. */
    public static List<String> spoken(String words) {
        List<String> spoken = new ArrayList<>();
        boolean quoting = false;
        for (String line : words.lines().toList()) {
            quoting = QUOTES.matcher(line).lookingAt()
                    || (quoting && !VERDICT.matcher(line).lookingAt());
            if (!quoting) {
                spoken.add(line);
            }
        }
        return spoken;
    }

    private static boolean says(String line) {
        return WORDS.stream().anyMatch(line::contains) || STARTERS.stream().anyMatch(line::startsWith);
    }
}
