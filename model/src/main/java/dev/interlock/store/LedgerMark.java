package dev.interlock.store;

import java.time.Instant;
import java.util.Optional;

/**
 * The receipt up to which the store is known to hold everything that the ledger holds. A store from a backup has an
 * older mark than its ledger has receipts, and a new store has none.
 *
 * @param origin the log that the receipts are in
 * @param size how many receipts it had
 * @param at when the mark was written
 */
public record LedgerMark(String origin, long size, Instant at) {

    /**
     * The table, which must be made before all others. A store of a version without marks gets one that names no log:
     * it is neither new nor known to be in step.
     */
    public static final Schema SCHEMA = new Schema(
            "ledger_mark",
            1,
            """
            CREATE TABLE ledger_mark (
                id INTEGER PRIMARY KEY, origin TEXT NOT NULL, size INTEGER NOT NULL, at INTEGER NOT NULL) STRICT""",
            "INSERT INTO ledger_mark SELECT 1, '', 0, 0 WHERE EXISTS (SELECT 1 FROM store_schema)");

    /** Returns the mark of {@code database}; empty in a new store. */
    public static Optional<LedgerMark> read(Database database) {
        return database.read(sql -> sql.one(
                row -> new LedgerMark(row.getString(1), row.getLong(2), Instant.ofEpochMilli(row.getLong(3))),
                "SELECT origin, size, at FROM ledger_mark"));
    }

    /** Writes this mark, durably. */
    public void write(Database database) {
        database.write(sql -> sql.update(
                "INSERT OR REPLACE INTO ledger_mark (id, origin, size, at) VALUES (1, ?, ?, ?)",
                origin,
                size,
                at.toEpochMilli()));
    }
}
