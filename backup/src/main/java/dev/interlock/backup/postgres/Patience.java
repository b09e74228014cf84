package dev.interlock.backup.postgres;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.DisturbedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * For how long a table is waited for that somebody has locked. Whoever dumps has all others locked meanwhile, and
 * whoever wants to change one of those waits too, with everybody behind them: a backup must not be what stops
 * production, nor what keeps other plans from theirs.
 */
record Patience(Duration limit) {

    /** What people do to a table of a system that works takes seconds. */
    static final Patience USUAL = new Patience(Duration.ofMinutes(5));

    /** For how long whoever has somebody's lock is asked after: a server that went away just then answers nobody. */
    private static final Duration ASKING = Duration.ofMinutes(1);

    /** PostgreSQL's words, in the locale C: what ends {@code pg_dump} is a time limit of its statements. */
    private static final List<String> WORDS =
            List.of("canceling statement due to lock timeout", "canceling statement due to statement timeout");

    /** What keeps others from reading until its transaction ends; whose it is, a person has to find out. */
    private static final String LOCKED = """
            SELECT DISTINCT format('%I.%I', n.nspname, c.relname), coalesce('process ' || l.pid, 'a prepared transaction')
            FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.granted
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relpersistence <> 't'
              AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            ORDER BY 1 LIMIT 5
            """;

    /** Has {@code session} wait no longer. */
    void in(SqlSession session) throws IOException {
        session.run("SET lock_timeout = " + limit.toMillis());
    }

    /** Has what {@code pgDump} starts wait no longer. */
    void in(List<String> pgDump) {
        pgDump.add("--lock-wait-timeout=" + limit.toMillis());
    }

    /** {@code failure}, or, where somebody's lock was why, one that says what is locked and by whom. */
    BackupException told(BackupException failure, Path programs, Postgres postgres) {
        String words = String.valueOf(failure.getMessage());
        if (failure instanceof DisturbedException || !isLock(words)) {
            return failure;
        }
        return new BackupException(
                "somebody keeps locked what is to be read, for longer than " + limit.toSeconds() + " s: "
                        + locked(programs, postgres) + "; " + words,
                failure);
    }

    private static boolean isLock(String words) {
        return DisturbedException.own(words).stream()
                .anyMatch(line -> WORDS.stream().anyMatch(line::contains));
    }

    /** By programs of its own: those of the job have ended with what failed. */
    private String locked(Path programs, Postgres postgres) {
        List<String> locked = new ArrayList<>();
        try (Children asking = Children.within(limit.compareTo(ASKING) < 0 ? limit : ASKING);
                SqlSession session = SqlSession.open(
                        asking, programs, List.of(programs.resolve("psql").toString()), postgres.environment())) {
            session.run("SET statement_timeout = '10s'");
            List<String> values = session.query(LOCKED);
            for (int i = 0; i + 1 < values.size(); i += 2) {
                locked.add("`" + values.get(i) + "` by " + values.get(i + 1) + " of the server");
            }
        } catch (IOException | UncheckedIOException e) {
            return "which tables could not be asked";
        }
        return locked.isEmpty() ? "by now it was let go" : String.join(", ", locked);
    }
}
