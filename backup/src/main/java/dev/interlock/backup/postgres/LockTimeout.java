package dev.interlock.backup.postgres;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.InconclusiveException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Limits the wait for a table that somebody has locked. While a dump waits, it holds locks on all other tables. Whoever
 * wants to change one of those waits too, and everybody behind them. A backup must not stop production, nor delay other
 * plans.
 */
record LockTimeout(Duration limit) {

    /** The usual limit. In a working system, people's changes to a table take seconds. */
    static final LockTimeout USUAL = new LockTimeout(Duration.ofMinutes(5));

    /** Limits the query for the lock's holder, because the server may have just gone away. */
    private static final Duration ASKING = Duration.ofMinutes(1);

    /** PostgreSQL's messages in the locale C. {@code pg_dump} ends by its statement timeout. */
    private static final List<String> WORDS =
            List.of("canceling statement due to lock timeout", "canceling statement due to statement timeout");

    /** Selects the locks that block readers until their transaction ends. A person has to find their holder. */
    private static final String LOCKED = """
            SELECT DISTINCT format('%I.%I', n.nspname, c.relname), coalesce('process ' || l.pid, 'a prepared transaction')
            FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.granted
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relpersistence <> 't'
              AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            ORDER BY 1 LIMIT 5
            """;

    /** Applies the limit to {@code session}. */
    void in(SqlSession session) throws IOException {
        session.run("SET lock_timeout = " + limit.toMillis());
    }

    /** Applies the limit to the programs that {@code pgDump} starts. */
    void in(List<String> pgDump) {
        pgDump.add("--lock-wait-timeout=" + limit.toMillis());
    }

    /** Returns {@code failure}, or an exception that names the locked table and the holder if a lock was the cause. */
    BackupException told(BackupException failure, Path programs, PostgresConnection postgres) {
        String words = String.valueOf(failure.getMessage());
        if (failure instanceof InconclusiveException || !isLock(words)) {
            return failure;
        }
        return new BackupException(
                "tables to be read are locked for longer than " + limit.toSeconds() + " s: "
                        + locked(programs, postgres) + "; " + words,
                failure);
    }

    private static boolean isLock(String words) {
        return InconclusiveException.own(words).stream()
                .anyMatch(line -> WORDS.stream().anyMatch(line::contains));
    }

    /** Finds the lock with its own programs: those of the job have ended with the failure. */
    private String locked(Path programs, PostgresConnection postgres) {
        List<String> locked = new ArrayList<>();
        try (ChildProcesses asking = ChildProcesses.within(limit.compareTo(ASKING) < 0 ? limit : ASKING);
                SqlSession session = SqlSession.open(
                        asking, programs, List.of(programs.resolve("psql").toString()), postgres.environment())) {
            session.run("SET statement_timeout = '10s'");
            List<String> values = session.query(LOCKED);
            for (int i = 0; i + 1 < values.size(); i += 2) {
                locked.add("`" + values.get(i) + "` by " + values.get(i + 1) + " of the server");
            }
        } catch (IOException | UncheckedIOException e) {
            return "the locked tables could not be read";
        }
        return locked.isEmpty() ? "the lock has been released since" : String.join(", ", locked);
    }
}
