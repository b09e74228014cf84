package dev.interlock.confirm;

import dev.interlock.action.KeptTexts;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.SaltedText;
import dev.interlock.evidence.Statement;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.store.Sql;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Holds in tables. */
public final class SqliteHoldStore implements HoldStore {

    public static final List<Schema> SCHEMAS = List.of(
            new Schema(
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
                PRIMARY KEY (hold, peer)) STRICT"""),
            // Whether an agent asks, and no person who undoes something.
            new Schema("confirm", 2, "ALTER TABLE confirm_hold ADD COLUMN by_agent INTEGER NOT NULL DEFAULT 1"),
            // What people granted with a confirmation, and how often it was used.
            new Schema("confirm", 3, """
            CREATE TABLE confirm_grant (
                hold TEXT PRIMARY KEY REFERENCES confirm_hold (id), lease TEXT NOT NULL, calls INTEGER NOT NULL,
                until INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0, ended TEXT NOT NULL DEFAULT '') STRICT"""),
            // Whether the call of a used hold succeeded: the next step of its plan waits for that.
            new Schema("confirm", 4, "ALTER TABLE confirm_hold ADD COLUMN done INTEGER NOT NULL DEFAULT 0"),
            // By which calls a grant was used: none is counted twice after a restore.
            new Schema(
                    "confirm",
                    5,
                    "CREATE TABLE confirm_grant_use (intent TEXT PRIMARY KEY, hold TEXT NOT NULL REFERENCES confirm_grant (hold)) STRICT"));

    /** What other gateways are told about a changed hold. */
    static final String KIND = "hold";

    /** What they are told about a lease that has a new plan. */
    static final String PLAN = "plan";

    private static final long NOT_YET = 0;

    /** The order of the signatures of one hold. */
    private static final String SIGNED = ", at, person";

    private static final String RECENT =
            "WHERE lease = ? AND (expires > ? OR state IN ('open', 'signed')) ORDER BY opened_at, id";

    private static final String COLUMNS =
            "SELECT id, statement, classes, sign_by, state, signed_at, ending, person, key_class, fingerprint, armored, typed, at FROM confirm_hold LEFT JOIN confirm_signature ON hold = id ";

    private final Database database;
    private volatile Predicate<String> counts = _ -> false;
    private volatile Consumer<String> changed = _ -> {};

    public SqliteHoldStore(Database database) {
        this.database = database;
    }

    @Override
    public void begin(Predicate<String> keys, Consumer<String> signal) {
        this.counts = keys;
        this.changed = signal;
    }

    @Override
    public <T> T read(Function<HoldRows, T> work) {
        return database.read(sql -> work.apply(new SqliteHoldRows(sql)));
    }

    @Override
    public <T> T write(Function<HoldRows, T> work) {
        return database.write(sql -> work.apply(new SqliteHoldRows(sql)));
    }

    @Override
    public <T> T writeForLease(String lease, Function<HoldRows, T> work) {
        return database.writeForLease(lease, sql -> work.apply(new SqliteHoldRows(sql)));
    }

    @Override
    public List<Hold> recent(String lease, Instant now) {
        return database.read(sql -> new SqliteHoldRows(sql).laterRecent(lease, now))
                .get();
    }

    /** In one trip to the database: nothing that is written depends on what is read. */
    @Override
    public Optional<List<Hold>> use(Hold signed, Hold used, Instant now) {
        return database.<Supplier<Optional<List<Hold>>>>write(sql -> {
                    SqliteHoldRows rows = new SqliteHoldRows(sql);
                    Supplier<List<Hold>> before =
                            rows.laterRecent(signed.statement().lease(), now);
                    rows.reach(now);
                    Supplier<Integer> moved = rows.laterMove(signed, used);
                    return () -> moved.get() == 1 ? Optional.of(before.get()) : Optional.empty();
                })
                .get();
    }

    private final class SqliteHoldRows implements HoldRows {

        private final Sql sql;

        SqliteHoldRows(Sql sql) {
            this.sql = sql;
        }

        private void changes(Hold hold) {
            sql.runAfterTransaction(() -> changed.accept(hold.id()));
            sql.changed(KIND, hold.id());
        }

        @Override
        public Optional<Hold> find(String id) {
            return holds("WHERE id = ? ORDER BY id", id).stream().findFirst();
        }

        @Override
        public Optional<Hold> liveOf(String lease, String request) {
            return holds("WHERE lease = ? AND request = ? AND state IN ('open', 'signed') ORDER BY id", lease, request)
                    .stream()
                    .findFirst();
        }

        @Override
        public List<Hold> liveOf(String lease) {
            return holds("WHERE lease = ? AND state IN ('open', 'signed') ORDER BY id", lease);
        }

        @Override
        public List<Hold> livePlanned(String lease) {
            return holds(
                    "WHERE lease = ? AND state IN ('open', 'signed') AND json_extract(CAST(statement AS TEXT), '$.plan') IS NOT NULL ORDER BY id",
                    lease);
        }

        @Override
        public List<Hold> live(String after, int most) {
            return holds(
                    "WHERE id IN (SELECT id FROM confirm_hold WHERE state IN ('open', 'signed') AND id > ? ORDER BY id LIMIT ?) ORDER BY id",
                    after,
                    most);
        }

        @Override
        public List<Hold> signed() {
            return holds("WHERE state = 'signed' ORDER BY id");
        }

        @Override
        public List<Hold> due(Instant now) {
            return holds("WHERE state = 'signed' OR (state = 'open' AND sign_by <= ?) ORDER BY id", now.toEpochMilli());
        }

        @Override
        public List<Hold> unanswered(Instant opened, String rung) {
            return holds(
                    "WHERE state = 'open' AND opened_at <= ? AND id NOT IN (SELECT hold FROM confirm_escalation WHERE rung = ?) ORDER BY id",
                    opened.toEpochMilli(),
                    rung);
        }

        @Override
        public List<HoldHead> liveHeads() {
            return sql.all(
                    row -> new HoldHead(
                            row.getString(1),
                            HoldState.of(row.getString(2)),
                            row.getString(3),
                            row.getString(4),
                            Instant.ofEpochMilli(row.getLong(5))),
                    "SELECT id, state, lease, seal, sign_by FROM confirm_hold WHERE state IN ('open', 'signed') ORDER BY id");
        }

        @Override
        public List<Hold> newlyExpired() {
            List<Hold> expired = holds("WHERE state = 'expired' AND told = 0 ORDER BY id");
            sql.update("UPDATE confirm_hold SET told = 1 WHERE state = 'expired' AND told = 0");
            return expired;
        }

        @Override
        public List<Hold> recent(String lease, Instant now) {
            return holds(RECENT, lease, now.toEpochMilli());
        }

        Supplier<List<Hold>> laterRecent(String lease, Instant now) {
            Supplier<List<HoldRow>> rows =
                    sql.later(SqliteHoldStore.this::row, COLUMNS + RECENT + SIGNED, lease, now.toEpochMilli());
            return () -> HoldRow.holds(rows.get());
        }

        @Override
        public List<Hold> ofAgent(String agent, Instant now) {
            return holds("WHERE agent = ? AND sign_by > ? ORDER BY opened_at, id", agent, now.toEpochMilli());
        }

        @Override
        public List<Hold> questionsOf(String agent, Instant now) {
            return holds(
                    "WHERE agent = ? AND state = 'open' AND by_agent = 1 AND sign_by > ? ORDER BY opened_at, id",
                    agent,
                    now.toEpochMilli());
        }

        @Override
        public List<Hold> ended(int most) {
            return holds(
                    "WHERE id IN (SELECT id FROM confirm_hold WHERE state NOT IN ('open', 'signed') ORDER BY opened_at DESC, id DESC LIMIT ?) ORDER BY opened_at DESC, id DESC",
                    most);
        }

        @Override
        public List<Hold> endedBefore(String hold, int most) {
            return holds(
                    "WHERE id IN (SELECT id FROM confirm_hold WHERE state NOT IN ('open', 'signed') AND (opened_at, id) < (SELECT opened_at, id FROM confirm_hold WHERE id = ?) ORDER BY opened_at DESC, id DESC LIMIT ?) ORDER BY opened_at DESC, id DESC",
                    hold,
                    most);
        }

        @Override
        public boolean escalate(String hold, String rung) {
            return sql.update(
                            "INSERT INTO confirm_escalation (hold, rung) VALUES (?, ?) ON CONFLICT DO NOTHING",
                            hold,
                            rung)
                    == 1;
        }

        @Override
        public void recordView(String hold, String peer, Instant at) {
            sql.update(
                    "INSERT INTO confirm_look (hold, peer, at) SELECT id, ?, ? FROM confirm_hold WHERE id = ? ON CONFLICT DO NOTHING",
                    peer,
                    at.toEpochMilli(),
                    hold);
        }

        @Override
        public Optional<Instant> firstView(String hold, String peer) {
            return sql.one(
                    row -> Instant.ofEpochMilli(row.getLong(1)),
                    "SELECT at FROM confirm_look WHERE hold = ? AND peer = ?",
                    hold,
                    peer);
        }

        @Override
        public void grant(String lease, HoldGrant grant) {
            sql.update(
                    "INSERT INTO confirm_grant (hold, lease, calls, until) VALUES (?, ?, ?, ?)",
                    grant.hold(),
                    lease,
                    grant.calls(),
                    grant.until().toEpochMilli());
        }

        @Override
        public List<HoldGrant> grants(Optional<String> lease, Instant now) {
            return sql.all(
                    row -> new HoldGrant(
                            row.getString(1), row.getLong(2), Instant.ofEpochMilli(row.getLong(3)), row.getLong(4)),
                    "SELECT hold, calls, until, used FROM confirm_grant WHERE used < calls AND until > ? AND ended = '' AND (lease = ? OR ? = '') ORDER BY hold",
                    now.toEpochMilli(),
                    lease.orElse(""),
                    lease.orElse(""));
        }

        @Override
        public OptionalLong useGrant(String hold, String intent, Instant now) {
            // The UPDATE itself contains the condition: of racing calls no more get a number than were granted.
            OptionalLong use = sql.one(
                            row -> OptionalLong.of(row.getLong(1)),
                            "UPDATE confirm_grant SET used = used + 1 WHERE hold = ? AND used < calls AND until > ? AND ended = '' RETURNING used",
                            hold,
                            now.toEpochMilli())
                    .orElse(OptionalLong.empty());
            if (use.isPresent()) {
                sql.later(
                        "INSERT INTO confirm_grant_use (intent, hold) VALUES (?, ?) ON CONFLICT (intent) DO NOTHING",
                        intent,
                        hold);
            }
            return use;
        }

        @Override
        public boolean hasUsedGrant(String intent) {
            return sql.one(row -> row.getString(1), "SELECT hold FROM confirm_grant_use WHERE intent = ?", intent)
                    .isPresent();
        }

        @Override
        public boolean endGrant(String hold, String why) {
            return sql.update("UPDATE confirm_grant SET ended = ? WHERE hold = ? AND ended = ''", why, hold) == 1;
        }

        @Override
        public long signedSince(String person, Instant since) {
            return sql.one(
                            row -> row.getLong(1),
                            "SELECT count(DISTINCT armored) FROM confirm_signature WHERE person = ? AND at > ?",
                            person,
                            since.toEpochMilli())
                    .orElse(0L);
        }

        @Override
        public List<Hold> consumedSince(Instant opened) {
            return holds(
                    "WHERE state = 'consumed' AND opened_at > ? ORDER BY id",
                    opened.minus(Hold.DEFAULT_LIFE).minus(Hold.USABLE).toEpochMilli());
        }

        @Override
        public void replace(Hold from, Hold to) {
            changes(from);
            sql.later("DELETE FROM confirm_signature WHERE hold = ?", from.id());
            sql.later("DELETE FROM confirm_look WHERE hold = ?", from.id()); // what people were shown has been replaced
            sql.later(
                    "UPDATE confirm_hold SET statement = ?, state = ?, signed_at = ? WHERE id = ? AND state = ?",
                    to.statement().canonical(),
                    to.state().word(),
                    to.signedAt().map(Instant::toEpochMilli).orElse(NOT_YET),
                    from.id(),
                    from.state().word());
        }

        @Override
        public void insert(Hold hold, boolean isByAgent) {
            Statement statement = hold.statement();
            if (hold.place().isPresent()) {
                sql.changed(PLAN, statement.lease());
            }
            sql.later(
                    "INSERT INTO confirm_hold (id, lease, request, statement, classes, opened_at, sign_by, expires, state, by_agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                    hold.state().word(),
                    isByAgent ? 1 : 0);
        }

        @Override
        public void show(String hold, Json.Array body) {
            sql.later("INSERT INTO confirm_body (hold, spans) VALUES (?, ?)", hold, body.canonicalText());
        }

        @Override
        public Optional<Json> body(String hold) {
            return sql.one(
                    row -> Json.read(row.getString(1).getBytes(StandardCharsets.UTF_8)),
                    "SELECT spans FROM confirm_body WHERE hold = ?",
                    hold);
        }

        @Override
        public void keep(String hold, Collection<SaltedText> texts) {
            sql.later(
                    "INSERT INTO confirm_text (hold, texts) VALUES (?, ?)",
                    hold,
                    new Json.Array(texts.stream()
                                    .distinct()
                                    .<Json>map(SaltedText::json)
                                    .toList())
                            .canonicalText());
        }

        @Override
        public KeptTexts texts(String hold) {
            return sql.one(
                            row -> KeptTexts.beside(Json.object()
                                    .with("texts", Json.read(row.getString(1).getBytes(StandardCharsets.UTF_8)))),
                            "SELECT texts FROM confirm_text WHERE hold = ?",
                            hold)
                    .orElse(KeptTexts.NONE);
        }

        @Override
        public void forgetTextsBefore(String hold) {
            sql.later("DELETE FROM confirm_text WHERE hold < ?", hold);
            sql.later("DELETE FROM confirm_body WHERE hold < ?", hold);
        }

        @Override
        public List<Hold> plan(Hold step) {
            return step.place()
                    .map(place -> holds(
                            "WHERE lease = ? AND json_extract(CAST(statement AS TEXT), '$.plan.first') = ? ORDER BY id",
                            step.statement().lease(),
                            place.first()))
                    .orElse(List.of());
        }

        @Override
        public boolean isDone(String hold) {
            return sql.one(row -> row.getLong(1), "SELECT done FROM confirm_hold WHERE id = ?", hold)
                    .filter(done -> done == 1)
                    .isPresent();
        }

        @Override
        public void finish(Hold hold) {
            plan(hold).forEach(this::changes);
            sql.update("UPDATE confirm_hold SET done = 1 WHERE id = ? AND state = 'consumed'", hold.id());
        }

        Supplier<Integer> laterMove(Hold from, Hold to) {
            changes(from);
            for (Hold.HoldSignature more : to.signatures()
                    .subList(from.signatures().size(), to.signatures().size())) {
                insert(from.id(), more);
            }
            return sql.later(
                    "UPDATE confirm_hold SET state = ?, signed_at = ?, ending = ? WHERE id = ? AND state = ?",
                    to.state().word(),
                    to.signedAt().map(Instant::toEpochMilli).orElse(NOT_YET),
                    to.ending().orElse(""),
                    from.id(),
                    from.state().word());
        }

        @Override
        public boolean move(Hold from, Hold to) {
            Supplier<Integer> moved = laterMove(from, to);
            sql.send();
            return moved.get() == 1;
        }

        private void insert(String hold, Hold.HoldSignature signed) {
            sql.later(
                    // A person whose key was revoked since may sign again with another one.
                    """
                    INSERT INTO confirm_signature (hold, person, key_class, fingerprint, armored, typed, at)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (hold, person) DO UPDATE SET key_class = excluded.key_class,
                        fingerprint = excluded.fingerprint, armored = excluded.armored, typed = excluded.typed,
                        at = excluded.at""",
                    hold,
                    signed.person(),
                    signed.keyClass().word(),
                    signed.fingerprint(),
                    signed.armored(),
                    signed.typed(),
                    signed.at().toEpochMilli());
        }

        private List<Hold> holds(String where, Object... values) {
            return HoldRow.holds(sql.all(SqliteHoldStore.this::row, COLUMNS + where + SIGNED, values));
        }

        @Override
        public Instant reached() {
            return sql.one(row -> Instant.ofEpochMilli(row.getLong(1)), "SELECT reached FROM confirm_clock")
                    .orElse(Instant.EPOCH);
        }

        @Override
        public void reach(Instant now) {
            sql.later(
                    "INSERT INTO confirm_clock (id, reached) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET reached = excluded.reached WHERE excluded.reached > confirm_clock.reached",
                    now.toEpochMilli());
        }

        @Override
        public void goBackTo(Instant now) {
            sql.later(
                    "INSERT INTO confirm_clock (id, reached) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET reached = excluded.reached",
                    now.toEpochMilli());
        }
    }

    private HoldRow row(ResultSet row) throws SQLException {
        Optional<String> key = Optional.ofNullable(row.getString(10)).filter(counts);
        Optional<Hold.HoldSignature> signature = key.isEmpty()
                ? Optional.empty()
                : Optional.of(new Hold.HoldSignature(
                        row.getString(8),
                        KeyClass.valueOf(row.getString(9).toUpperCase(Locale.ROOT)),
                        key.get(),
                        row.getString(11),
                        row.getString(12),
                        Instant.ofEpochMilli(row.getLong(13))));
        return new HoldRow(row.getString(1), HoldRow.hold(row), signature);
    }

    /** A hold with one of its signatures: a row for each, and one if there is none. */
    private record HoldRow(
            String id, Function<List<Hold.HoldSignature>, Hold> bare, Optional<Hold.HoldSignature> signature) {

        static List<Hold> holds(List<HoldRow> rows) {
            Map<String, List<HoldRow>> byId = new LinkedHashMap<>();
            rows.forEach(row ->
                    byId.computeIfAbsent(row.id(), id -> new ArrayList<>()).add(row));
            return byId.values().stream()
                    .map(same -> same.getFirst()
                            .bare()
                            .apply(same.stream()
                                    .flatMap(row -> row.signature().stream())
                                    .toList()))
                    .toList();
        }

        private static Function<List<Hold.HoldSignature>, Hold> hold(ResultSet row) throws SQLException {
            Statement statement = Statement.read(row.getBytes(2));
            List<ActionClass> classes = classes(row.getString(3));
            Instant signBy = Instant.ofEpochMilli(row.getLong(4));
            HoldState state = HoldState.of(row.getString(5));
            Optional<Instant> at = Optional.of(row.getLong(6))
                    .filter(signedAt -> signedAt != NOT_YET)
                    .map(Instant::ofEpochMilli);
            Optional<String> ending = Optional.of(row.getString(7)).filter(why -> !why.isEmpty());
            return signed -> new Hold(statement, classes, signBy, state, at, signed, ending);
        }

        private static List<ActionClass> classes(String json) {
            Json array = Json.read(json.getBytes(StandardCharsets.UTF_8));
            return Json.object().with("classes", array).objects("classes").stream()
                    .map(ActionClass::read)
                    .toList();
        }
    }
}
