package dev.interlock.undo;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.evidence.Json;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * Keeps states, encrypted, in the store.
 *
 * <p>Two calls may read the same state, and then both change it. The second would keep a state that is no longer there.
 * So each reading has a number, and a state is kept only if no call has changed it since that number, and none is
 * changing it now.
 *
 * <p>Threading: any.
 */
public final class UndoStore {

    /** Maximum bytes of all states together. Agents cause them, and the disk is shared with everything else. */
    static final long MAX_TOTAL = 256L << 20;

    /** Maximum bytes of one agent's states, so that none takes all the room. */
    static final long MAX_AGENT = MAX_TOTAL / 8;

    private static final Schema SCHEMA = new Schema(
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
            "CREATE INDEX undo_state_until ON undo_state (until)");

    private final Database database;
    private final StateCipher cipher;
    private final InstantSource clock;
    private final AtomicLong numbers = new AtomicLong();

    /** Opens the store. Calls of the last run, which may have changed anything, have ended. */
    public UndoStore(Database database, StateCipher cipher, InstantSource clock) {
        this.database = database;
        this.cipher = cipher;
        this.clock = clock;
        database.write(sql -> sql.update("UPDATE undo_state SET ended = 0"));
    }

    /** Returns the steps of this package's tables. */
    public static List<Schema> schemas() {
        return List.of(SCHEMA);
    }

    /** Returns the number of a reading that begins now. */
    public long nextReading() {
        return numbers.incrementAndGet();
    }

    /** The result of {@link #keep}. */
    public enum KeepResult {
        /** The state is on disk. */
        KEPT,
        /** Another call has changed the state since it was read, or is changing it. */
        CHANGED,
        /** The agent's states, or all together, take as much room as they may. */
        FULL;
    }

    /**
     * Keeps {@code state}, which the reading {@code number} read. It is durable when this returns. Call {@link #end}
     * once the call is over, or {@link #drop} if it was not sent.
     *
     * @throws IOException if it could not be encrypted
     */
    public KeepResult keep(KeptState state, long number) throws IOException {
        Bytes content = cipher.encrypt(state.receipt(), state.content());
        return database.writeForLease(state.scope().root(), sql -> {
            sql.update(
                    "DELETE FROM undo_state WHERE until <= ?", clock.instant().toEpochMilli());
            boolean isChanged = sql.one(
                            row -> row.getLong(1),
                            "SELECT count(*) FROM undo_state WHERE subject = ? AND (ended IS NULL OR ended > ?)",
                            state.subject(),
                            number)
                    .filter(changes -> changes > 0)
                    .isPresent();
            if (isChanged) {
                return KeepResult.CHANGED;
            }
            long total = sql.one(row -> row.getLong(1), "SELECT coalesce(sum(size), 0) FROM undo_state")
                    .orElse(0L);
            long own = sql.one(
                            row -> row.getLong(1),
                            "SELECT coalesce(sum(size), 0) FROM undo_state WHERE agent = ?",
                            state.scope().agent())
                    .orElse(0L);
            if (total + content.length() > MAX_TOTAL || own + content.length() > MAX_AGENT) {
                return KeepResult.FULL;
            }
            sql.update(
                    "INSERT INTO undo_state (receipt, agent, scope, upstream, subject, at, until, size, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    state.receipt(),
                    state.scope().agent(),
                    write(state.scope()).canonicalText(),
                    state.upstream(),
                    state.subject(),
                    state.at().toEpochMilli(),
                    state.until().toEpochMilli(),
                    content.length(),
                    content.toArray());
            return KeepResult.KEPT;
        });
    }

    /** Says that the call of {@code receipt} is over, whatever became of it. */
    public void end(String receipt) {
        long number = numbers.incrementAndGet();
        database.write(sql -> sql.update("UPDATE undo_state SET ended = ? WHERE receipt = ?", number, receipt));
    }

    /** Removes the state of a call that was not sent. */
    public void drop(String receipt) {
        database.write(sql -> sql.update("DELETE FROM undo_state WHERE receipt = ?", receipt));
    }

    /**
     * Returns the state before the call of {@code receipt}, if it is still kept.
     *
     * @throws IOException if it could not be decrypted
     */
    public Optional<KeptState> find(String receipt) throws IOException {
        Optional<KeptState> kept = database.read(sql -> sql.one(
                UndoStore::row,
                "SELECT receipt, scope, upstream, subject, at, until, content FROM undo_state WHERE receipt = ? AND until > ?",
                receipt,
                clock.instant().toEpochMilli()));
        if (kept.isEmpty()) {
            return kept;
        }
        KeptState state = kept.get();
        return Optional.of(new KeptState(
                state.receipt(),
                state.scope(),
                state.upstream(),
                state.subject(),
                state.at(),
                state.until(),
                cipher.decrypt(receipt, state.content())));
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
