package dev.interlock.undo;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.evidence.Json;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.store.Sql;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Encrypted states in a table. */
public final class SqliteStateStore implements StateStore {

    public static final List<Schema> SCHEMAS = List.of(
            new Schema(
                    "undo",
                    1,
                    """
                    CREATE TABLE undo_state (
                        receipt TEXT PRIMARY KEY, agent TEXT NOT NULL, scope TEXT NOT NULL, upstream TEXT NOT NULL, subject TEXT NOT NULL,
                        at INTEGER NOT NULL, until INTEGER NOT NULL, ended INTEGER, size INTEGER NOT NULL,
                        content BLOB NOT NULL) STRICT\
                    """,
                    "CREATE INDEX undo_state_agent ON undo_state (agent, size)",
                    "CREATE INDEX undo_state_subject ON undo_state (subject)",
                    "CREATE INDEX undo_state_until ON undo_state (until)"),
            new Schema(
                    "undo",
                    2,
                    "DROP INDEX undo_state_subject",
                    "CREATE INDEX undo_state_ended ON undo_state (upstream, ended)"),
            new Schema("undo", 3, "ALTER TABLE undo_state ADD COLUMN undoing TEXT"),
            // Which gateway makes the call.
            new Schema("undo", 4, "ALTER TABLE undo_state ADD COLUMN node TEXT NOT NULL DEFAULT ''"));

    private final Database database;
    private final String node;

    /**
     * Creates it on a database that was opened with {@link #SCHEMAS}.
     *
     * @param node the gateway, if several share the database; else empty
     */
    public SqliteStateStore(Database database, String node) {
        this.database = database;
        this.node = node;
    }

    @Override
    public void endAll() {
        database.write(sql -> {
            // Who is alone numbers anew at each start. What was moved from there is over as well.
            sql.update("UPDATE undo_state SET ended = 0, node = ? WHERE node = '' OR ? = ''", node, node);
            return sql.update("UPDATE undo_state SET ended = ? WHERE node = ? AND ended IS NULL", sql.number(), node);
        });
    }

    @Override
    public long nextReading() {
        return database.read(Sql::number);
    }

    @Override
    public UndoStore.KeepResult keep(KeptState state, long number, Instant now) {
        return database.writeForLease(state.scope().root(), sql -> {
            sql.update("DELETE FROM undo_state WHERE until <= ?", now.toEpochMilli());
            boolean isChanged = sql.one(
                            row -> row.getLong(1),
                            "SELECT count(*) FROM undo_state WHERE upstream = ? AND (ended IS NULL OR ended > ?) AND (subject IN (?, '') OR ? = '')",
                            state.upstream(),
                            number,
                            state.subject(),
                            state.subject())
                    .filter(changes -> changes > 0)
                    .isPresent();
            if (isChanged) {
                return UndoStore.KeepResult.CHANGED;
            }
            if (!hasRoom(sql, state.scope().agent(), state.content().length(), now)) {
                return UndoStore.KeepResult.FULL;
            }
            sql.update(
                    "INSERT INTO undo_state (receipt, agent, scope, upstream, subject, at, until, size, content, node) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    state.receipt(),
                    state.scope().agent(),
                    write(state.scope()).canonicalText(),
                    state.upstream(),
                    state.subject(),
                    state.at().toEpochMilli(),
                    state.until().toEpochMilli(),
                    state.content().length(),
                    state.content().toArray(),
                    node);
            return UndoStore.KeepResult.KEPT;
        });
    }

    @Override
    public boolean hasRoom(String agent, long bytes, Instant now) {
        return database.read(sql -> hasRoom(sql, agent, bytes, now));
    }

    private static boolean hasRoom(Sql sql, String agent, long bytes, Instant now) {
        return sql.one(
                        row -> row.getLong(1) + bytes <= UndoStore.MAX_TOTAL
                                && row.getLong(2) + bytes <= UndoStore.MAX_AGENT,
                        "SELECT coalesce(sum(size), 0), coalesce(sum(CASE WHEN agent = ? THEN size END), 0) FROM undo_state WHERE until > ?",
                        agent,
                        now.toEpochMilli())
                .orElse(false);
    }

    @Override
    public void end(String receipt) {
        database.write(sql -> sql.update("UPDATE undo_state SET ended = ? WHERE receipt = ?", sql.number(), receipt));
    }

    @Override
    public void drop(String receipt) {
        database.write(sql -> sql.update("DELETE FROM undo_state WHERE receipt = ?", receipt));
    }

    @Override
    public void undone(String receipt, String undoing) {
        database.write(sql -> sql.update("UPDATE undo_state SET undoing = ? WHERE receipt = ?", undoing, receipt));
    }

    @Override
    public Optional<String> undoing(String receipt) {
        return database.read(sql -> sql.one(
                row -> row.getString("undoing"),
                "SELECT undoing FROM undo_state WHERE receipt = ? AND undoing IS NOT NULL",
                receipt));
    }

    @Override
    public Optional<KeptState> find(String receipt, Instant now) {
        return database.read(sql -> sql.one(
                SqliteStateStore::row,
                "SELECT receipt, scope, upstream, subject, at, until, content FROM undo_state WHERE receipt = ? AND until > ?",
                receipt,
                now.toEpochMilli()));
    }

    private static KeptState row(ResultSet row) throws SQLException {
        return new KeptState(
                row.getString("receipt"),
                read(Json.readObject(row.getString("scope").getBytes(StandardCharsets.UTF_8))),
                row.getString("upstream"),
                row.getString("subject"),
                Instant.ofEpochMilli(row.getLong("at")),
                Instant.ofEpochMilli(row.getLong("until")),
                Bytes.of(row.getBytes("content")));
    }

    private static Json.Members write(KeptState.LeaseScope scope) {
        return Json.object()
                .with("root", scope.root())
                .with("agent", scope.agent())
                .with("task", scope.task())
                .withOptional("template", scope.template())
                .withTexts("environments", scope.environments())
                .withTexts("impacts", scope.impacts().stream().map(Impact::word));
    }

    private static KeptState.LeaseScope read(Json.Members scope) {
        return new KeptState.LeaseScope(
                scope.text("root"),
                scope.text("agent"),
                scope.text("task"),
                scope.optionalText("template"),
                Set.copyOf(scope.texts("environments")),
                scope.texts("impacts").stream().map(Impact::of).collect(Collectors.toSet()));
    }
}
