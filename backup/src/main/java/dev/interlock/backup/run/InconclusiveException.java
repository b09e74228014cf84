package dev.interlock.backup.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** A failure that this machine, or somebody who may end jobs, has caused; it says nothing about the backup. */
public final class InconclusiveException extends BackupException {

    /** 128 plus SIGHUP, SIGINT, SIGKILL or SIGTERM, which others send; a program that crashes ends with another. */
    private static final Set<Integer> ENDED_BY_OTHERS = Set.of(129, 130, 137, 143);

    /** What programs say in the locale C if they lack resources or were asked to end: strerror(3) and PostgreSQL. */
    private static final List<String> WORDS = List.of(
            "No space left on device",
            "could not extend file", // PostgreSQL's, also if only half a page was written
            "Disk quota exceeded",
            "Cannot allocate memory",
            "Resource temporarily unavailable",
            "Cannot fork", // a shell's message for the same
            "Too many open files",
            "out of memory",
            "terminated by user",
            "was terminated by signal 9",
            "was terminated by signal 15",
            "deadlock detected", // of a scratch server that sums rows while it builds indexes
            "due to administrator command",
            "received fast shutdown request",
            "received smart shutdown request",
            "received immediate shutdown request");

    private static final List<String> STARTERS = List.of("bwrap: ", "setpriv: ", "prlimit: ", "choom: ");
    /** The beginning of each line in a server's log, PostgreSQL's {@code log_line_prefix}. */
    private static final String PREFIX = "(?:[^\\[]{0,60}\\[[0-9]+] )?";

    /** Lines at which PostgreSQL and its programs begin to quote their input, until their next own message. */
    private static final Pattern QUOTES = Pattern.compile(
            PREFIX + "(?:DETAIL|CONTEXT|STATEMENT|QUERY|HINT): |LINE [0-9]+: |(?:pg_restore: error: )?Command was: ");

    private static final Pattern VERDICT = Pattern.compile(
            PREFIX
                    + "(?:ERROR|FATAL|PANIC|LOG|WARNING|NOTICE): |(?:pg_restore|psql|pg_dump|postgres)(?::[^ ]*)?: |(?:bwrap|setpriv|prlimit|choom): ");

    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");

    public InconclusiveException(String message) {
        super(message);
    }

    public InconclusiveException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * Returns whether something other than its input ended or starved a program, by its {@code exit} as in a shell and
     * the end of its standard error. The author of the input can cause the same; then the backup does not count.
     */
    static boolean is(int exit, String words) {
        return ENDED_BY_OTHERS.contains(exit) || isIn(words);
    }

    public static boolean isIn(String words) {
        return own(words).stream().anyMatch(InconclusiveException::says);
    }

    /** Returns the lines that are a program's own. Quoted rows and statements may contain anything. */
    public static List<String> own(String words) {
        return ownAndQuoted(words).stream().map(InconclusiveException::unquoted).toList();
    }

    public static String unquoted(String line) {
        return QUOTED.matcher(line).replaceAll("");
    }

    public static List<String> ownAndQuoted(String words) {
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
