package dev.interlock.confirm;

import dev.interlock.action.KeptTexts;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.SaltedText;
import dev.interlock.evidence.Statement;
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
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Holds, and the time reached, inside one transaction of a {@link HoldStore}. */
final class HoldRows {

    record HoldHead(String id, HoldState state, String lease, String seal, Instant signBy) {}

    private static final long NOT_YET = 0;

    private static final String COLUMNS =
            "SELECT statement, classes, sign_by, state, signed_at, ending FROM confirm_hold ";

    private final Sql sql;
    private final Predicate<String> counts;
    private final Consumer<String> changed;

    HoldRows(Sql sql, Predicate<String> counts, Consumer<String> changed) {
        this.sql = sql;
        this.counts = counts;
        this.changed = changed;
    }

    Optional<Hold> find(String id) {
        return holds("WHERE id = ?", id).stream().findFirst();
    }

    /** Returns the live hold of a request under a lease; there is one at most. */
    Optional<Hold> liveOf(String lease, String request) {
        return holds("WHERE lease = ? AND request = ? AND state IN ('open', 'signed')", lease, request).stream()
                .findFirst();
    }

    /** Returns live holds, the oldest first: the first {@code most} after {@code after}. */
    List<Hold> live(String after, int most) {
        return holds("WHERE state IN ('open', 'signed') AND id > ? ORDER BY id LIMIT ?", after, most);
    }

    List<Hold> signed() {
        return holds("WHERE state = 'signed' ORDER BY id");
    }

    /** Returns the holds whose time may be over at {@code now}. */
    List<Hold> due(Instant now) {
        return holds("WHERE state = 'signed' OR (state = 'open' AND sign_by <= ?) ORDER BY id", now.toEpochMilli());
    }

    /** Returns holds that wait since {@code opened}, and for which {@code rung} was not notified. */
    List<Hold> unanswered(Instant opened, String rung) {
        return holds(
                "WHERE state = 'open' AND opened_at <= ?"
                        + " AND id NOT IN (SELECT hold FROM confirm_escalation WHERE rung = ?) ORDER BY id",
                opened.toEpochMilli(),
                rung);
    }

    List<HoldHead> liveHeads() {
        return sql.all(
                row -> new HoldHead(
                        row.getString(1),
                        HoldState.of(row.getString(2)),
                        row.getString(3),
                        row.getString(4),
                        Instant.ofEpochMilli(row.getLong(5))),
                "SELECT id, state, lease, seal, sign_by FROM confirm_hold WHERE state IN ('open', 'signed') ORDER BY id");
    }

    /** Returns the holds that expired since the last call, each once. The caller notifies people. */
    List<Hold> newlyExpired() {
        List<Hold> expired = holds("WHERE state = 'expired' AND told = 0 ORDER BY id");
        sql.update("UPDATE confirm_hold SET told = 1 WHERE state = 'expired' AND told = 0");
        return expired;
    }

    /** Returns the holds of a lease that have not ended, and those that ended before their last moment; newest last. */
    List<Hold> recent(String lease, Instant now) {
        return holds(
                "WHERE lease = ? AND (expires > ? OR state IN ('open', 'signed')) ORDER BY opened_at, id",
                lease,
                now.toEpochMilli());
    }

    /** Returns the holds of an agent, under any lease, whose time to answer is not over at {@code now}; newest last. */
    List<Hold> ofAgent(String agent, Instant now) {
        return holds("WHERE agent = ? AND sign_by > ? ORDER BY opened_at, id", agent, now.toEpochMilli());
    }

    /** Returns the latest ended holds, the newest first. */
    List<Hold> ended(int most) {
        return holds("WHERE state NOT IN ('open', 'signed') ORDER BY opened_at DESC, id DESC LIMIT ?", most);
    }

    /** Returns the ended holds that were opened before {@code hold}, the newest first. */
    List<Hold> endedBefore(String hold, int most) {
        return holds(
                "WHERE state NOT IN ('open', 'signed')"
                        + " AND (opened_at, id) < (SELECT opened_at, id FROM confirm_hold WHERE id = ?)"
                        + " ORDER BY opened_at DESC, id DESC LIMIT ?",
                hold,
                most);
    }

    /** Records that {@code rung} was notified of a hold, once: false if it was before, by whomever. */
    boolean escalate(String hold, String rung) {
        return sql.update(
                        "INSERT INTO confirm_escalation (hold, rung) VALUES (?, ?) ON CONFLICT DO NOTHING",
                        hold,
                        rung)
                == 1;
    }

    /** Records the first time that {@code peer} was shown a hold. */
    void recordView(String hold, String peer, Instant at) {
        sql.update(
                "INSERT INTO confirm_look (hold, peer, at) SELECT id, ?, ? FROM confirm_hold WHERE id = ?"
                        + " ON CONFLICT DO NOTHING",
                peer,
                at.toEpochMilli(),
                hold);
    }

    /** Returns when {@code peer} was first shown the current version of a hold. */
    Optional<Instant> firstView(String hold, String peer) {
        return sql.one(
                row -> Instant.ofEpochMilli(row.getLong(1)),
                "SELECT at FROM confirm_look WHERE hold = ? AND peer = ?",
                hold,
                peer);
    }

    /** Returns how many signatures of {@code person} have counted since then. */
    long signedSince(String person, Instant since) {
        return sql.one(
                        row -> row.getLong(1),
                        "SELECT count(*) FROM confirm_signature WHERE person = ? AND at > ?",
                        person,
                        since.toEpochMilli())
                .orElse(0L);
    }

    List<Hold> consumedSince(Instant opened) {
        return holds(
                "WHERE state = 'consumed' AND opened_at > ? ORDER BY id",
                opened.minus(Hold.DEFAULT_LIFE).minus(Hold.USABLE).toEpochMilli());
    }

    /** Replaces the statement of an open hold, and deletes its signatures. */
    void replace(Hold from, Hold to) {
        sql.runAfterTransaction(() -> changed.accept(from.id()));
        sql.update("DELETE FROM confirm_signature WHERE hold = ?", from.id());
        sql.update(
                "DELETE FROM confirm_look WHERE hold = ?", from.id()); // what people were shown has been replaced
        sql.update(
                "UPDATE confirm_hold SET statement = ?, state = ?, signed_at = ? WHERE id = ? AND state = ?",
                to.statement().canonical(),
                to.state().word(),
                to.signedAt().map(Instant::toEpochMilli).orElse(NOT_YET),
                from.id(),
                from.state().word());
    }

    void insert(Hold hold) {
        Statement statement = hold.statement();
        sql.update(
                "INSERT INTO confirm_hold (id, lease, request, statement, classes, opened_at, sign_by, expires, state)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
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

    void show(String hold, Json.Array body) {
        sql.update("INSERT INTO confirm_body (hold, spans) VALUES (?, ?)", hold, body.canonicalText());
    }

    Optional<Json> body(String hold) {
        return sql.one(
                row -> Json.read(row.getString(1).getBytes(StandardCharsets.UTF_8)),
                "SELECT spans FROM confirm_body WHERE hold = ?",
                hold);
    }

    /** Keeps the texts of which the statement of a hold has only digests. */
    void keep(String hold, Collection<SaltedText> texts) {
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
    KeptTexts texts(String hold) {
        return sql.one(
                        row -> KeptTexts.beside(Json.object()
                                .with("texts", Json.read(row.getString(1).getBytes(StandardCharsets.UTF_8)))),
                        "SELECT texts FROM confirm_text WHERE hold = ?",
                        hold)
                .orElse(KeptTexts.NONE);
    }

    /** Deletes what was kept of the requests of holds before {@code hold}: names are in the order of time. */
    void forgetTextsBefore(String hold) {
        sql.update("DELETE FROM confirm_text WHERE hold < ?", hold);
        sql.update("DELETE FROM confirm_body WHERE hold < ?", hold);
    }

    /** Of two callers that use or end one hold, one gets false: it was no longer in the first state. */
    boolean step(Hold from, Hold to) {
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

    private void insert(String hold, Hold.HoldSignature signed) {
        sql.update(
                // A person whose key was revoked since may sign again with another one.
                "INSERT OR REPLACE INTO confirm_signature (hold, person, key_class, fingerprint, armored, typed, at)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?)",
                hold,
                signed.person(),
                signed.keyClass().word(),
                signed.fingerprint(),
                signed.armored(),
                signed.typed(),
                signed.at().toEpochMilli());
    }

    private List<Hold> holds(String where, Object... values) {
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

    private record HoldIdSignature(String hold, Hold.HoldSignature signed) {}

    /** Reads all signatures at once: one query for each hold would dominate the time. */
    private Map<String, List<Hold.HoldSignature>> signatures(String where, Object... values) {
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
                        "SELECT hold, person, key_class, fingerprint, armored, typed, at FROM confirm_signature"
                                + " WHERE hold IN (SELECT id FROM confirm_hold " + where + ") ORDER BY at, person",
                        values)
                .stream()
                .filter(one -> counts.test(one.signed().fingerprint()))
                .collect(Collectors.groupingBy(
                        HoldIdSignature::hold, Collectors.mapping(HoldIdSignature::signed, Collectors.toList())));
    }

    private static Hold hold(ResultSet row) throws SQLException {
        long signedAt = row.getLong(5);
        Optional<Instant> signed =
                signedAt == NOT_YET ? Optional.empty() : Optional.of(Instant.ofEpochMilli(signedAt));
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

    Instant reached() {
        return sql.one(row -> Instant.ofEpochMilli(row.getLong(1)), "SELECT reached FROM confirm_clock")
                .orElse(Instant.EPOCH);
    }

    /** Stores the time {@code now}, unless the store knows a later one. */
    void reach(Instant now) {
        sql.update(
                "INSERT INTO confirm_clock (id, reached) VALUES (1, ?)"
                        + " ON CONFLICT (id) DO UPDATE SET reached = max(reached, excluded.reached)",
                now.toEpochMilli());
    }

    /** Stores {@code now} although the store knows a later time. */
    void goBackTo(Instant now) {
        sql.update("INSERT OR REPLACE INTO confirm_clock (id, reached) VALUES (1, ?)", now.toEpochMilli());
    }
}
