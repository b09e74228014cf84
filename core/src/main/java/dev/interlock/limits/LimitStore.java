package dev.interlock.limits;

import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import java.util.List;
import java.util.function.Function;

/**
 * Stores what limits count, and freezes. Each method runs {@code work} in one transaction: all that it writes is
 * durable when the method returns, or none of it if the method throws. No other transaction's writes come between its
 * reads and its writes: of two that count against one limit, the second sees what the first has counted.
 *
 * <p>Every method throws {@link dev.interlock.store.StoreUnavailableException} if the store fails.
 */
public final class LimitStore {

    /** Its tables. */
    public static final List<Schema> SCHEMAS = List.of(new Schema(
            "velocity",
            1,
            """
            CREATE TABLE velocity_deed (
                id INTEGER PRIMARY KEY, attempt TEXT NOT NULL, at INTEGER NOT NULL, lease TEXT NOT NULL,
                person TEXT NOT NULL, agent TEXT NOT NULL, task TEXT NOT NULL, upstream TEXT NOT NULL,
                impacts INTEGER NOT NULL, content TEXT NOT NULL) STRICT""",
            "CREATE INDEX velocity_deed_at ON velocity_deed (at)",
            "CREATE INDEX velocity_deed_lease ON velocity_deed (lease, at)",
            "CREATE INDEX velocity_deed_person ON velocity_deed (person, at)",
            "CREATE INDEX velocity_deed_agent ON velocity_deed (agent, at)",
            "CREATE INDEX velocity_deed_attempt ON velocity_deed (attempt)",
            // The marks by which events are found.
            """
            CREATE TABLE velocity_mark (
                mark TEXT NOT NULL, deed INTEGER NOT NULL, PRIMARY KEY (mark, deed)) STRICT, WITHOUT ROWID""",
            "CREATE INDEX velocity_mark_deed ON velocity_mark (deed)",
            "CREATE TABLE velocity_clock (id INTEGER PRIMARY KEY, reached INTEGER NOT NULL) STRICT",
            """
            CREATE TABLE velocity_freeze (
                id TEXT PRIMARY KEY, intent TEXT NOT NULL, resources TEXT NOT NULL, agent TEXT NOT NULL,
                person TEXT NOT NULL, since TEXT NOT NULL, lifted TEXT, lifted_by TEXT) STRICT"""));

    private final Database database;

    /** Creates it on a database that was opened with {@link #SCHEMAS}. */
    public LimitStore(Database database) {
        this.database = database;
    }

    /** Reads one snapshot. */
    public <T> T read(Function<LimitRows, T> work) {
        return database.read(sql -> work.apply(new LimitRows(sql)));
    }

    /** Reads and writes. */
    public <T> T write(Function<LimitRows, T> work) {
        return database.write(sql -> work.apply(new LimitRows(sql)));
    }

    /** Reads and writes for an agent, whose root leases take turns; may throw a {@code QueueTimeoutException}. */
    public <T> T writeForLease(String lease, Function<LimitRows, T> work) {
        return database.writeForLease(lease, sql -> work.apply(new LimitRows(sql)));
    }
}
