package dev.interlock.front.postgres;

import static dev.interlock.front.postgres.TestingShop.agent;
import static dev.interlock.front.postgres.TestingShop.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.Secret;
import dev.interlock.backup.postgres.TestingPostgres;
import dev.interlock.evidence.Json;
import dev.interlock.gate.NotSentException;
import dev.interlock.gate.StateUndo;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables that the real server moves instead of dropping or emptying them, and that come back whole. */
@Tag("process")
class QuarantineTest {

    private static final String TABLES = """
            RESET ROLE;
            DO $$ DECLARE place text; BEGIN
                FOR place IN SELECT nspname FROM pg_namespace WHERE nspname LIKE 'interlock_quarantine_%' LOOP
                    EXECUTE format('DROP SCHEMA %I CASCADE', place);
                END LOOP;
            END $$;
            DELETE FROM interlock_quarantine.kept;
            DROP SCHEMA IF EXISTS public CASCADE;
            CREATE SCHEMA public AUTHORIZATION shop;
            GRANT USAGE ON SCHEMA public TO worker;
            SET ROLE shop;
            CREATE TYPE mood AS ENUM ('sad', 'happy');
            CREATE TABLE customers (id int PRIMARY KEY);
            CREATE TABLE orders (
                id serial PRIMARY KEY, c int NOT NULL CONSTRAINT "the ""customer" REFERENCES customers ON DELETE CASCADE,
                up int REFERENCES orders, m mood DEFAULT 'sad', note text UNIQUE CHECK (note <> ''),
                twice int GENERATED ALWAYS AS (id * 2) STORED, gone int);
            ALTER TABLE orders DROP COLUMN gone;
            CREATE INDEX ON orders (m) WHERE c > 2;
            CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER touches BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
            COMMENT ON TABLE orders IS 'the orders';
            COMMENT ON COLUMN orders.note IS 'a note';
            GRANT SELECT, INSERT ON orders TO worker;
            ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
            CREATE POLICY mine ON orders USING (c > 0);
            CREATE TABLE items (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, o int REFERENCES orders);
            CREATE TABLE logs (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
            CREATE TABLE viewed (id int);
            CREATE VIEW seen AS SELECT * FROM viewed;
            CREATE TABLE parted (id int) PARTITION BY LIST (id);
            CREATE TABLE part PARTITION OF parted DEFAULT;
            CREATE TABLE heir () INHERITS (viewed);
            CREATE TABLE lender (id serial PRIMARY KEY);
            CREATE TABLE borrower (id int DEFAULT nextval('lender_id_seq'));
            CREATE TABLE counted (id int, twice int);
            CREATE STATISTICS both_columns ON id, twice FROM counted;
            CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
            CREATE TABLE watched (id int);
            CREATE TRIGGER notes AFTER INSERT ON watched FOR EACH ROW EXECUTE FUNCTION noted();
            CREATE FUNCTION good(i int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
            CREATE TABLE checked (id int CHECK (good(id)));
            INSERT INTO customers SELECT generate_series(1, 9);
            INSERT INTO orders (c, note) SELECT k, 'note ' || k FROM generate_series(1, 9) k;
            UPDATE orders SET up = id - 1 WHERE id > 1;
            INSERT INTO items (o) SELECT k FROM generate_series(1, 9) k;
            INSERT INTO logs (note) SELECT 'l' || k FROM generate_series(1, 30) k;
            RESET ROLE;
            """;

    private static final String MOVERS = "GRANT USAGE ON SCHEMA interlock_quarantine TO worker;"
            + "GRANT EXECUTE ON FUNCTION interlock_quarantine.take, interlock_quarantine.place TO worker";

    private static final String PLANTS =
            "CREATE FUNCTION plants(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';";

    @TempDir
    private static Path directory;

    private static final long MOST = 1 << 20;

    private static TestingShop shop;
    private static Connection owner;
    private TestingGate gate;
    private PostgresFront front;
    private Bytes kept = Bytes.empty();

    @BeforeAll
    static void start() throws Exception {
        shop = new TestingShop(directory);
        owner = shop.owner();
        run(
                owner,
                "CREATE ROLE shop LOGIN PASSWORD 'shop'; CREATE ROLE worker LOGIN PASSWORD 'worker';"
                        + "CREATE ROLE look LOGIN PASSWORD 'look'");
        run(owner, DatabaseUndo.quarantine("shop", "shop", "look", MOST));
    }

    @AfterAll
    static void stop() throws Exception {
        owner.close();
        shop.close();
    }

    @BeforeEach
    void open() throws Exception {
        run(owner, TABLES);
        listen("shop");
    }

    private void listen(String role) throws IOException {
        gate = new TestingGate(role + ":" + (role.equals("postgres") ? TestingPostgres.PASSWORD : role));
        gate.most = 1 << 16;
        gate.permitted = Long.MAX_VALUE;
        front = shop.listen(gate);
    }

    @AfterEach
    void close() throws Exception {
        front.close();
    }

    private StateUndo undo() {
        return shop.undo(kept);
    }

    private void restore() throws IOException {
        shop.restore(kept, "shop:shop");
    }

    private static List<String> values(String query) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Statement statement = owner.createStatement();
                ResultSet found = statement.executeQuery(query)) {
            while (found.next()) {
                rows.add(found.getString(1));
            }
        }
        return rows;
    }

    /** Returns all that the server says of what a schema holds, with the rows of {@code tables}. */
    private static List<String> whole(String... tables) throws SQLException {
        List<String> all = new ArrayList<>(values("""
                SELECT concat_ws(' ', c.relname, c.relkind, c.relacl, c.relowner::regrole, c.relrowsecurity, c.relfilenode,
                    obj_description(c.oid), pg_get_indexdef(c.oid),
                    (SELECT string_agg(concat(a.attname, ' ', a.atttypid::regtype, col_description(c.oid, a.attnum), a.attnotnull,
                        pg_get_expr(d.adbin, d.adrelid)), ',' ORDER BY a.attnum) FROM pg_attribute a
                        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE a.attrelid = c.oid AND a.attnum > 0),
                    (SELECT string_agg(conname || pg_get_constraintdef(k.oid), ',' ORDER BY conname) FROM pg_constraint k
                        WHERE k.conrelid = c.oid),
                    (SELECT string_agg(pg_get_triggerdef(t.oid), ',' ORDER BY tgname) FROM pg_trigger t
                        WHERE t.tgrelid = c.oid AND NOT tgisinternal),
                    (SELECT string_agg(polname || pg_get_expr(polqual, polrelid), ',') FROM pg_policy WHERE polrelid = c.oid))
                FROM pg_class c WHERE relnamespace = 'public'::regnamespace ORDER BY 1"""));
        for (String table : tables) {
            all.addAll(values("SELECT \"whole row\"::text FROM " + table + " \"whole row\" ORDER BY 1"));
        }
        return all;
    }

    private String place() {
        return Quarantine.read(kept).orElseThrow().place();
    }

    /** Has the agent take something away, and keeps what the gate would keep of it. */
    private void take(Connection connection, String text) throws SQLException {
        assertThat(run(connection, text)).isZero();
        kept = gate.kept.orElseThrow(() -> new AssertionError("nothing is kept of " + text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DROP TABLE orders, items",
                "drop table if exists public.items, orders, public.orders cascade",
                "DROP TABLE logs",
                "TRUNCATE items",
                "TRUNCATE orders, items CASCADE",
                "TRUNCATE TABLE ONLY logs CONTINUE IDENTITY RESTRICT"
            })
    void whatIsTakenAwayComesBackWhole(String text) throws Exception {
        for (String mode : List.of("simple", "extended")) {
            boolean isDropped = text.toUpperCase(Locale.ROOT).startsWith("DROP");
            List<String> before = whole("orders", "items", "logs");
            List<String> rows = isDropped ? before : before.subList(before.size() - 48, before.size());
            try (Connection connection = agent(front, mode)) {
                take(connection, text);
                assertThat(gate.measured.getLast().toString()).contains("kept-in, value=" + place());
                assertThat(run(connection, "SELECT 1")).isEqualTo(-1);
            }
            if (isDropped) {
                assertThat(values("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
                        .hasSizeLessThan(before.size() - 48 - 2);
            }
            assertThat(whole()).isNotEqualTo(before.subList(0, before.size() - 48));
            restore();
            List<String> after = whole("orders", "items", "logs");
            assertThat(isDropped ? after : after.subList(after.size() - 48, after.size()))
                    .as(text)
                    .isEqualTo(rows);
            assertThat(values("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'interlock_quarantine_%'"))
                    .isEmpty();
        }
    }

    @Test
    void theAgentNeitherSeesNorChangesIt() throws Exception {
        try (Connection connection = agent(front, "simple")) {
            take(connection, "DROP TABLE logs");
            for (String text :
                    List.of("SELECT * FROM @.logs", "DROP TABLE @.logs", "ALTER TABLE @.logs ADD COLUMN a int")) {
                assertThatThrownBy(() -> run(connection, text.replace("@", place())))
                        .isInstanceOf(SQLException.class);
            }
            run(connection, "CREATE TABLE logs (id int)");
        }
        try (Connection direct = shop.connect("shop", "shop")) {
            assertThatThrownBy(() -> run(direct, "SELECT * FROM " + place() + ".logs"))
                    .hasMessageContaining("permission denied for schema");
            assertThatThrownBy(() -> run(direct, "DROP SCHEMA " + place() + " CASCADE"))
                    .hasMessageContaining("must be owner");
            assertThatThrownBy(() -> run(direct, "DELETE FROM interlock_quarantine.kept"))
                    .hasMessageContaining("permission denied");
            assertThatThrownBy(() -> run(direct, "SELECT interlock_quarantine.expire('" + place() + "')"))
                    .hasMessageContaining("permission denied");
        }
        assertThat(values("SELECT count(*) FROM " + place() + ".logs")).containsExactly("30");
        front.close();
        String place = place();
        listen("postgres"); // whom no schema keeps out
        try (Connection connection = agent(front, "simple")) {
            assertThatThrownBy(() -> run(connection, "SELECT * FROM " + place + ".logs"))
                    .hasMessageContaining("the table is in quarantine");
        }
    }

    @Test
    void whatCannotComeBackIsRefusedAndStays() throws Exception {
        try (Connection connection = agent(front, "simple")) {
            take(connection, "DROP TABLE orders, items");
            run(connection, "CREATE TABLE items (id int)");
            assertThatThrownBy(this::restore)
                    .isInstanceOf(NotSentException.class)
                    .hasMessageContaining("relation \"items\" already exists");
            run(owner, "DROP TABLE public.items; DELETE FROM customers WHERE id = 3");
            assertThatThrownBy(this::restore)
                    .hasMessageContaining("the \"customer")
                    .hasMessageNotContaining("(3)");
            run(owner, "INSERT INTO customers VALUES (3); ALTER TABLE customers RENAME TO people");
            assertThatThrownBy(this::restore).hasMessageContaining("customers, to which it refers");
            run(owner, "ALTER TABLE people RENAME TO customers");
            assertThat(values("SELECT count(*) FROM " + place() + ".orders")).containsExactly("9");
            run(owner, "DROP TYPE mood CASCADE");
            assertThatThrownBy(this::restore).hasMessageContaining("it is no longer whole");

            take(connection, "TRUNCATE logs");
            run(owner, "INSERT INTO logs (note) VALUES ('new')");
            assertThatThrownBy(this::restore).hasMessageContaining("has rows again");
            run(owner, "DELETE FROM logs; ALTER TABLE logs RENAME TO old_logs; CREATE TABLE logs (id int)");
            assertThatThrownBy(this::restore).hasMessageContaining("is another table by now");
            run(owner, "DROP TABLE logs; ALTER TABLE old_logs RENAME TO logs");
            run(owner, "CREATE TRIGGER notes BEFORE INSERT ON logs FOR EACH ROW EXECUTE FUNCTION noted()");
            assertThatThrownBy(this::restore).hasMessageContaining("no longer made as it was");
            run(owner, "DROP TRIGGER notes ON logs");
            restore();
            assertThatThrownBy(this::restore).hasMessageContaining("or it is back");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DROP TABLE orders", // others refer to it
                "DROP TABLE orders CASCADE",
                "DROP TABLE viewed CASCADE",
                "DROP TABLE part",
                "DROP TABLE parted",
                "DROP TABLE heir",
                "DROP TABLE lender CASCADE",
                "DROP TABLE counted",
                "DROP TABLE logs, seen",
                "DROP TABLE logs, items_id_seq",
                "DROP TABLE IF EXISTS logs, nothing",
                "TRUNCATE logs; TRUNCATE logs",
                "TRUNCATE orders",
                "TRUNCATE logs RESTART IDENTITY",
                "TRUNCATE watched",
                "TRUNCATE checked",
                "TRUNCATE parted",
                "DO 'BEGIN DROP TABLE logs; END'"
            })
    void whatWouldNotBeTheSameIsAskedAboutAsBefore(String text) throws Exception {
        gate.permitted = -1;
        List<String> before = whole();
        try (Connection connection = agent(front, "simple")) {
            assertThatThrownBy(() -> run(connection, text)).hasMessageContaining("confirmation required");
            assertThat(gate.kept).as(text).isEmpty();
        }
        assertThat(whole()).isEqualTo(before);
    }

    @Test
    void eventTriggersPublicationsAndTheWrongRoleLeaveItAsItWas() throws Exception {
        gate.permitted = -1;
        try (Connection connection = agent(front, "simple")) {
            run(owner, "CREATE PUBLICATION p FOR TABLE logs");
            assertThatThrownBy(() -> run(connection, "DROP TABLE logs")).isInstanceOf(SQLException.class);
            assertThat(gate.kept).isEmpty();
            run(
                    owner,
                    "DROP PUBLICATION p; CREATE FUNCTION told() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
                            + "CREATE EVENT TRIGGER tells ON sql_drop EXECUTE FUNCTION told()");
            assertThatThrownBy(() -> run(connection, "TRUNCATE logs")).isInstanceOf(SQLException.class);
            assertThat(gate.kept).isEmpty();
            run(owner, "DROP EVENT TRIGGER tells");
            assertThatThrownBy(() -> run(connection, "TRUNCATE logs")).isInstanceOf(SQLException.class);
            assertThat(gate.kept).isPresent(); // it would be kept, but nobody has permitted it
        }
        assertThat(values("SELECT count(*) FROM logs")).containsExactly("30");
        front.close();
        listen("worker"); // who owns nothing, and may not move anything
        gate.permitted = -1;
        run(owner, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO worker");
        for (String more : List.of(
                "SELECT 1",
                "GRANT interlock_quarantine TO worker",
                "ALTER ROLE worker NOINHERIT; GRANT interlock_quarantine TO worker",
                "GRANT pg_read_all_data TO worker")) {
            run(owner, more); // all but the first could look there
            try (Connection connection = agent(front, "simple")) {
                assertThatThrownBy(() -> run(connection, "DROP TABLE logs")).isInstanceOf(SQLException.class);
                assertThat(gate.kept).as(more).isEmpty();
            }
            run(
                    owner,
                    MOVERS + "; REVOKE interlock_quarantine, pg_read_all_data FROM worker; ALTER ROLE worker INHERIT");
            try (Connection connection = agent(front, "simple")) {
                assertThatThrownBy(() -> run(connection, "DROP TABLE logs")).isInstanceOf(SQLException.class);
                assertThat(gate.kept).as(more).isPresent();
            }
        }
        run(owner, MOVERS.replace("GRANT", "REVOKE").replace(" TO ", " FROM "));
    }

    @Test
    void aTransactionOfTheClientDecides() throws Exception {
        List<String> before = whole("logs", "orders", "items");
        try (Connection connection = agent(front, "extended")) {
            run(connection, "BEGIN");
            run(connection, "SAVEPOINT mine");
            take(connection, "DROP TABLE logs");
            run(connection, "CREATE TABLE logs (id int PRIMARY KEY)");
            run(connection, "ROLLBACK TO mine");
            take(connection, "TRUNCATE items");
            run(connection, "ROLLBACK");
            assertThat(whole("logs", "orders", "items")).isEqualTo(before);
            assertThatThrownBy(this::restore).hasMessageContaining("its transaction was rolled back");

            run(connection, "BEGIN");
            take(connection, "DROP TABLE logs");
            run(
                    connection,
                    "SELECT 1 / (current_setting('row_security') || current_setting('lock_timeout') = 'on0')::int");
            run(connection, "CREATE TABLE logs (id int PRIMARY KEY)"); // its index has the same name too
            run(connection, "INSERT INTO logs VALUES (1)");
            run(connection, "COMMIT");
        }
        assertThat(values("SELECT count(*) FROM logs")).containsExactly("1");
        run(owner, "DROP TABLE public.logs");
        restore();
        assertThat(whole("logs", "orders", "items")).isEqualTo(before);
    }

    @Test
    void aPreparedStatementTakesTheTableOfItsTime() throws Exception {
        try (Connection connection = agent(front, "extended");
                PreparedStatement drop = connection.prepareStatement("DROP TABLE logs")) {
            drop.execute();
            Bytes first = gate.kept.orElseThrow();
            run(connection, "CREATE TABLE logs (id int)");
            drop.execute();
            assertThat(gate.kept.orElseThrow()).isNotEqualTo(first);
            run(connection, "DECLARE c CURSOR WITH HOLD FOR SELECT 1");
            run(connection, "BEGIN");
            run(connection, "DECLARE open CURSOR FOR SELECT * FROM items");
            assertThatThrownBy(() -> run(connection, "DROP TABLE items"))
                    .hasMessageContaining("being used by active queries in this session");
            run(connection, "COMMIT");
        }
        assertThat(values("SELECT count(*) FROM items")).containsExactly("9");
    }

    /** What is moved is what was counted and is on record, or nothing. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO logs (note) VALUES ('late')",
                "DROP TABLE logs; CREATE TABLE logs AS SELECT generate_series(1, 30) AS id",
                "CREATE VIEW late AS SELECT * FROM logs",
                "ALTER TABLE logs RENAME TO other; CREATE TABLE logs AS SELECT * FROM other"
            })
    void whatChangesBetweenTheCountAndTheMoveIsNotMoved(String between) throws Exception {
        try (Connection connection = agent(front, "simple")) {
            run(owner, "SET lock_timeout = '1s'");
            List<String> refused = new ArrayList<>();
            gate.beforeSending = () -> {
                gate.beforeSending = () -> {};
                try {
                    run(owner, between);
                } catch (SQLException e) {
                    refused.add(e.getMessage()); // the counting session holds it
                }
            };
            if (between.startsWith("DROP") || between.startsWith("ALTER")) {
                take(connection, "DROP TABLE logs");
                assertThat(refused).singleElement().asString().contains("lock timeout");
                assertThat(values("SELECT count(*) FROM " + place() + ".logs")).containsExactly("30");
                return;
            }
            assertThatThrownBy(() -> run(connection, "DROP TABLE logs"))
                    .hasMessageContaining("have changed since they were counted");
            assertThat(refused).isEmpty();
        } finally {
            run(owner, "RESET lock_timeout");
        }
        assertThat(values("SELECT count(*) >= 30 FROM logs")).containsExactly("t");
        assertThat(values("SELECT place FROM interlock_quarantine.kept")).isEmpty();
    }

    /** Rows come back by the rights of a role that can do more than the agent's: none of its code may run then. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE OPERATOR ~~~~ (FUNCTION = plants, LEFTARG = int, RIGHTARG = int);"
                        + "CREATE TABLE trap (id int CHECK (id ~~~~ 1))",
                "CREATE DOMAIN planted AS int CHECK (plants(value, 1)); CREATE TABLE trap (id int CHECK (id::planted > 0))",
                "CREATE DOMAIN planted AS int CHECK (plants(value, 1));"
                        + "CREATE TABLE trap (id int CHECK (cardinality(('{' || id || '}')::text::planted[]) > 0))",
                "CREATE TABLE trap (id int); INSERT INTO trap VALUES (1); ALTER TABLE trap ADD CHECK (id > 5) NOT VALID"
            })
    void rowsThatMayNotComeBackAreNotMoved(String text) throws Exception {
        gate.permitted = -1;
        run(owner, "SET ROLE shop; " + PLANTS + text + "; RESET ROLE");
        try (Connection connection = agent(front, "simple")) {
            assertThatThrownBy(() -> run(connection, "TRUNCATE trap")).hasMessageContaining("confirmation required");
            assertThat(gate.kept).as(text).isEmpty();
        }
    }

    @Test
    void whatIsAddedMeanwhileRunsNothingAsTheRowsComeBack() throws Exception {
        try (Connection connection = agent(front, "simple")) {
            take(connection, "TRUNCATE logs");
        }
        run(
                owner,
                "SET ROLE shop; CREATE FUNCTION plants(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS"
                        + "'BEGIN RAISE EXCEPTION ''it runs as %'', current_user; END';"
                        + "CREATE TABLE parts (LIKE logs) PARTITION BY LIST (plants(note));"
                        + "ALTER TABLE parts ATTACH PARTITION logs FOR VALUES IN ('x'); RESET ROLE");
        assertThatThrownBy(this::restore).hasMessageContaining("no longer made as it was");
    }

    @Test
    void whatCouldNotGoBackToItsSchemaIsNotMoved() throws Exception {
        gate.permitted = -1;
        run(owner, "ALTER SCHEMA public OWNER TO postgres; GRANT USAGE ON SCHEMA public TO shop");
        try (Connection connection = agent(front, "simple")) {
            assertThatThrownBy(() -> run(connection, "DROP TABLE logs")).isInstanceOf(SQLException.class);
            assertThat(gate.kept).isEmpty();
        }
    }

    @Test
    void anUndoBringsBackWhatItsOwnCallTook() throws Exception {
        try (Connection connection = agent(front, "simple")) {
            run(connection, "BEGIN");
            take(connection, "TRUNCATE logs");
            Bytes first = kept;
            run(connection, "ROLLBACK");
            take(connection, "DROP TABLE logs");
            Bytes second = kept;
            kept = first;
            assertThatThrownBy(this::restore).hasMessageContaining("its transaction was rolled back");
            kept = second;
            restore();
            take(connection, "DROP TABLE logs");
            Bytes third = kept;
            kept = second;
            assertThatThrownBy(this::restore).hasMessageContaining("or it is back");
            kept = third;
            restore();
        }
    }

    /** Whoever installs it can do everything: what the agent has defined must not run then. */
    @Test
    void theSetUpRunsNothingOfTheAgent() throws Exception {
        run(
                owner,
                "SET ROLE shop; CREATE FUNCTION public.format(text, name) RETURNS text LANGUAGE plpgsql AS"
                        + "'BEGIN RAISE EXCEPTION ''it runs as %'', current_user; END'; RESET ROLE");
        try {
            assertThatThrownBy(() -> run(owner, DatabaseUndo.quarantine("shop", "shop", "look", MOST)))
                    .hasMessageContaining("schema \"interlock_quarantine\" already exists");
        } finally {
            run(owner, "ROLLBACK");
        }
    }

    @Test
    void namesMayBeAnything() throws Exception {
        String name = "\"a\"\"b'; \\\n%I %1$s $$ -- \u00fc\"";
        run(
                owner,
                ("SET ROLE shop; CREATE TABLE @ (@ int CONSTRAINT @ REFERENCES customers, PRIMARY KEY (@));"
                                + "INSERT INTO @ VALUES (1), (2); RESET ROLE")
                        .replace("@", name));
        List<String> before = whole(name);
        for (String text : List.of("DROP TABLE @", "TRUNCATE @")) {
            try (Connection connection = agent(front, "extended")) {
                take(connection, text.replace("@", name));
            }
            restore();
        }
        assertThat(values("SELECT * FROM " + name)).containsExactly("1", "2");
        assertThat(whole(name)).hasSameSizeAs(before);
    }

    @Test
    void aCopyIsNotPublished() throws Exception {
        gate.permitted = -1;
        run(owner, "CREATE PUBLICATION everything FOR ALL TABLES");
        try (Connection connection = agent(front, "simple")) {
            assertThatThrownBy(() -> run(connection, "TRUNCATE logs")).isInstanceOf(SQLException.class);
            assertThat(gate.kept).isEmpty();
        } finally {
            run(owner, "DROP PUBLICATION everything");
        }
    }

    @Test
    void settingsOfTheClientDoNotCount() throws Exception {
        List<String> before = whole("orders", "items");
        try (Connection connection = agent(front, "simple")) {
            run(connection, "SET quote_all_identifiers = on");
            take(connection, "DROP TABLE orders, items");
        }
        restore();
        assertThat(whole("orders", "items")).isEqualTo(before);
    }

    @Test
    void nobodyChangesWhatIsKnownOfIt() throws Exception {
        front.close();
        listen("postgres");
        try (Connection connection = agent(front, "simple")) {
            take(connection, "DROP TABLE logs");
            for (String text : List.of(
                    "UPDATE interlock_quarantine.kept SET until = now() - '1 day'::interval WHERE true",
                    "DELETE FROM interlock_quarantine.kept")) {
                assertThatThrownBy(() -> run(connection, text)).as(text).hasMessageContaining("is in quarantine");
            }
        }
    }

    private Optional<String> expire(QuarantineExpiry.Recording records) throws IOException {
        return QuarantineExpiry.run(
                shop.upstream().address(),
                new Secret("look:look"),
                (SSLSocketFactory) SSLSocketFactory.getDefault(),
                records);
    }

    @Test
    void whatHasExpiredIsDroppedOnceThatIsRecorded() throws Exception {
        try (Connection connection = agent(front, "simple")) {
            take(connection, "DROP TABLE logs");
            take(connection, "TRUNCATE items");
        }
        List<Json.Members> records = new ArrayList<>();
        assertThat(expire(records::add).orElseThrow()).matches("2 \\(0 MB, first until 20.*Z\\)");
        assertThat(records).isEmpty();
        String places = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'interlock_quarantine_%'";
        assertThat(values(places)).hasSize(2);
        run(owner, "UPDATE interlock_quarantine.kept SET until = now() - '1 second'::interval WHERE is_copy");
        assertThatThrownBy(() -> expire(_ -> {
                    throw new IOException("no ledger");
                }))
                .hasMessage("no ledger");
        assertThat(values(places)).hasSize(2);
        expire(records::add);
        assertThat(records.stream().map(told -> told.text("result") + " " + told.text("tables")))
                .containsExactly("begun \"public\".\"items\"", "dropped \"public\".\"items\"");
        String left = values(places).getFirst();
        try (Connection looking = shop.connect("look", "look")) {
            assertThatThrownBy(() -> run(looking, "SELECT interlock_quarantine.expire('" + left + "')"))
                    .hasMessageContaining("nothing has expired there");
        }
        assertThat(values(places)).containsExactly(left);
        assertThatThrownBy(this::restore).hasMessageContaining("it has expired");
        assertThat(values("SELECT count(*) FROM items")).containsExactly("0");
    }

    /** An agent that makes and drops large tables would fill the disk with what it wants to be rid of. */
    @Test
    void whatWouldFillTheQuarantineUpIsAskedAbout() throws Exception {
        try (Connection connection = agent(front, "simple")) {
            run(
                    owner,
                    "CREATE TABLE large AS SELECT repeat('x', 1000) FROM generate_series(1, 700);"
                            + "CREATE TABLE larger AS TABLE large; ALTER TABLE large OWNER TO shop; ALTER TABLE larger OWNER TO shop");
            take(connection, "DROP TABLE large");
            gate.kept = Optional.empty();
            run(connection, "DROP TABLE larger");
            assertThat(gate.kept).isEmpty();
            run(owner, "UPDATE interlock_quarantine.kept SET until = now() - '1 second'::interval");
            assertThat(expire(_ -> {})).isEmpty();
            take(connection, "DROP TABLE logs");
        }
    }

    @Test
    void whoUndoesIsToldWhatComesBack() throws Exception {
        try (Connection connection = agent(front, "simple")) {
            take(connection, "DROP TABLE orders, items");
        }
        assertThat(undo().names())
                .containsExactly("the dropped table items with 9 rows", "the dropped table orders with 9 rows");
        SqlCall call = (SqlCall) undo().restoration().get();
        assertThat(call.actions()).hasSize(1);
        assertThat(call.actions().getFirst().operation()).hasToString("pg/create-table");
        assertThat(call.actions().getFirst().impacts()).isEqualTo(Set.of(Impact.WRITE));
        assertThat(call.actions().toString()).contains("shop.public.orders", "count.rows, value=18");
    }
}
