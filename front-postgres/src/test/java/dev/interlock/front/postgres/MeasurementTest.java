package dev.interlock.front.postgres;

import static dev.interlock.front.postgres.TestingShop.agent;
import static dev.interlock.front.postgres.TestingShop.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.postgres.TestingPostgres;
import dev.interlock.evidence.Receipt;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;

/** Statements whose consequences the real server counts before anybody decides. */
@Tag("process")
class MeasurementTest {

    private static final String TABLES = """
            DROP SCHEMA IF EXISTS public CASCADE;
            CREATE SCHEMA public;
            CREATE TABLE orders (id int PRIMARY KEY, note text);
            CREATE TABLE items (id int PRIMARY KEY, o int REFERENCES orders ON DELETE CASCADE);
            CREATE TABLE invoices (id int PRIMARY KEY, o int);
            CREATE TABLE log (run serial, o int);
            CREATE TABLE log2 (id int PRIMARY KEY);
            CREATE TABLE late (id int PRIMARY KEY, o int REFERENCES log2 DEFERRABLE INITIALLY DEFERRED);
            INSERT INTO orders SELECT i, 'note ' || i FROM generate_series(1, 1200) i;
            INSERT INTO items SELECT i, i % 1200 + 1 FROM generate_series(1, 3000) i;
            INSERT INTO invoices SELECT i, i * 100 FROM generate_series(1, 12) i;
            CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN DELETE FROM invoices WHERE o = OLD.id; RETURN OLD; END $$;
            CREATE TRIGGER forgets AFTER DELETE ON orders FOR EACH ROW EXECUTE FUNCTION forget();
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN INSERT INTO log (o) VALUES (1); RETURN NULL; END $$;
            CREATE TRIGGER notes AFTER UPDATE ON invoices FOR EACH STATEMENT EXECUTE FUNCTION note();
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
        front = shop.listen(gate);
    }

    @AfterEach
    void close() throws Exception {
        front.close();
        owner.close();
    }

    private long count(String table) throws SQLException {
        return value("SELECT count(*) FROM " + table);
    }

    private long value(String query) throws SQLException {
        try (Statement statement = owner.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    /** Has {@code text} held, and returns what the agent is told. */
    private static String held(Connection connection, String text) {
        Throwable[] thrown = new Throwable[1];
        assertThatThrownBy(() -> run(connection, text)).satisfies(e -> thrown[0] = e);
        PSQLException error = (PSQLException) thrown[0];
        assertThat(error.getSQLState()).as(error.getMessage()).isEqualTo("IL001");
        return error.getServerErrorMessage().getDetail() + "\n"
                + error.getServerErrorMessage().getHint();
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended"})
    void aHeldStatementSaysExactlyWhatItWouldDo(String mode) throws Exception {
        try (Connection connection = agent(front, mode)) {
            assertThat(held(connection, "DELETE FROM orders"))
                    .contains(
                            "would delete 1,200 rows of orders, 3,000 of items (cascade), 12 of invoices (trigger)",
                            "interlock hold show H-1, or add a WHERE");
            assertThat(held(connection, "DELETE FROM orders WHERE id <= 100"))
                    .contains("would delete 100 rows of orders, 299 of items (cascade), 1 of invoices (trigger)")
                    .doesNotContain("add a WHERE");
            assertThat(held(connection, "UPDATE orders SET note = '' WHERE id < 3"))
                    .contains("would update 2 rows of orders");
            assertThat(held(connection, "UPDATE items SET o = 1 WHERE id <= 3"))
                    .contains("would update 3 rows of items");
            assertThat(held(connection, "DELETE FROM orders WHERE false")).contains("would change no row");
            assertThat(count("orders")).isEqualTo(1200);
            assertThat(count("items")).isEqualTo(3000);
            assertThat(count("invoices")).isEqualTo(12);
            assertThat(gate.measured.getLast().toString()).contains("name=count.rows, value=0");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended"})
    void whatIsSignedIsDoneOnceAndWhatHasGrownIsHeldAgain(String mode) throws Exception {
        try (Connection connection = agent(front, mode)) {
            held(connection, "DELETE FROM orders WHERE id <= 100");
            gate.signAll();
            assertThat(run(connection, "DELETE FROM orders WHERE id <= 100")).isEqualTo(100);
            assertThat(count("orders")).isEqualTo(1100);
            assertThat(count("invoices")).isEqualTo(11);
            held(connection, "DELETE FROM orders WHERE id <= 200");
            gate.signAll();
            run(owner, "INSERT INTO items VALUES (5000, 150)");
            assertThat(held(connection, "DELETE FROM orders WHERE id <= 200")).contains("301 of items (cascade)");
            assertThat(count("orders")).isEqualTo(1100);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended"})
    void whatATruncationTakesIsCountedBeforeItRuns(String mode) throws Exception {
        run(owner, "INSERT INTO log2 VALUES (1), (2); INSERT INTO late VALUES (1, 1)");
        try (Connection connection = agent(front, mode)) {
            assertThat(held(connection, "TRUNCATE log2 CASCADE"))
                    .contains("would delete 2 rows of log2, 1 of late (cascade)");
            assertThat(gate.measured.getLast().toString()).contains("pg:table/shop.public.late");
            gate.signAll();
            run(connection, "TRUNCATE log2 CASCADE");
            assertThat(count("late") + count("log2")).isZero();
            assertThat(held(connection, "TRUNCATE orders, items, invoices"))
                    .contains("would delete 12 rows of invoices, 3,000 of items, 1,200 of orders");
            assertThat(held(connection, "DROP TABLE orders CASCADE")).contains("would delete 1,200 rows of orders. ");
        }
        assertThat(count("orders")).isEqualTo(1200);
    }

    @Test
    void whatAFunctionWouldDoIsCounted() throws Exception {
        run(
                owner,
                "CREATE FUNCTION wipe() RETURNS int LANGUAGE plpgsql AS"
                        + " $$ BEGIN DELETE FROM items WHERE id < 5; RETURN 1; END $$");
        try (Connection connection = agent(front, "simple")) {
            assertThat(held(connection, "SELECT wipe()")).contains("would delete 4 rows of items (function)");
        }
        assertThat(count("items")).isEqualTo(3000);
    }

    /** The number of the log's next row tells of runs that were rolled back too. */
    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended"})
    void itRunsOnceForEachAttempt(String mode) throws Exception {
        try (Connection connection = agent(front, mode)) {
            assertThat(held(connection, "UPDATE invoices SET o = 0"))
                    .contains("would insert 1 row of log (trigger); would update 12 rows of invoices");
            assertThat(value("SELECT last_value FROM log_run_seq")).isEqualTo(1);
            gate.signAll();
            assertThat(run(connection, "UPDATE invoices SET o = 0")).isEqualTo(12);
            assertThat(value("SELECT last_value FROM log_run_seq")).isEqualTo(2);
            assertThat(count("log")).isEqualTo(1);
            gate.permitted = 1_000;
            assertThat(run(connection, "UPDATE invoices SET o = 1")).isEqualTo(12);
            assertThat(value("SELECT last_value FROM log_run_seq")).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended"})
    void theClientsTransactionKeepsItsMeaning(String mode) throws Exception {
        try (Connection connection = agent(front, mode)) {
            run(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ");
            run(connection, "SET LOCAL statement_timeout = 60000");
            gate.permitted = 10;
            run(connection, "INSERT INTO orders VALUES (5000, 'mine')");
            held(connection, "DELETE FROM orders");
            run(connection, "DELETE FROM orders WHERE id = 5");
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SHOW statement_timeout")) {
                rows.next();
                assertThat(rows.getString(1)).isEqualTo("1min");
            }
            assertThat(count("orders")).isEqualTo(1200);
            run(connection, "COMMIT");
            assertThat(count("orders")).isEqualTo(1200);
            assertThat(value("SELECT count(*) FROM orders WHERE id = 5 OR id = 5000"))
                    .isEqualTo(1);
            assertThat(gate.outcomes.getLast().result()).isEqualTo(Receipt.Result.DONE);
        }
    }

    /** The snapshot of the transaction is older than the trigger, which fires all the same. */
    @ParameterizedTest
    @ValueSource(strings = {"REPEATABLE READ", "SERIALIZABLE"})
    void whatOthersDefineMeanwhileCounts(String isolation) throws Exception {
        gate.isLenient = true;
        run(owner, "CREATE TABLE bare (id int); CREATE FUNCTION calm() RETURNS int LANGUAGE sql AS 'SELECT 1'");
        try (Connection connection = agent(front, "extended")) {
            run(connection, "SET search_path = public, pg_temp");
            run(connection, "BEGIN ISOLATION LEVEL " + isolation);
            run(connection, "CREATE TEMP TABLE mine (id int)");
            run(connection, "INSERT INTO mine VALUES (0)");
            run(connection, "SELECT calm()");
            run(owner, """
                    CREATE FUNCTION wipe() RETURNS trigger LANGUAGE plpgsql AS $$
                        BEGIN DELETE FROM items WHERE id < 9; NOTIFY a; RETURN NULL; END $$;
                    CREATE TRIGGER wipes AFTER INSERT ON log2 FOR EACH STATEMENT EXECUTE FUNCTION wipe();
                    CREATE OR REPLACE FUNCTION calm() RETURNS int LANGUAGE plpgsql AS $$
                        BEGIN DELETE FROM items WHERE id < 5; RETURN 1; END $$;
                    """);
            assertThat(held(connection, "INSERT INTO log2 VALUES (2)")).doesNotContain("would insert 1");
            assertThat(held(connection, "SELECT calm()")).contains("would delete 4 rows of items (function)");
            run(connection, "INSERT INTO mine VALUES (1)");
            run(connection, "INSERT INTO bare VALUES (7000)");
            run(connection, "COMMIT");
        }
        assertThat(count("items")).isEqualTo(3000);
    }

    /** What is remembered of a statement outlasts the rows of others, and neither their definitions nor a setting. */
    @Test
    void whatIsRememberedEndsWithADefinition() throws Exception {
        gate.permitted = 1;
        try (Connection connection = agent(front, "extended")) {
            for (int i = 1; i < 4; i++) {
                assertThat(run(connection, "INSERT INTO log2 VALUES (" + i + ")"))
                        .isEqualTo(1);
                run(owner, "INSERT INTO log (o) VALUES (1)");
                run(connection, "INSERT INTO log (o) VALUES (1)");
            }
            run(owner, """
                    CREATE TRIGGER notes AFTER INSERT ON log WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION note()""");
            gate.permitted = 0;
            assertThat(held(connection, "INSERT INTO log (o) VALUES (1)")).contains("would insert 2 rows of log");
            run(owner, "DROP TRIGGER notes ON log");
            assertThat(held(connection, "INSERT INTO log (o) VALUES (1)")).contains("would insert 1 row of log");
            run(owner, "CREATE SCHEMA other");
            gate.isLenient = true;
            for (String schema : List.of("public", "other")) {
                run(connection, "SET search_path = " + schema);
                run(connection, "CREATE TABLE made ()");
                assertThat(gate.forwarded
                                .getLast()
                                .actions()
                                .getFirst()
                                .resources()
                                .toString())
                        .contains("shop." + schema + ".made");
                run(owner, "DROP TABLE " + schema + ".made");
            }
        }
    }

    /** The server's session keeps definitions in caches, which a lock of another table renews before it runs them. */
    @Test
    void whatOthersDefineBetweenTwoStatementsCounts() throws Exception {
        run(owner, """
                CREATE FUNCTION calm() RETURNS int LANGUAGE sql AS 'SELECT 1';
                CREATE VIEW seen AS SELECT 1 AS one;
                CREATE TABLE makes (id int);
                CREATE FUNCTION make() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    EXECUTE 'CREATE OR REPLACE VIEW seen AS SELECT calm() AS one'; RETURN NULL; END $$;
                CREATE TRIGGER makes AFTER INSERT ON makes FOR EACH STATEMENT EXECUTE FUNCTION make();
                """);
        try (Connection connection = agent(front, "extended")) {
            run(connection, "BEGIN");
            for (int i = 1; i < 5; i++) {
                gate.permitted = 1;
                run(connection, "INSERT INTO log2 VALUES (" + i + ")");
                gate.permitted = -1;
                run(connection, "SELECT calm()");
                run(connection, "SELECT * FROM seen");
            }
            run(owner, """
                    CREATE OR REPLACE FUNCTION calm() RETURNS int LANGUAGE plpgsql AS $$
                        BEGIN DELETE FROM items WHERE id < 5; RETURN 1; END $$""");
            assertThat(held(connection, "SELECT calm()")).contains("would delete 4 rows of items (function)");
            run(connection, "SELECT * FROM seen");
            gate.permitted = Long.MAX_VALUE;
            run(connection, "INSERT INTO makes VALUES (1)");
            gate.permitted = -1;
            assertThat(held(connection, "SELECT * FROM seen")).contains("would delete 4 rows of items (function)");
            run(connection, "ROLLBACK");
            run(connection, "SELECT * FROM seen");
        }
    }

    /** In a transaction a session answers by what it has looked up before, and a statement runs by what is there. */
    @ParameterizedTest
    @ValueSource(strings = {"SELECT calm() FROM orders WHERE id = 1", "SELECT id FROM plain"})
    void whatOthersDefineMeanwhileCountsAtOnce(String text) throws Exception {
        run(owner, "CREATE TABLE plain (id int); CREATE FUNCTION calm() RETURNS int LANGUAGE sql AS 'SELECT 1'");
        try (Connection connection = agent(front, "extended")) {
            run(connection, text);
            run(connection, "BEGIN");
            run(connection, "SELECT calm()");
            run(owner, """
                    CREATE OR REPLACE FUNCTION calm() RETURNS int LANGUAGE plpgsql AS $$
                        BEGIN DELETE FROM items WHERE id < 5; RETURN 1; END $$;
                    ALTER TABLE plain RENAME TO other;
                    CREATE VIEW plain AS SELECT calm() AS id;
                    """);
            assertThat(held(connection, text)).contains("would delete 4 rows of items (function)");
            run(owner, "CREATE OR REPLACE FUNCTION calm() RETURNS int LANGUAGE sql AS 'SELECT 1'");
            run(connection, text);
            run(connection, "COMMIT");
        }
        assertThat(count("items")).isEqualTo(3000);
    }

    /** A driver sends the beginning of a transaction together with the first statement in it. */
    @Test
    void whatBeginsATransactionIsCountedInIt() throws Exception {
        gate.permitted = 1;
        try (Connection connection = agent(front, "extended")) {
            connection.setAutoCommit(false);
            for (int i = 1; i < 8; i++) {
                try (Statement statement = connection.createStatement()) { // which takes no rows
                    assertThat(statement.executeUpdate("UPDATE orders SET id = id WHERE id = " + i))
                            .isEqualTo(1);
                }
                connection.commit();
            }
            assertThat(held(connection, "DELETE FROM orders WHERE id <= 40"))
                    .contains("would delete 40 rows of orders");
            connection.rollback();
            run(connection, "INSERT INTO orders VALUES (8000)");
            connection.rollback();
            assertThatThrownBy(() -> run(connection, "SELECT 1/0")).isInstanceOf(SQLException.class);
            assertThatThrownBy(() -> run(connection, "SELECT 1"))
                    .hasMessageContaining("current transaction is aborted");
            connection.rollback();
            assertThat(run(connection, "UPDATE orders SET id = id WHERE id = 9"))
                    .isEqualTo(1);
            connection.commit();
        }
        assertThat(count("orders WHERE id = 8000")).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended"})
    void whatFailsAtItsCommitHasFailed(String mode) throws Exception {
        gate.permitted = 10;
        try (Connection connection = agent(front, mode)) {
            assertThatThrownBy(() -> run(connection, "INSERT INTO late VALUES (1, 1)"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("23503"));
            assertThat(run(connection, "INSERT INTO log2 VALUES (1)")).isEqualTo(1);
        }
        assertThat(count("late")).isZero();
        assertThat(count("log2")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended"})
    void whatCannotBeTakenBackIsNotRun(String mode) throws Exception {
        try (Connection connection = agent(front, mode)) {
            for (String text : List.of(
                    "INSERT INTO log (o) SELECT nextval('log_run_seq')",
                    "UPDATE invoices SET o = 0 WHERE pg_try_advisory_lock(id)",
                    "UPDATE invoices SET o = 0 FROM pg_notify('a', 'b')",
                    "DELETE FROM pg_description")) {
                assertThat(held(connection, text))
                        .as(text)
                        .doesNotContain("would change no row", "would update", "would insert 1", "would delete");
            }
        }
        assertThat(value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
                .isZero();
        assertThat(value("SELECT last_value FROM log_run_seq")).isEqualTo(1);
    }

    @Test
    void aNameThatAHeldBatchPreparesStandsForNothing() throws Exception {
        try (Connection connection = agent(front, "extended")) {
            for (int i = 0; i < 3; i++) {
                try (PreparedStatement delete = connection.prepareStatement("DELETE FROM orders WHERE id = ?")) {
                    delete.setInt(1, 4);
                    assertThatThrownBy(delete::executeUpdate)
                            .isInstanceOfSatisfying(
                                    SQLException.class,
                                    e -> assertThat(e.getSQLState()).isEqualTo("IL001"));
                }
            }
            gate.signAll();
            for (int i = 0; i < 3; i++) {
                try (PreparedStatement delete = connection.prepareStatement("DELETE FROM orders WHERE id = ?")) {
                    delete.setInt(1, 4);
                    if (i == 0) {
                        assertThat(delete.executeUpdate()).isEqualTo(1);
                    } else {
                        assertThatThrownBy(delete::executeUpdate).isInstanceOf(SQLException.class);
                    }
                }
            }
        }
        assertThat(count("orders")).isEqualTo(1199);
    }

    @Test
    void aStatementThatFailsAnswersAsTheServerDoes() throws Exception {
        gate.permitted = Long.MAX_VALUE;
        try (Connection connection = agent(front, "simple")) {
            assertThatThrownBy(() -> run(connection, "INSERT INTO orders VALUES (1)"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("23505"));
            run(connection, "BEGIN");
            assertThatThrownBy(() -> run(connection, "INSERT INTO orders VALUES (1)"))
                    .isInstanceOf(SQLException.class);
            assertThatThrownBy(() -> run(connection, "INSERT INTO orders VALUES (9999)"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25P02"));
            run(connection, "ROLLBACK");
        }
    }

    @Test
    void aConnectionThatIsCutLeavesNothingHalfDone() throws Exception {
        gate.permitted = Long.MAX_VALUE;
        gate.beforeSending = () -> {
            try {
                value("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                        + " WHERE state LIKE 'idle in transaction%'");
                while (value("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'") > 0) {
                    Thread.onSpinWait();
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        };
        try (Connection connection = agent(front, "simple")) {
            assertThatThrownBy(() -> run(connection, "DELETE FROM orders WHERE id = 1"))
                    .isInstanceOf(SQLException.class);
        }
        assertThat(count("orders")).isEqualTo(1200);
        assertThat(gate.outcomes)
                .noneMatch(outcome -> outcome.members().canonicalText().contains("DELETE"));
    }

    /** The server has committed and waits for a replica, as its own setting wants: then the connection is cut. */
    @ParameterizedTest
    @ValueSource(
            strings = {"INSERT INTO orders VALUES (9000)", "BEGIN; INSERT INTO orders VALUES (9000); COMMIT", "COMMIT"})
    void whatIsCutDuringItsCommitIsUnknown(String text) throws Exception {
        gate.permitted = Long.MAX_VALUE;
        try (Connection connection = agent(front, "simple")) {
            if (text.equals("COMMIT")) {
                run(connection, "BEGIN");
                run(connection, "INSERT INTO orders VALUES (9000)");
            }
            waitForReplicas("nobody");
            Thread cutter = Thread.ofVirtual().start(this::cutWhatWaits);
            assertThatThrownBy(() -> run(connection, text)).isInstanceOf(SQLException.class);
            cutter.join();
        } finally {
            waitForReplicas("");
        }
        assertThat(value("SELECT count(*) FROM orders WHERE id = 9000")).isEqualTo(1);
        while (gate.outcomes.stream().noneMatch(outcome -> outcome.result() == Receipt.Result.UNKNOWN)) {
            Thread.onSpinWait(); // the client is told first
        }
        assertThat(gate.outcomes.getLast().result()).isEqualTo(Receipt.Result.UNKNOWN);
    }

    private void cutWhatWaits() {
        try {
            while (value("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                    == 0) {
                Thread.onSpinWait();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void waitForReplicas(String names) throws SQLException {
        run(owner, "ALTER SYSTEM SET synchronous_standby_names = '" + names + "'");
        run(owner, "SELECT pg_reload_conf()");
        while (value("SELECT count(*) FROM pg_settings WHERE name = 'synchronous_standby_names' AND setting = '" + names
                        + "'")
                == 0) {
            Thread.onSpinWait();
        }
    }
}
