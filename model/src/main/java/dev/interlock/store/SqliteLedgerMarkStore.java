package dev.interlock.store;

import java.time.Instant;
import java.util.Optional;

/** The mark in a SQLite file. */
public final class SqliteLedgerMarkStore implements LedgerMarkStore {

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

    private final Database database;

    /** Creates it on a database that was opened with {@link #SCHEMA}. */
    public SqliteLedgerMarkStore(Database database) {
        this.database = database;
    }

    @Override
    public Optional<LedgerMark> read() {
        return database.read(sql -> sql.one(
                row -> new LedgerMark(row.getString(1), row.getLong(2), Instant.ofEpochMilli(row.getLong(3))),
                "SELECT origin, size, at FROM ledger_mark"));
    }

    @Override
    public void write(LedgerMark mark) {
        database.write(sql -> sql.update(
                "INSERT OR REPLACE INTO ledger_mark (id, origin, size, at) VALUES (1, ?, ?, ?)",
                mark.origin(),
                mark.size(),
                mark.at().toEpochMilli()));
    }
}
