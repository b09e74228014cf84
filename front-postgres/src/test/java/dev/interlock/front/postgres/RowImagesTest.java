package dev.interlock.front.postgres;

import static dev.interlock.front.postgres.TestingShop.agent;
import static dev.interlock.front.postgres.TestingShop.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Impact;
import dev.interlock.backup.postgres.TestingPostgres;
import dev.interlock.evidence.Receipt;
import dev.interlock.gate.NotSentException;
import dev.interlock.gate.StateUndo;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows that the real server changes are kept, and come back equal. */
@Tag("process")
class RowImagesTest {

    private static final String TABLES = """
            DROP SCHEMA IF EXISTS public CASCADE;
            DROP SCHEMA IF EXISTS "Other ""one" CASCADE;
            CREATE SCHEMA public;
            CREATE SCHEMA "Other ""one";
            CREATE TYPE mood AS ENUM ('sad', 'ok''ay');
            CREATE TABLE kinds (
                id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz, part text, PRIMARY KEY (id, part),
                flag boolean, n numeric, f float8, r real, b bytea, j jsonb, js json, u uuid, i interval, d date,
                t time, ip inet, a int[], ta text[], m mood, mm mood[], p point, c char(4), v varchar(9), x xml, mo money,
                rg int4range, bits bit(3), s tsvector, twice numeric GENERATED ALWAYS AS (n * 2) STORED, gone int);
            ALTER TABLE kinds DROP COLUMN gone;
            INSERT INTO kinds (at, part, flag, n, f, r, b, j, js, u, i, d, t, ip, a, ta, m, mm, p, c, v, x, mo, rg, bits, s)
            SELECT now() + k * '1 day'::interval, 'it''s "' || k || E'\\\\ \n (,)', k % 2 = 0, k / 7.0, k / 7.0, k / 3.0,
                decode('00ff' || lpad(k::text, 2, '0'), 'hex'), '{"a": [1, null, "x"]}', '{"b":  1}',
                gen_random_uuid(), '1 mon 2 days 03:04:05.6', '2020-02-29', '12:34:56.789', '10.0.0.1/8', '{1,NULL,3}',
                ARRAY['', NULL, 'a"b', 'NULL'], 'ok''ay', '{sad}', '(1.5,2)', 'ab', 'v', '<a>1</a>', 12.5, '[1,5)',
                B'101', 'a fat cat'
            FROM generate_series(1, 5) k;
            INSERT INTO kinds (part) VALUES ('');
            CREATE TABLE orders (id int PRIMARY KEY, note text, total int);
            CREATE TABLE "Other ""one"."It""ems" (id int PRIMARY KEY, o int REFERENCES orders ON DELETE CASCADE ON UPDATE CASCADE);
            CREATE TABLE tags (id int PRIMARY KEY, o int REFERENCES orders ON DELETE SET NULL ON UPDATE CASCADE);
            CREATE TABLE invoices (id int PRIMARY KEY, o int);
            CREATE TABLE log (id serial PRIMARY KEY, o int);
            CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree);
            CREATE TABLE late (id int PRIMARY KEY, o int REFERENCES orders DEFERRABLE INITIALLY DEFERRED);
            CREATE TABLE bare (id int);
            INSERT INTO bare VALUES (1);
            INSERT INTO tree VALUES (1, NULL), (3, 1), (2, 3);
            INSERT INTO orders SELECT k, 'a secret note ' || k, k FROM generate_series(1, 20) k;
            INSERT INTO "Other ""one"."It""ems" SELECT k, k % 20 + 1 FROM generate_series(1, 60) k;
            INSERT INTO tags SELECT k, k FROM generate_series(1, 20) k;
            INSERT INTO invoices SELECT k, k FROM generate_series(1, 12) k;
            CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    BEGIN DELETE FROM invoices WHERE o = OLD.id; EXCEPTION WHEN division_by_zero THEN NULL; END;
                    INSERT INTO log (o) VALUES (OLD.id); RETURN OLD;
                END $$;
            CREATE TRIGGER forgets AFTER DELETE ON orders FOR EACH ROW EXECUTE FUNCTION forget();
            """;

    @TempDir
    private static Path directory;

    private static TestingShop shop;
    private TestingGate gate;
    private PostgresFront front;
    private Connection owner;

    @BeforeAll
    static void start() throws Exception {
        shop = new TestingShop(directory);
    }

    @AfterAll
    static void stop() throws IOException {
        shop.close();
    }

    @BeforeEach
    void open() throws Exception {
        owner = shop.owner();
        run(owner, TABLES);
        gate = new TestingGate("postgres:" + TestingPostgres.PASSWORD);
        gate.most = 1 << 16;
        gate.permitted = Long.MAX_VALUE;
        front = shop.listen(gate);
    }

    @AfterEach
    void close() throws Exception {
        front.close();
        owner.close();
    }

    private StateUndo undo() {
        return shop.undo(gate.kept.orElseThrow());
    }

    private void restore() throws IOException {
        shop.restore(gate.kept.orElseThrow(), "postgres:" + TestingPostgres.PASSWORD);
    }

    /** Returns every row of the tables, as the server writes it. */
    private List<String> rows(String... tables) throws SQLException {
        List<String> rows = new ArrayList<>();
        for (String table : tables) {
            try (Statement statement = owner.createStatement();
                    ResultSet found = statement.executeQuery(
                            "SELECT \"whole row\"::text FROM " + table + " \"whole row\" ORDER BY 1")) {
                while (found.next()) {
                    rows.add(table + " " + found.getString(1));
                }
            }
        }
        return rows;
    }

    private static final String[] DATA = {
        "kinds", "orders", "\"Other \"\"one\".\"It\"\"ems\"", "tags", "invoices", "tree"
    };
    private static final String[] ALL =
            Stream.concat(Stream.of(DATA), Stream.of("log")).toArray(String[]::new);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DELETE FROM kinds",
                "UPDATE kinds SET n = 1, f = 'NaN', a = NULL, ta = '{}', at = 'infinity', part = part, m = 'sad'",
                "UPDATE kinds SET part = part || 'x' WHERE part <> ''",
                "DELETE FROM orders WHERE id <= 7",
                "UPDATE orders SET id = id + 100 WHERE id > 15",
                "UPDATE orders SET note = upper(note)",
                "INSERT INTO orders VALUES (500, 'new', 1), (5, 'five', 2) ON CONFLICT (id) DO UPDATE SET note = EXCLUDED.note",
                "DELETE FROM tree",
                "MERGE INTO orders o USING (VALUES (1), (2), (900)) v(k) ON o.id = v.k"
                        + " WHEN MATCHED AND k = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET total = 0"
                        + " WHEN NOT MATCHED THEN INSERT VALUES (v.k, 'm', 0)",
                "WITH a AS (DELETE FROM invoices WHERE id = 3 RETURNING o) UPDATE orders SET total = -1 FROM a WHERE id = a.o"
            })
    void whatChangesComesBackEqual(String text) throws Exception {
        for (String mode : List.of("simple", "extended")) {
            // An undo of what is new is a deletion, of which triggers write into the log.
            String[] compared = text.startsWith("DELETE") ? ALL : DATA;
            List<String> before = rows(compared);
            try (Connection connection = agent(front, mode)) {
                if (mode.equals("extended")) {
                    run(connection, "SET intervalstyle = 'sql_standard'");
                    run(connection, "BEGIN");
                    run(connection, "INSERT INTO log (o) VALUES (-1)");
                }
                run(connection, text);
                assertThat(gate.kept).as(text).isPresent();
                if (mode.equals("extended")) {
                    run(connection, "COMMIT");
                    run(owner, "DELETE FROM log WHERE o = -1");
                }
            }
            assertThat(rows(compared)).as(text).isNotEqualTo(before);
            restore();
            assertThat(rows(compared)).as(text).isEqualTo(before);
        }
    }

    @Test
    void whoUndoesIsToldWhatItChangesAndMayNeedAPerson() throws Exception {
        try (Connection connection = agent(front, "simple")) {
            run(connection, "DELETE FROM orders WHERE id <= 2");
        }
        assertThat(undo().names())
                .contains("2 deleted rows of orders", "2 deleted rows of invoices", "2 inserted rows of log")
                .contains("2 updated rows of tags");
        SqlCall call = (SqlCall) undo().restoration().get();
        assertThat(call.actions())
                .allMatch(action -> action.impacts().equals(Set.of(Impact.WRITE)))
                .extracting(action -> action.operation().toString())
                .containsExactly("pg/insert", "pg/update", "pg/delete");
        assertThat(call.actions().toString()).contains("count.rows, value=").doesNotContain("secret");
        assertThat(call + " " + undo() + " " + gate.kept).doesNotContain("secret note");
    }

    @Test
    void whatOthersHaveChangedSinceStays() throws Exception {
        try (Connection connection = agent(front, "simple")) {
            run(connection, "UPDATE orders SET note = 'x' WHERE id <= 3");
            run(owner, "UPDATE orders SET total = 9 WHERE id = 2");
            List<String> before = rows(ALL);
            assertThatThrownBy(this::restore)
                    .isInstanceOf(NotSentException.class)
                    .hasMessageContaining("somebody has changed this since: orders (2).");
            run(connection, "DELETE FROM orders WHERE id = 4");
            run(owner, "INSERT INTO orders VALUES (4, 'other', 0)");
            assertThatThrownBy(this::restore).hasMessageContaining("orders (4)");
            run(owner, "DELETE FROM orders WHERE id = 4; DELETE FROM log WHERE o = 4");
            assertThatThrownBy(this::restore).hasMessageContaining("log (");
            assertThat(before).isNotEmpty();
        }
    }

    /** The server writes the text of a statement into its log if it fails. */
    @Test
    void noTextOfAnUndoHoldsARow() throws Exception {
        try (Connection connection = agent(front, "simple")) {
            run(connection, "DELETE FROM orders WHERE id = 20");
        }
        run(owner, """
                CREATE TABLE texts (text text);
                CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN INSERT INTO texts VALUES (current_query()); RETURN NULL; END $$;
                CREATE TRIGGER keeps AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION keep();
                """);
        restore();
        assertThat(rows("texts").toString()).contains("INSERT INTO").doesNotContain("secret note");
    }

    /** An undo must not take with it what others have hung on a row since. */
    @Test
    void whatHangsOnANewRowStays() throws Exception {
        try (Connection connection = agent(front, "simple")) {
            run(connection, "INSERT INTO orders VALUES (500, 'new', 1)");
        }
        run(owner, "INSERT INTO \"Other \"\"one\".\"It\"\"ems\" VALUES (500, 500); INSERT INTO tags VALUES (500, 500)");
        List<String> before = rows(ALL);
        assertThatThrownBy(this::restore).hasMessageContaining("it would delete or change other rows as well");
        run(owner, "DELETE FROM \"Other \"\"one\".\"It\"\"ems\" WHERE id = 500");
        assertThatThrownBy(this::restore).hasMessageContaining("it would delete or change other rows as well");
        run(owner, "INSERT INTO \"Other \"\"one\".\"It\"\"ems\" VALUES (500, 500)");
        assertThat(rows(ALL)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DELETE FROM bare", // no primary key
                "UPDATE orders SET note = repeat(note, 1000)", // too long
                "UPDATE counted SET n = 1", // a trigger would make another row of it
                "DELETE FROM owned", // a domain, whose check is code
                "DELETE FROM hidden" // the role may not put it back
            })
    void whatIsNotCertainToComeBackIsNotKept(String text) throws Exception {
        run(owner, """
                CREATE TABLE counted (id int PRIMARY KEY, n int, at timestamptz);
                INSERT INTO counted VALUES (1, 0, '2020-01-01');
                CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN NEW.at := clock_timestamp(); RETURN NEW; END $$;
                CREATE TRIGGER touches BEFORE UPDATE ON counted FOR EACH ROW EXECUTE FUNCTION touch();
                CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0);
                CREATE TABLE owned (id int PRIMARY KEY, e even);
                INSERT INTO owned VALUES (1, 2);
                CREATE TABLE hidden (id int PRIMARY KEY);
                INSERT INTO hidden VALUES (1);
                DROP ROLE IF EXISTS weak;
                CREATE ROLE weak LOGIN PASSWORD 'weak';
                GRANT USAGE ON SCHEMA public TO weak;
                GRANT SELECT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO weak;
                """);
        front.close();
        TestingGate weak = new TestingGate("weak:weak");
        weak.most = gate.most;
        gate = weak;
        front = shop.listen(gate);
        List<String> before = rows("bare", "orders", "counted", "owned", "hidden");
        try (Connection connection = agent(front, "simple")) {
            assertThatThrownBy(() -> run(connection, text))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getMessage()).contains("would "));
        }
        assertThat(gate.kept).isEmpty();
        assertThat(rows("bare", "orders", "counted", "owned", "hidden")).isEqualTo(before);
        run(owner, "DROP OWNED BY weak");
    }

    @Test
    void whatAnotherTimeMayKeepOutIsNotKept() throws Exception {
        run(owner, """
                CREATE TABLE visits (id int PRIMARY KEY, until date CHECK (until > CURRENT_DATE));
                INSERT INTO visits VALUES (1, CURRENT_DATE + 1);
                CREATE TABLE calls (id int PRIMARY KEY, until timestamptz CHECK (until > now()));
                INSERT INTO calls VALUES (1, now() + interval '1 hour');
                CREATE TABLE stays (id int PRIMARY KEY, n int CHECK (n > abs(-1)));
                INSERT INTO stays VALUES (1, 2);
                """);
        try (Connection connection = agent(front, "simple")) {
            for (String table : List.of("visits", "calls", "stays")) {
                gate.kept = Optional.empty();
                run(connection, "DELETE FROM " + table);
                assertThat(gate.kept.isPresent()).as(table).isEqualTo(table.equals("stays"));
            }
        }
    }

    private static final String NOTES = """
            CREATE TABLE notes (id int PRIMARY KEY, note text);
            INSERT INTO notes VALUES (1, 'true'), (2, 'second');
            CREATE FUNCTION put(k int) RETURNS int LANGUAGE plpgsql AS $$
                BEGIN INSERT INTO notes VALUES (k, ''); RETURN 1; EXCEPTION WHEN unique_violation THEN RETURN 0; END $$;
            """;

    /** The agent's function puts another cursor in the place of the gateway's. */
    @Test
    void rowsThatTheAgentSaysAreNotKept() throws Exception {
        run(owner, NOTES);
        try (Connection connection = agent(front, "simple")) {
            run(connection, """
                    CREATE FUNCTION pg_temp.lies() RETURNS boolean LANGUAGE plpgsql AS $$
                    DECLARE
                        c refcursor := 'interlock rows 0';
                    BEGIN
                        CLOSE c;
                        OPEN c FOR SELECT 'old 0', 'false', 'true', pg_current_xact_id()::text, '(9,9)', '(1)', '(1,forged)';
                        RETURN true;
                    END $$""");
            run(connection, "DELETE FROM notes WHERE id = 1 AND pg_temp.lies()");
        }
        assertThat(rows("notes")).hasSize(1);
        assertThat(gate.kept).isEmpty();
    }

    /** A column of this name is no row. */
    @Test
    void aColumnDoesNotStandForItsRow() throws Exception {
        run(owner, NOTES);
        run(
                owner,
                "ALTER TABLE notes ADD COLUMN \"interlock row\" text GENERATED ALWAYS AS ('(' || id::text || ',forged,)') STORED");
        List<String> before = rows("notes");
        try (Connection connection = agent(front, "simple")) {
            run(connection, "DELETE FROM notes");
        }
        assertThat(rows("notes")).isEmpty();
        restore();
        assertThat(rows("notes")).isEqualTo(before);
    }

    /** The row names the lock and the deletion together; the insertion that was taken back is counted all the same. */
    @Test
    void whatATakenBackInsertionOutweighsIsNotKept() throws Exception {
        run(owner, NOTES);
        try (Connection connection = agent(front, "extended")) {
            run(connection, "BEGIN");
            run(connection, "SELECT 1 FROM notes WHERE id = 1 FOR UPDATE");
            run(connection, "WITH a AS (SELECT put(2)) DELETE FROM notes USING a WHERE id = 1");
            run(connection, "COMMIT");
        }
        assertThat(rows("notes")).hasSize(1);
        assertThat(gate.kept).isEmpty();
    }

    /** Nothing of it goes unseen, so that it may be counted too. */
    @Test
    void aRowThatIsWrittenAfterAnInsertionWasTakenBackIsKept() throws Exception {
        run(owner, NOTES);
        List<String> before = rows("notes");
        try (Connection connection = agent(front, "simple")) {
            run(connection, "UPDATE notes SET note = put(2)::text WHERE id = 1");
        }
        assertThat(rows("notes")).isNotEqualTo(before);
        restore();
        assertThat(rows("notes")).isEqualTo(before);
    }

    /** The cursor has seen another version than the statement, which had to wait for it. */
    @Test
    void aRowThatChangesMeanwhileIsNotKeptAsItWasBefore() throws Exception {
        try (Connection other = shop.owner();
                Connection connection = agent(front, "simple")) {
            run(other, "BEGIN");
            run(other, "UPDATE orders SET note = 'theirs' WHERE id = 1");
            CompletableFuture<Void> deleting = CompletableFuture.runAsync(() -> {
                try {
                    run(connection, "DELETE FROM orders WHERE id = 1");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            while (rows("(SELECT pid FROM pg_locks WHERE NOT granted)").isEmpty() && !deleting.isDone()) {
                Thread.onSpinWait();
            }
            run(other, "COMMIT");
            deleting.join();
        }
        assertThat(gate.kept).isEmpty();
    }

    @Test
    void othersMayShareTheRowsMeanwhile() throws Exception {
        try (Connection other = shop.owner();
                Connection connection = agent(front, "simple")) {
            run(other, "BEGIN");
            run(other, "SELECT 1 FROM orders WHERE id = 1 FOR KEY SHARE");
            run(connection, "UPDATE orders SET note = '' WHERE id <= 2");
            assertThat(gate.kept).isEmpty(); // the row names both transactions, and neither alone
            run(other, "COMMIT");
            run(connection, "UPDATE orders SET note = 'x' WHERE id <= 2");
            assertThat(gate.kept).isPresent();
        }
    }

    /** Then the gate drops what was kept before the commit was sent. */
    @Test
    void aCommitThatFailsIsKnownAtOnce() throws Exception {
        try (Connection connection = agent(front, "simple")) {
            assertThatThrownBy(() -> run(connection, "INSERT INTO late VALUES (1, 999)"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("23503"));
            assertThat(gate.kept).isPresent();
            awaitResult(Receipt.Result.FAILED);
            run(connection, "INSERT INTO late VALUES (1, 1)");
            awaitResult(Receipt.Result.DONE);
        }
    }

    /** The client has its answer before the gate knows the result. */
    private void awaitResult(Receipt.Result result) {
        while (gate.atOnce.isEmpty() || gate.atOnce.getLast() != result) {
            Thread.onSpinWait();
        }
    }

    /** Whoever has deleted the row since had a reason, and the agent's own deletion never was. */
    @Test
    void whatWasRolledBackIsNotUndone() throws Exception {
        run(owner, NOTES);
        for (String back : List.of("ROLLBACK", "ROLLBACK TO mine")) {
            try (Connection connection = agent(front, "extended")) {
                run(connection, "BEGIN");
                run(connection, "SAVEPOINT mine");
                run(connection, "DELETE FROM notes WHERE id = 1");
                run(connection, back);
                run(connection, "COMMIT");
            }
            assertThat(gate.kept).isPresent();
            run(owner, "DELETE FROM notes WHERE id = 1");
            assertThatThrownBy(this::restore).hasMessageContaining("its transaction was rolled back");
            assertThat(rows("notes")).hasSize(1);
            run(owner, "INSERT INTO notes VALUES (1, 'true')");
        }
    }

    @Test
    void aTransactionOfTheClientHasNothingOfItLeft() throws Exception {
        try (Connection connection = agent(front, "extended")) {
            run(connection, "SET intervalstyle = 'sql_standard'");
            run(connection, "BEGIN");
            run(connection, "DECLARE mine CURSOR FOR SELECT id FROM orders ORDER BY id");
            run(connection, "DELETE FROM orders WHERE id = 1");
            try (Statement statement = connection.createStatement();
                    ResultSet found = statement.executeQuery(
                            "SELECT (SELECT string_agg(name, ',') FROM pg_cursors), current_setting('intervalstyle')")) {
                found.next();
                assertThat(found.getString(1)).contains("mine").doesNotContain("interlock rows");
                assertThat(found.getString(2)).isEqualTo("sql_standard");
            }
            run(connection, "ROLLBACK");
        }
        List<String> before = rows(ALL);
        assertThatThrownBy(this::restore).hasMessageContaining("its transaction was rolled back");
        assertThat(rows(ALL)).isEqualTo(before);
    }
}
