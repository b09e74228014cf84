package dev.interlock.confirm;

import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Stores holds. Each method runs {@code work} in one transaction: all that it writes is durable when the method
 * returns, or none of it if the method throws. No other transaction's writes come between its reads and its writes.
 *
 * <p>Every method throws {@link dev.interlock.store.StoreUnavailableException} if the store fails.
 */
public final class HoldStore {

    /** Its tables. */
    public static final List<Schema> SCHEMAS = List.of(new Schema(
            "confirm",
            1,
            """
            CREATE TABLE confirm_hold (
                id TEXT PRIMARY KEY, lease TEXT NOT NULL, request TEXT NOT NULL, statement BLOB NOT NULL,
                classes TEXT NOT NULL, opened_at INTEGER NOT NULL, sign_by INTEGER NOT NULL, expires INTEGER NOT NULL,
                state TEXT NOT NULL, signed_at INTEGER NOT NULL DEFAULT 0, ending TEXT NOT NULL DEFAULT '',
                told INTEGER NOT NULL DEFAULT 0,
                seal TEXT GENERATED ALWAYS AS (json_extract(CAST(statement AS TEXT), '$.seal')) VIRTUAL,
                agent TEXT GENERATED ALWAYS AS (json_extract(CAST(statement AS TEXT), '$.agent')) VIRTUAL) STRICT""",
            """
            CREATE UNIQUE INDEX confirm_hold_live ON confirm_hold (lease, request)
                WHERE state IN ('open', 'signed')""",
            "CREATE INDEX confirm_hold_untold ON confirm_hold (id) WHERE state = 'expired' AND told = 0",
            "CREATE INDEX confirm_hold_lease ON confirm_hold (lease, expires)",
            "CREATE INDEX confirm_hold_agent ON confirm_hold (agent, sign_by)",
            // For queries on many holds, so that their statements need not be read.
            """
            CREATE INDEX confirm_hold_glance ON confirm_hold (id, state, lease, seal, sign_by)
                WHERE state IN ('open', 'signed')""",
            "CREATE INDEX confirm_hold_ended ON confirm_hold (opened_at, id) WHERE state NOT IN ('open', 'signed')",
            """
            CREATE TABLE confirm_signature (
                hold TEXT NOT NULL REFERENCES confirm_hold (id), person TEXT NOT NULL, key_class TEXT NOT NULL,
                fingerprint TEXT NOT NULL, armored TEXT NOT NULL, typed TEXT NOT NULL, at INTEGER NOT NULL,
                PRIMARY KEY (hold, person)) STRICT""",
            "CREATE INDEX confirm_signature_person ON confirm_signature (person, at)",
            "CREATE TABLE confirm_clock (id INTEGER PRIMARY KEY CHECK (id = 1), reached INTEGER NOT NULL) STRICT",
            // The body that would be sent, as people see it, with possible secrets masked. It is not signed.
            "CREATE TABLE confirm_body (hold TEXT PRIMARY KEY REFERENCES confirm_hold (id), spans TEXT NOT NULL) STRICT",
            // The texts of which the statement has only digests, each with its salt.
            "CREATE TABLE confirm_text (hold TEXT PRIMARY KEY REFERENCES confirm_hold (id), texts TEXT NOT NULL) STRICT",
            // Who was notified of a hold, and who has viewed it.
            """
            CREATE TABLE confirm_escalation (
                hold TEXT NOT NULL REFERENCES confirm_hold (id), rung TEXT NOT NULL, PRIMARY KEY (hold, rung)) STRICT""",
            """
            CREATE TABLE confirm_look (
                hold TEXT NOT NULL REFERENCES confirm_hold (id), peer TEXT NOT NULL, at INTEGER NOT NULL,
                PRIMARY KEY (hold, peer)) STRICT"""));

    private final Database database;
    private volatile Predicate<String> counts = _ -> false;
    private volatile Consumer<String> changed = _ -> {};

    /** Creates it on a database that was opened with {@link #SCHEMAS}. */
    public HoldStore(Database database) {
        this.database = database;
    }

    /**
     * Prepares the store; called once, before all else.
     *
     * @param keys tells whether the key of that fingerprint still counts; signatures by others are left out of what
     *     is read
     * @param signal is called for each changed hold after its transaction, even if that failed
     */
    void begin(Predicate<String> keys, Consumer<String> signal) {
        this.counts = keys;
        this.changed = signal;
    }

    /** Reads one snapshot. */
    public <T> T read(Function<HoldRows, T> work) {
        return database.read(sql -> work.apply(new HoldRows(sql, counts, changed)));
    }

    /** Reads and writes. */
    public <T> T write(Function<HoldRows, T> work) {
        return database.write(sql -> work.apply(new HoldRows(sql, counts, changed)));
    }

    /** Reads and writes for an agent, whose root leases take turns; may throw a {@code QueueTimeoutException}. */
    public <T> T writeForLease(String lease, Function<HoldRows, T> work) {
        return database.writeForLease(lease, sql -> work.apply(new HoldRows(sql, counts, changed)));
    }
}
