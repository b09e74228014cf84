package dev.interlock.store;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The marks in a table. */
public final class SqliteLedgerMarkStore implements LedgerMarkStore {

    /**
     * The table, which must be made before all others. A store of a version without marks gets one that names no log:
     * it is neither new nor known to be in step.
     */
    public static final List<Schema> SCHEMAS = List.of(
            new Schema(
                    "ledger_mark",
                    1,
                    """
                    CREATE TABLE ledger_mark (
                        id INTEGER PRIMARY KEY, origin TEXT NOT NULL, size INTEGER NOT NULL, at INTEGER NOT NULL) STRICT""",
                    "INSERT INTO ledger_mark SELECT 1, '', 0, 0 WHERE EXISTS (SELECT 1 FROM store_schema)"),
            // Gateways that take turns on one store have a ledger each.
            new Schema("ledger_mark", 2, "CREATE UNIQUE INDEX ledger_mark_origin ON ledger_mark (origin)"));

    private final Database database;

    /** Creates it on a database that was opened with {@link #SCHEMAS}. */
    public SqliteLedgerMarkStore(Database database) {
        this.database = database;
    }

    @Override
    public Optional<LedgerMark> read(String origin) {
        return database.read(sql -> sql.one(
                row -> new LedgerMark(row.getString(1), row.getLong(2), Instant.ofEpochMilli(row.getLong(3))),
                "SELECT origin, size, at FROM ledger_mark ORDER BY origin = ? DESC LIMIT 1",
                origin));
    }

    @Override
    public void write(LedgerMark mark) {
        database.write(sql -> sql.update(
                "INSERT INTO ledger_mark (id, origin, size, at) SELECT coalesce(max(id), 0) + 1, ?, ?, ? FROM ledger_mark WHERE true ON CONFLICT (origin) DO UPDATE SET size = excluded.size, at = excluded.at",
                mark.origin(),
                mark.size(),
                mark.at().toEpochMilli()));
    }
}
