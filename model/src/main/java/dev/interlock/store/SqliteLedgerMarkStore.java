package dev.interlock.store;

import java.time.Instant;
import java.util.List;
import java.util.Set;

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
            new Schema("ledger_mark", 2, "CREATE UNIQUE INDEX ledger_mark_origin ON ledger_mark (origin)"),
            new Schema("ledger_mark", 3, "ALTER TABLE ledger_mark ADD COLUMN key TEXT NOT NULL DEFAULT ''", """
                    CREATE TABLE ledger_mark_closed (
                        intent TEXT PRIMARY KEY, node TEXT NOT NULL, at INTEGER NOT NULL, receipt TEXT NOT NULL) STRICT"""));

    private final Database database;

    /** Creates it on a database that was opened with {@link #SCHEMAS}. */
    public SqliteLedgerMarkStore(Database database) {
        this.database = database;
    }

    @Override
    public List<LedgerMark> all() {
        return database.read(sql -> sql.all(
                row -> new LedgerMark(
                        row.getString(1), row.getLong(2), Instant.ofEpochMilli(row.getLong(3)), row.getString(4)),
                "SELECT origin, size, at, key FROM ledger_mark ORDER BY origin"));
    }

    @Override
    public void write(LedgerMark mark) {
        database.write(sql -> sql.update(
                "INSERT INTO ledger_mark (id, origin, size, at, key) SELECT coalesce(max(id), 0) + 1, ?, ?, ?, ? FROM ledger_mark WHERE true ON CONFLICT (origin) DO UPDATE SET size = excluded.size, at = excluded.at, key = excluded.key",
                mark.origin(),
                mark.size(),
                mark.at().toEpochMilli(),
                mark.key()));
    }

    @Override
    public List<String> claim(String node, List<String> intents, Instant now) {
        return database.write(sql -> intents.stream()
                .filter(intent -> sql.update(
                                "INSERT INTO ledger_mark_closed (intent, node, at, receipt) VALUES (?, ?, ?, '') ON CONFLICT (intent) DO UPDATE SET at = excluded.at WHERE ledger_mark_closed.receipt = '' AND ledger_mark_closed.at < ?",
                                intent,
                                node,
                                now.toEpochMilli(),
                                now.minus(CLOSING).toEpochMilli())
                        == 1)
                .toList());
    }

    @Override
    public void closed(String intent, String receipt) {
        database.write(
                sql -> sql.update("UPDATE ledger_mark_closed SET receipt = ? WHERE intent = ?", receipt, intent));
    }

    @Override
    public Set<String> closed(String node) {
        return database.read(sql -> Set.copyOf(sql.all(
                row -> row.getString(1),
                "SELECT intent FROM ledger_mark_closed WHERE node = ? AND receipt <> ''",
                node)));
    }
}
