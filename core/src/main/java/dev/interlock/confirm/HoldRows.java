package dev.interlock.confirm;

import dev.interlock.action.KeptTexts;
import dev.interlock.action.PasskeyRegistry;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.SaltedText;
import dev.interlock.evidence.Statement;
import dev.interlock.store.Schema;
import dev.interlock.store.Sql;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Holds as rows, inside one transaction. */
final class HoldRows {

    static final Schema SCHEMA = new Schema(
            "confirm",
            1,
            """
            CREATE TABLE confirm_hold (
                id TEXT PRIMARY KEY, lease TEXT NOT NULL, request TEXT NOT NULL, statement BLOB NOT NULL,
                classes TEXT NOT NULL, opened_at INTEGER NOT NULL, sign_by INTEGER NOT NULL, expires INTEGER NOT NULL,
                state TEXT NOT NULL, signed_at INTEGER NOT NULL DEFAULT 0, ending TEXT NOT NULL DEFAULT '',
                told INTEGER NOT NULL DEFAULT 0) STRICT\
            """,
            """
            CREATE UNIQUE INDEX confirm_hold_live ON confirm_hold (lease, request)
                WHERE state IN ('open', 'signed')\
            """,
            "CREATE INDEX confirm_hold_untold ON confirm_hold (id) WHERE state = 'expired' AND told = 0",
            "CREATE INDEX confirm_hold_lease ON confirm_hold (lease, expires)",
            """
            CREATE TABLE confirm_signature (
                hold TEXT NOT NULL REFERENCES confirm_hold (id), person TEXT NOT NULL, key_class TEXT NOT NULL,
                fingerprint TEXT NOT NULL, armored TEXT NOT NULL, typed TEXT NOT NULL, at INTEGER NOT NULL,
                PRIMARY KEY (hold, person)) STRICT\
            """,
            "CREATE TABLE confirm_clock (id INTEGER PRIMARY KEY CHECK (id = 1), reached INTEGER NOT NULL) STRICT");

    /** An index for queries on many holds, so that their statements need not be read. */
    static final Schema GLANCES = new Schema("confirm", 2, """
            ALTER TABLE confirm_hold ADD COLUMN seal TEXT
                GENERATED ALWAYS AS (json_extract(CAST(statement AS TEXT), '$.seal')) VIRTUAL""", """
            CREATE INDEX confirm_hold_glance ON confirm_hold (id, state, lease, seal, sign_by)
                WHERE state IN ('open', 'signed')""", """
            CREATE INDEX confirm_hold_ended ON confirm_hold (opened_at, id)
                WHERE state NOT IN ('open', 'signed')""");

    /** The body that would be sent, as people see it, with possible secrets masked. It is not signed. */
    static final Schema BODIES = new Schema("confirm", 3, """
            CREATE TABLE confirm_body (
                hold TEXT PRIMARY KEY REFERENCES confirm_hold (id), spans TEXT NOT NULL) STRICT""");

    /** The texts of which the statement has only digests, each with its salt. */
    static final Schema TEXTS = new Schema("confirm", 5, """
            CREATE TABLE confirm_text (
                hold TEXT PRIMARY KEY REFERENCES confirm_hold (id), texts TEXT NOT NULL) STRICT""");

    /** An index for the limit on the holds of one agent, under all its leases. */
    static final Schema AGENTS = new Schema("confirm", 4, """
            ALTER TABLE confirm_hold ADD COLUMN agent TEXT
                GENERATED ALWAYS AS (json_extract(CAST(statement AS TEXT), '$.agent')) VIRTUAL""", """
            CREATE INDEX confirm_hold_agent ON confirm_hold (agent, sign_by)""");

    /**
     * The schema for who was notified and who has viewed a hold. It is separate, so that its migrations are counted
     * separately.
     */
    static final Schema PEOPLE = new Schema(
            "confirm_people", 1, """
            CREATE TABLE confirm_escalation (
                hold TEXT NOT NULL REFERENCES confirm_hold (id), rung TEXT NOT NULL,
                PRIMARY KEY (hold, rung)) STRICT""", """
            CREATE TABLE confirm_look (
                hold TEXT NOT NULL REFERENCES confirm_hold (id), peer TEXT NOT NULL, at INTEGER NOT NULL,
                PRIMARY KEY (hold, peer)) STRICT""", "CREATE INDEX confirm_signature_person ON confirm_signature (person, at)");

    private static final long NOT_YET = 0;

    private static final String COLUMNS =
            "SELECT statement, classes, sign_by, state, signed_at, ending FROM confirm_hold ";

    private final Sql sql;
    private final PasskeyRegistry passkeys;
    private final Consumer<String> changed;

    /**
     * Creates them.
     *
     * @param passkeys signatures by a passkey that does not count any more are left out
     * @param changed is called for each changed hold after the transaction
     */
    HoldRows(Sql sql, PasskeyRegistry passkeys, Consumer<String> changed) {
        this.sql = sql;
        this.passkeys = passkeys;
        this.changed = changed;
    }

    Optional<Hold> find(String id) throws SQLException {
        return holds("WHERE id = ?", id).stream().findFirst();
    }

    /** Returns the live hold of a request under a lease; there is one at most. */
    Optional<Hold> liveOf(String lease, String request) throws SQLException {
        return holds("WHERE lease = ? AND request = ? AND state IN ('open', 'signed')", lease, request).stream()
                .findFirst();
    }

    /** Returns live holds, the oldest first: the first {@code most} after {@code after}. */
    List<Hold> live(String after, int most) throws SQLException {
        return holds("WHERE state IN ('open', 'signed') AND id > ? ORDER BY id LIMIT ?", after, most);
    }

    /** Returns the fully signed holds. */
    List<Hold> signed() throws SQLException {
        return holds("WHERE state = 'signed' ORDER BY id");
    }

    /** Returns the holds whose time may be over at {@code now}. */
    List<Hold> due(Instant now) throws SQLException {
        return holds("WHERE state = 'signed' OR (state = 'open' AND sign_by <= ?) ORDER BY id", now.toEpochMilli());
    }

    /**
     * Returns the holds that have waited for signatures since {@code opened}, and for which {@code rung} was not
     * notified.
     */
    List<Hold> unanswered(Instant opened, String rung) throws SQLException {
        return holds(
                "WHERE state = 'open' AND opened_at <= ? AND id NOT IN (SELECT hold FROM confirm_escalation WHERE rung = ?) ORDER BY id",
                opened.toEpochMilli(),
                rung);
    }

    /** A live hold without its statement. */
    record HoldHead(String id, HoldState state, String lease, String seal, Instant signBy) {}

    /** Returns all live holds without their statements. */
    List<HoldHead> liveHeads() throws SQLException {
        return sql.all(
                row -> new HoldHead(
                        row.getString(1),
                        HoldState.of(row.getString(2)),
                        row.getString(3),
                        row.getString(4),
                        Instant.ofEpochMilli(row.getLong(5))),
                "SELECT id, state, lease, seal, sign_by FROM confirm_hold WHERE state IN ('open', 'signed') ORDER BY id");
    }

    /** Returns the holds that expired since the last call. The caller notifies people. */
    List<Hold> newlyExpired() throws SQLException {
        List<Hold> expired = holds("WHERE state = 'expired' AND told = 0 ORDER BY id");
        sql.update("UPDATE confirm_hold SET told = 1 WHERE state = 'expired' AND told = 0");
        return expired;
    }

    /** Returns the holds of a lease that have not ended, and those that ended before their last moment; newest last. */
    List<Hold> recent(String lease, Instant now) throws SQLException {
        return holds(
                "WHERE lease = ? AND (expires > ? OR state IN ('open', 'signed')) ORDER BY opened_at, id",
                lease,
                now.toEpochMilli());
    }

    /** Returns the holds of an agent, under any lease, whose time to answer is not over at {@code now}; newest last. */
    List<Hold> ofAgent(String agent, Instant now) throws SQLException {
        return holds("WHERE agent = ? AND sign_by > ? ORDER BY opened_at, id", agent, now.toEpochMilli());
    }

    /** Returns the latest ended holds, the newest first. */
    List<Hold> ended(int most) throws SQLException {
        return holds("WHERE state NOT IN ('open', 'signed') ORDER BY opened_at DESC, id DESC LIMIT ?", most);
    }

    /** Returns the ended holds that were opened before {@code hold}, the newest first. */
    List<Hold> endedBefore(String hold, int most) throws SQLException {
        return holds(
                "WHERE state NOT IN ('open', 'signed') AND (opened_at, id) < (SELECT opened_at, id FROM confirm_hold WHERE id = ?) ORDER BY opened_at DESC, id DESC LIMIT ?",
                hold,
                most);
    }

    /** Records that {@code rung} was notified of a hold; false if it was before. */
    boolean escalate(String hold, String rung) throws SQLException {
        return sql.update(
                        "INSERT INTO confirm_escalation (hold, rung) VALUES (?, ?) ON CONFLICT DO NOTHING", hold, rung)
                == 1;
    }

    /** Records the first time that {@code peer} was shown a hold. */
    void recordView(String hold, String peer, Instant at) throws SQLException {
        sql.update(
                "INSERT INTO confirm_look (hold, peer, at) SELECT id, ?, ? FROM confirm_hold WHERE id = ? ON CONFLICT DO NOTHING",
                peer,
                at.toEpochMilli(),
                hold);
    }

    /** Returns when {@code peer} was first shown the current version of a hold. */
    Optional<Instant> firstView(String hold, String peer) throws SQLException {
        return sql.one(
                row -> Instant.ofEpochMilli(row.getLong(1)),
                "SELECT at FROM confirm_look WHERE hold = ? AND peer = ?",
                hold,
                peer);
    }

    /** Returns how many signatures of {@code person} have counted since then. */
    long signedSince(String person, Instant since) throws SQLException {
        return sql.one(
                        row -> row.getLong(1),
                        "SELECT count(*) FROM confirm_signature WHERE person = ? AND at > ?",
                        person,
                        since.toEpochMilli())
                .orElse(0L);
    }

    /** Returns the used holds that were opened since then. */
    List<Hold> consumedSince(Instant opened) throws SQLException {
        return holds(
                "WHERE state = 'consumed' AND opened_at > ? ORDER BY id",
                opened.minus(Hold.DEFAULT_LIFE).minus(Hold.USABLE).toEpochMilli());
    }

    /** Replaces the statement of an open hold, and deletes its signatures. */
    void replace(Hold from, Hold to) throws SQLException {
        sql.runAfterTransaction(() -> changed.accept(from.id()));
        sql.update("DELETE FROM confirm_signature WHERE hold = ?", from.id());
        sql.update("DELETE FROM confirm_look WHERE hold = ?", from.id()); // what people were shown has been replaced
        sql.update(
                "UPDATE confirm_hold SET statement = ?, state = ?, signed_at = ? WHERE id = ? AND state = ?",
                to.statement().canonical(),
                to.state().word(),
                to.signedAt().map(Instant::toEpochMilli).orElse(NOT_YET),
                from.id(),
                from.state().word());
    }

    void insert(Hold hold) throws SQLException {
        Statement statement = hold.statement();
        sql.update(
                "INSERT INTO confirm_hold (id, lease, request, statement, classes, opened_at, sign_by, expires, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                hold.id(),
                statement.lease(),
                statement.requestDigest(),
                statement.canonical(),
                new Json.Array(hold.classes().stream()
                                .<Json>map(ActionClass::canonical)
                                .toList())
                        .canonicalText(),
                statement.openedAt().toEpochMilli(),
                hold.signBy().toEpochMilli(),
                statement.expires().toEpochMilli(),
                hold.state().word());
    }

    void show(String hold, Json.Array body) throws SQLException {
        sql.update("INSERT INTO confirm_body (hold, spans) VALUES (?, ?)", hold, body.canonicalText());
    }

    /** Returns the body that {@code hold} would send, as people see it. */
    Optional<Json> body(String hold) throws SQLException {
        return sql.one(
                row -> Json.read(row.getString(1).getBytes(StandardCharsets.UTF_8)),
                "SELECT spans FROM confirm_body WHERE hold = ?",
                hold);
    }

    void keep(String hold, Collection<SaltedText> texts) throws SQLException {
        sql.update(
                "INSERT INTO confirm_text (hold, texts) VALUES (?, ?)",
                hold,
                new Json.Array(texts.stream()
                                .distinct()
                                .<Json>map(SaltedText::json)
                                .toList())
                        .canonicalText());
    }

    /** Returns the texts of which the statement of {@code hold} has only digests, as far as they are still kept. */
    KeptTexts texts(String hold) throws SQLException {
        return sql.one(
                        row -> KeptTexts.beside(Json.object()
                                .with("texts", Json.read(row.getString(1).getBytes(StandardCharsets.UTF_8)))),
                        "SELECT texts FROM confirm_text WHERE hold = ?",
                        hold)
                .orElse(KeptTexts.NONE);
    }

    /** Deletes what was kept of the requests of holds before {@code hold}: names are in the order of time. */
    void forgetTextsBefore(String hold) throws SQLException {
        sql.update("DELETE FROM confirm_text WHERE hold < ?", hold);
        sql.update("DELETE FROM confirm_body WHERE hold < ?", hold);
    }

    /** Writes a step; false if the hold was no longer in the step's first state. */
    boolean step(Hold from, Hold to) throws SQLException {
        sql.runAfterTransaction(() -> changed.accept(from.id()));
        for (Hold.HoldSignature more : to.signatures()
                .subList(from.signatures().size(), to.signatures().size())) {
            insert(from.id(), more);
        }
        return sql.update(
                        "UPDATE confirm_hold SET state = ?, signed_at = ?, ending = ? WHERE id = ? AND state = ?",
                        to.state().word(),
                        to.signedAt().map(Instant::toEpochMilli).orElse(NOT_YET),
                        to.ending().orElse(""),
                        from.id(),
                        from.state().word())
                == 1;
    }

    private void insert(String hold, Hold.HoldSignature signed) throws SQLException {
        sql.update(
                // A person whose key was revoked since may sign again with another one.
                "INSERT OR REPLACE INTO confirm_signature (hold, person, key_class, fingerprint, armored, typed, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                hold,
                signed.person(),
                signed.keyClass().word(),
                signed.fingerprint(),
                signed.armored(),
                signed.typed(),
                signed.at().toEpochMilli());
    }

    private List<Hold> holds(String where, Object... values) throws SQLException {
        List<Hold> bare = sql.all(HoldRows::hold, COLUMNS + where, values);
        Map<String, List<Hold.HoldSignature>> signatures = bare.isEmpty() ? Map.of() : signatures(where, values);
        List<Hold> holds = new ArrayList<>();
        for (Hold hold : bare) {
            holds.add(new Hold(
                    hold.statement(),
                    hold.classes(),
                    hold.signBy(),
                    hold.state(),
                    hold.signedAt(),
                    signatures.getOrDefault(hold.id(), List.of()),
                    hold.ending()));
        }
        return holds;
    }

    /** One signature, with the id of its hold. */
    private record HoldIdSignature(String hold, Hold.HoldSignature signed) {}

    /** Reads all signatures at once: one query for each hold would dominate the time. */
    private Map<String, List<Hold.HoldSignature>> signatures(String where, Object... values) throws SQLException {
        return sql
                .all(
                        row -> new HoldIdSignature(
                                row.getString(1),
                                new Hold.HoldSignature(
                                        row.getString(2),
                                        KeyClass.valueOf(row.getString(3).toUpperCase(Locale.ROOT)),
                                        row.getString(4),
                                        row.getString(5),
                                        row.getString(6),
                                        Instant.ofEpochMilli(row.getLong(7)))),
                        "SELECT hold, person, key_class, fingerprint, armored, typed, at FROM confirm_signature WHERE hold IN (SELECT id FROM confirm_hold " + where + ") ORDER BY at, person",
                        values)
                .stream()
                .filter(one -> passkeys.counts(one.signed().fingerprint()))
                .collect(Collectors.groupingBy(
                        HoldIdSignature::hold, Collectors.mapping(HoldIdSignature::signed, Collectors.toList())));
    }

    private static Hold hold(ResultSet row) throws SQLException {
        long signedAt = row.getLong(5);
        Optional<Instant> signed = signedAt == NOT_YET ? Optional.empty() : Optional.of(Instant.ofEpochMilli(signedAt));
        return new Hold(
                Statement.read(row.getBytes(1)),
                classes(row.getString(2)),
                Instant.ofEpochMilli(row.getLong(3)),
                HoldState.of(row.getString(4)),
                signed,
                List.of(),
                Optional.of(row.getString(6)).filter(ending -> !ending.isEmpty()));
    }

    private static List<ActionClass> classes(String json) {
        Json array = Json.read(json.getBytes(StandardCharsets.UTF_8));
        return Json.object().with("classes", array).objects("classes").stream()
                .map(ActionClass::read)
                .toList();
    }
}
