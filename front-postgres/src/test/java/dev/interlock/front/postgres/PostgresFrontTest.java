package dev.interlock.front.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.backup.postgres.SocketRelay;
import dev.interlock.backup.postgres.TestingPostgres;
import dev.interlock.evidence.Receipt;
import dev.interlock.gate.DryRun;
import dev.interlock.gate.Upstream;
import dev.interlock.testing.TestingCertificate;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
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

/** The front before a real server, with the real psql and pgjdbc. */
@Tag("process")
class PostgresFrontTest {

    private static final String TABLES = """
            DROP SCHEMA IF EXISTS public CASCADE;
            CREATE SCHEMA public;
            CREATE TABLE orders (id int PRIMARY KEY, note text);
            CREATE TABLE items (id int PRIMARY KEY, o int REFERENCES orders ON DELETE CASCADE);
            INSERT INTO orders SELECT i, 'note ' || i FROM generate_series(1, 10) i;
            INSERT INTO items SELECT i, i FROM generate_series(1, 10) i;
            CREATE FUNCTION wipe() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM items; RETURN 1; END $$;
            CREATE FUNCTION half(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i / 2';
            CREATE FUNCTION gone(orders) RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM items; RETURN 1; END $$;
            CREATE FUNCTION step(int, int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM items; RETURN 1; END $$;
            CREATE AGGREGATE summed(int) (SFUNC = step, STYPE = int, INITCOND = '0');
            CREATE FUNCTION sly() RETURNS int LANGUAGE sql STABLE AS 'SELECT wipe()';
            CREATE FUNCTION sly2() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN sly(); END $$;
            CREATE FUNCTION sly3() RETURNS int LANGUAGE plpgsql STABLE AS $$ DECLARE i int; BEGIN EXECUTE 'SELECT ' || 'wipe()' INTO i; RETURN i; END $$;
            CREATE FUNCTION sly4() RETURNS int LANGUAGE sql STABLE BEGIN ATOMIC SELECT wipe(); END;
            CREATE FUNCTION sly5() RETURNS bool LANGUAGE internal STABLE AS 'pg_reload_conf';
            CREATE FUNCTION low() RETURNS int LANGUAGE plpgsql AS $$ DECLARE n int := half(4); BEGIN SELECT count(*) INTO n FROM orders; IF n > 0 THEN n := n - half(2); END IF; RETURN n; END $$;
            CREATE TYPE pair AS (a int);
            CREATE FUNCTION paired(pair) RETURNS int LANGUAGE sql STABLE AS 'SELECT half(($1).a)';
            CREATE CAST (pair AS int) WITH FUNCTION paired(pair);
            CREATE VIEW seen AS SELECT id, half(id) AS h FROM orders;
            CREATE VIEW bomb AS SELECT wipe();
            CREATE VIEW sets AS SELECT set_config('session_replication_role', 'replica', false);
            CREATE OPERATOR === (FUNCTION = wiping, LEFTARG = int, RIGHTARG = int);
            CREATE TYPE _row AS (a int);
            CREATE FUNCTION rowed() RETURNS _row LANGUAGE sql AS 'SELECT ROW(wipe())::_row';
            CREATE FUNCTION defaulted(i int DEFAULT wipe()) RETURNS int LANGUAGE sql AS 'SELECT i';
            CREATE TABLE secret (s text);
            CREATE FUNCTION reads() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT max(s) FROM secret); END $$;
            CREATE FUNCTION calls() RETURNS text LANGUAGE plpgsql SET search_path = public, pg_temp AS $$ BEGIN RETURN reads(); END $$;
            """.replace(
                    "CREATE OPERATOR",
                    "CREATE FUNCTION wiping(int, int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN DELETE FROM items; RETURN true; END $$;\nCREATE OPERATOR");

    @TempDir
    private static Path directory;

    private static TestingPostgres database;
    private static SocketRelay relay;
    private static int port;
    private TestingGate gate;
    private Seal.Upstream upstream;
    private PostgresFront front;

    @BeforeAll
    static void start() throws Exception {
        database = new TestingPostgres(directory, List.of());
        relay = new SocketRelay(database.sockets().resolve(".s.PGSQL.5432"));
        port = relay.port();
    }

    @AfterAll
    static void stop() throws IOException {
        relay.close();
        database.close();
    }

    @BeforeEach
    void open() throws IOException {
        sql(TABLES);
        gate = new TestingGate("postgres:" + TestingPostgres.PASSWORD);
        upstream = new Seal.Upstream(
                "shop",
                "pg",
                URI.create("postgres://127.0.0.1:" + port + "/shop"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Map.of(),
                List.of());
        front = listen(Optional.empty());
    }

    private PostgresFront listen(Optional<ClientTls> tls) throws IOException {
        return PostgresFront.listen(
                new InetSocketAddress("127.0.0.1", 0),
                () -> List.of(upstream),
                gate,
                tls,
                _ -> (SSLSocketFactory) SSLSocketFactory.getDefault(),
                InstantSource.system(),
                new SecureRandom());
    }

    @AfterEach
    void close() throws IOException {
        front.close();
    }

    private static void sql(String text) throws IOException {
        run(port, TestingPostgres.PASSWORD, "postgres", text);
    }

    private static String count(String table) throws IOException {
        return run(port, TestingPostgres.PASSWORD, "postgres", "SELECT count(*) FROM " + table)
                .lines()
                .skip(2)
                .findFirst()
                .orElseThrow()
                .strip();
    }

    private String psql(String... commands) throws IOException {
        return run(front.address().getPort(), TestingGate.TOKEN, "agent", commands);
    }

    private static String run(int to, String password, String user, String... commands) throws IOException {
        return run(to, password, user, Path.of("127.0.0.1"), commands);
    }

    private static String run(int to, String password, String user, Path host, String... commands) throws IOException {
        List<String> all = new ArrayList<>(List.of("psql", "-X", "-h" + host, "-p" + to, "-U" + user, "-dshop"));
        for (String each : commands) {
            all.add("-c" + each);
        }
        ProcessBuilder program = new ProcessBuilder(all).redirectErrorStream(true);
        program.environment().clear();
        program.environment()
                .putAll(Map.of("PATH", "/usr/bin:/bin", "PGPASSWORD", password, "LC_ALL", "C.UTF-8", "PSQL_PAGER", ""));
        Process process = program.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return output;
    }

    private Connection jdbc(String options) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + front.address().getPort() + "/shop?sslmode=disable" + options,
                "agent",
                TestingGate.TOKEN);
    }

    @Test
    void aReadFlows() throws Exception {
        assertThat(psql("SELECT id, note FROM orders WHERE id < 3 ORDER BY id"))
                .contains("1 | note 1", "2 | note 2", "(2 rows)");
        assertThat(gate.forwarded.getLast().actions().toString()).contains("pg:table/shop.public.orders");
        while (gate.outcomes.size() < 2) {
            Thread.onSpinWait(); // the client has its answer before the outcome is recorded
        }
        assertThat(gate.outcomes)
                .allSatisfy(outcome -> assertThat(outcome.result()).isEqualTo(Receipt.Result.DONE));
    }

    /** A gateway that is cut off from its fleet serves reads for a while; the second commit here is one. */
    @Test
    void aCommitOfAChangeIsMoreThanARead() throws Exception {
        gate.isLenient = true;
        try (Connection agent = jdbc("")) {
            agent.setAutoCommit(false);
            try (Statement statement = agent.createStatement()) {
                statement.execute("INSERT INTO orders (id, note) VALUES (77, 'new')");
                statement.execute("SELECT note FROM orders; COMMIT");
                assertThat(gate.attempted.getLast().completesEarlier()).isTrue();
                statement.execute("SELECT note FROM orders");
                assertThat(gate.attempted.getLast().completesEarlier()).isFalse();
                agent.commit();
                assertThat(gate.attempted.getLast().completesEarlier()).isFalse();
            }
        }
    }

    @Test
    void aDeleteIsHeldAndPassesOnceAfterItIsSigned() throws Exception {
        assertThat(psql("DELETE FROM orders"))
                .contains("ERROR:  confirmation required", "DETAIL:", "HINT:  interlock hold show H-1");
        assertThat(gate.attempted.getLast().actions().toString())
                .contains("pg:table/shop.public.orders", "pg:table/shop.public.items", "DESTROY");
        assertThat(count("orders")).isEqualTo("10");
        gate.signAll();
        assertThat(psql("DELETE FROM orders")).isEqualTo("DELETE 10\n");
        assertThat(count("items")).isEqualTo("0");
        assertThat(psql("DELETE FROM orders")).contains("confirmation required");
    }

    /** For the server, a string would end where for the grammar here it goes on. */
    @Test
    void everySessionReadsStringsAsTheGrammarDoes() throws Exception {
        String hidden = "SELECT '\\' || '; DELETE FROM public.orders; --' AS x";
        sql("ALTER DATABASE shop SET standard_conforming_strings = off;"
                + " ALTER ROLE postgres SET transform_null_equals = on; ALTER ROLE postgres SET array_nulls = off");
        try {
            assertThat(psql(hidden)).contains("DELETE FROM public.orders");
            assertThat(psql("RESET standard_conforming_strings", "DISCARD ALL", hidden))
                    .contains("DELETE FROM public.orders");
            assertThat(psql(
                            "BEGIN ISOLATION LEVEL SERIALIZABLE",
                            "SELECT 1 FROM orders LIMIT 1",
                            "SHOW standard_conforming_strings",
                            "SHOW transform_null_equals",
                            "SHOW array_nulls",
                            "SHOW backslash_quote"))
                    .containsSubsequence("(1 row)", " on", " off", " on", " safe_encoding");
        } finally {
            sql("ALTER DATABASE shop RESET ALL; ALTER ROLE postgres RESET ALL");
        }
        assertThat(count("orders")).isEqualTo("10");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET standard_conforming_strings = off",
                "SET LOCAL transform_null_equals = on",
                "SET backslash_quote = on",
                "SELECT set_config('array_nulls', 'off', false)",
                "ALTER ROLE postgres SET standard_conforming_strings = off",
                "ALTER DATABASE shop SET standard_conforming_strings = off",
                "ALTER FUNCTION half SET standard_conforming_strings = off",
                "SELECT unconforming()"
            })
    void whatChangesTheMeaningOfTextsIsAsked(String text) throws Exception {
        sql("CREATE FUNCTION unconforming() RETURNS int LANGUAGE sql SET standard_conforming_strings = off"
                + " AS $$ SELECT 1 $$");
        assertThat(psql(text)).contains("confirmation required");
    }

    @Test
    void aDatabaseInAnotherEncodingTakesPlainTexts() throws Exception {
        sql("CREATE DATABASE latin TEMPLATE template0 ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C'");
        upstream = new Seal.Upstream(
                "shop",
                "pg",
                URI.create("postgres://127.0.0.1:" + port + "/latin"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Map.of(),
                List.of());
        try {
            assertThat(psql("SELECT 'plain' AS x")).contains("plain");
            assertThat(psql("WITH \"\u00c9\" AS (SELECT 1) SELECT * FROM \u00c9"))
                    .contains("not in UTF-8");
            assertThat(psql("DO U&'BEGIN NULL; END'")).contains("not in UTF-8");
        } finally {
            sql("DROP DATABASE latin WITH (FORCE)");
        }
    }

    @Test
    void anotherStatementIsNotSigned() throws Exception {
        psql("DELETE FROM orders WHERE id = 1");
        gate.signAll();
        assertThat(psql("DELETE FROM orders WHERE id = 2")).contains("confirmation required");
        assertThat(count("orders")).isEqualTo("10");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\\d",
                "\\d orders",
                "\\d+ items",
                "\\dt+",
                "\\di",
                "\\dv",
                "\\df",
                "\\du",
                "\\dn+",
                "\\l",
                "\\dp",
                "\\do ===",
                "\\d seen",
                "\\dT",
                "\\sf half",
                "SELECT * FROM seen ORDER BY 1",
                "TABLE items",
                "SELECT 1/0",
                "SELECT nothing",
                "SELEC 1",
                "SHOW server_version",
                "BEGIN; SELECT 1; COMMIT",
                "COPY orders TO STDOUT",
                "SELECT '\u00e9'",
                "",
                "-- nothing",
                "SELECT low()",
                "SELECT ROW(4)::pair::int"
            })
    void aReadAnswersAsTheServerItselfDoes(String command) throws Exception {
        String direct = run(port, TestingPostgres.PASSWORD, "postgres", command);
        String answer = psql(command);
        assertThat(answer.replaceAll("(?m)^DETAIL:.*\n", "")).isEqualTo(direct);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "WITH d AS (DELETE FROM items RETURNING *) SELECT 1",
                "EXPLAIN (ANALYZE OFF, ANALYZE ON) DELETE FROM items",
                "PREPARE p AS DELETE FROM items; EXPLAIN ANALYZE EXECUTE p",
                "PREPARE p AS DELETE FROM items; EXECUTE p",
                "COPY (DELETE FROM items RETURNING *) TO STDOUT",
                "SELECT wipe()",
                "SELECT sly()",
                "SELECT sly2()",
                "SELECT sly3()",
                "SELECT sly4()",
                "SELECT sly5()",
                "SELECT * FROM orders FOR UPDATE",
                "SELECT o.gone FROM orders o",
                "SELECT (o).gone FROM orders o",
                "SELECT summed(id) FROM orders",
                "SELECT id FROM orders ORDER BY summed(id) OVER ()",
                "SELECT * FROM bomb",
                "SELECT * FROM sets",
                "SELECT set_config('search_path', 'a', false), set_config('role', 'postgres', false)",
                "SELECT set_config(relname, 'x', false) FROM pg_class",
                "SELECT 1 WHERE 1 === 1",
                "SELECT query_to_xml('SELECT wipe()', true, false, '')",
                "SELECT * FROM ts_stat('SELECT to_tsvector(wipe()::text)')",
                "BEGIN; DECLARE k CURSOR FOR SELECT wipe(); FETCH k; COMMIT",
                "begin read only; commit; delete from items; begin read only; commit",
                "DO $$ BEGIN DELETE FROM items; END $$",
                "DO $$ DECLARE r record := rowed(); BEGIN NULL; END $$",
                "DO $$ DECLARE r _row := rowed(); BEGIN NULL; END $$",
                "DO $$ DECLARE r/**/record := rowed(); BEGIN NULL; END $$",
                "DO $$ DECLARE \"a\"\"b\" record := rowed(); BEGIN NULL; END $$",
                "DO $$ DECLARE r123456789r123456789r123456789r123456789r123456789r123456789r123456789 record := rowed(); BEGIN NULL; END $$",
                "DO $$ DECLARE \"x=1--\" int; BEGIN \"x=1--\" := wipe(); END $$",
                "DO $$ BEGIN PERFORM defaulted(); END $$",
                "SELECT defaulted()",
                "PREPARE p AS DELETE FROM items; DO $$ BEGIN IF false THEN PREPARE p AS SELECT 1; END IF; END $$; EXECUTE p",
                "PREPARE p AS DELETE FROM items; CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PREPARE p AS SELECT 1; END $$; EXECUTE p",
                "TRUNCATE items",
                "DROP TABLE items",
                "CREATE TABLE n AS WITH d AS (DELETE FROM items RETURNING *) SELECT * FROM d",
                "SET session_replication_role = replica",
                "SELECT set_config('session_replication_role', 'replica', false)",
                "COPY (SELECT 1) TO PROGRAM 'cat > /tmp/never'",
                "SELECT lo_import('/etc/hostname')",
                "SELECT pg_terminate_backend(pg_backend_pid())",
                "SELECT pg_read_file('/etc/hostname')",
                "SELECT rolpassword FROM pg_authid",
                "EXECUTE nobody",
                "UPDATE items SET o = 1"
            })
    void whatHidesADestructionDoesNotPass(String text) throws Exception {
        assertThat(psql(text)).contains("ERROR:");
        assertThat(count("items")).isEqualTo("10");
        assertThat(gate.forwarded)
                .allSatisfy(call -> assertThat(call.actions()).allMatch(action -> action.isPureRead()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE FUNCTION cast_bad(pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT wipe()'; DROP CAST (pair AS int); CREATE CAST (pair AS int) WITH FUNCTION cast_bad(pair)|SELECT ROW(1)::pair::int",
                "CREATE FUNCTION check_bad(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT wipe() > 0'; CREATE DOMAIN d AS int CHECK (check_bad(VALUE))|SELECT 1::d",
                "CREATE FUNCTION row_bad() RETURNS bool LANGUAGE sql STABLE AS 'SELECT wipe() > 0'; CREATE TABLE guarded (id int); INSERT INTO guarded VALUES (1); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY p ON guarded USING (row_bad())|SELECT * FROM guarded"
            })
    void whatRunsBehindAReadIsFound(String text) throws Exception {
        sql(text.substring(0, text.indexOf('|')));
        assertThat(psql(text.substring(text.indexOf('|') + 1))).contains("confirmation required");
        assertThat(count("items")).isEqualTo("10");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE n (id int DEFAULT wipe(), v int)|INSERT INTO n (v) VALUES (1)",
                "CREATE FUNCTION c(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT wipe() > 0'; CREATE TABLE n (v int CHECK (c(v)))|INSERT INTO n VALUES (1)",
                "CREATE FUNCTION c(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT wipe()'; CREATE TABLE n (v int, g int GENERATED ALWAYS AS (c(v)) STORED)|INSERT INTO n VALUES (1)",
                "CREATE FUNCTION c(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT public.wipe()'; CREATE TABLE n (v int); CREATE INDEX ON n (c(v))|INSERT INTO n VALUES (1)",
                "SELECT 1|DO $$ BEGIN PERFORM 1; DELETE FROM items; END $$"
            })
    void whatRunsBehindAWriteIsFound(String text) throws Exception {
        sql(text.substring(0, text.indexOf('|')));
        assertThat(psql(text.substring(text.indexOf('|') + 1))).contains("confirmation required");
        assertThat(gate.attempted.getLast().actions().toString()).contains("DESTROY", "pg:table/shop.public.items");
    }

    private static String run(Connection connection, String text) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(text);
            return "done";
        } catch (SQLException e) {
            return e.getMessage();
        }
    }

    /** The server itself says whether what the gateway knows still holds, and runs the statement only then. */
    @ParameterizedTest
    @ValueSource(strings = {"", "&prepareThreshold=1", "&preferQueryMode=simple"})
    void aDefinitionThatChangesIsSeenAtOnce(String options) throws Exception {
        sql("CREATE OR REPLACE VIEW plain AS SELECT id FROM orders");
        try (Connection connection = jdbc(options);
                PreparedStatement half = connection.prepareStatement("SELECT half(4)");
                PreparedStatement plain = connection.prepareStatement("SELECT id FROM plain WHERE id < 3")) {
            for (int i = 0; i < 4; i++) {
                half.execute();
                plain.execute();
            }
            sql("CREATE OR REPLACE FUNCTION half(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT wipe()'");
            assertThatThrownBy(half::execute).hasMessageContaining("confirmation required");
            plain.execute();
            plain.execute();
            sql("CREATE OR REPLACE VIEW plain AS SELECT wipe() AS id FROM orders");
            assertThatThrownBy(plain::execute).hasMessageContaining("confirmation required");
            assertThat(count("items")).isEqualTo("10");
            sql("CREATE OR REPLACE VIEW plain AS SELECT id FROM orders");
            try (ResultSet rows = plain.executeQuery()) {
                assertThat(rows.next()).isTrue();
            }
        }
    }

    @Test
    void aDefinitionOfTheTransactionItselfIsSeenAndForgottenWithIt() throws Exception {
        try (Connection connection = jdbc("")) {
            assertThat(run(connection, "BEGIN; SELECT * FROM bomb")).contains("confirmation required");
            run(connection, "ROLLBACK");
            assertThat(run(connection, "SELECT * FROM seen")).isEqualTo("done");
            run(connection, "BEGIN");
            gate.permitted = Long.MAX_VALUE;
            assertThat(run(connection, "CREATE OR REPLACE VIEW seen AS SELECT id, wipe() AS h FROM orders"))
                    .isEqualTo("done");
            gate.permitted = -1;
            assertThat(run(connection, "SAVEPOINT s")).isEqualTo("done");
            assertThat(run(connection, "SELECT * FROM seen")).contains("confirmation required");
            run(connection, "ROLLBACK");
            assertThat(run(connection, "SELECT * FROM seen")).isEqualTo("done");
        }
    }

    @Test
    void theGatewaysOwnStatementsAreNobodyElses() throws Exception {
        try (Connection connection = jdbc("&preferQueryMode=simple")) {
            for (String text : List.of("DEALLOCATE ALL", "DISCARD ALL", "SELECT 1", "DISCARD PLANS")) {
                assertThat(run(connection, text)).isEqualTo("done");
                assertThat(run(connection, "SELECT id FROM orders")).isEqualTo("done");
            }
            for (String text : List.of(
                    "PREPARE \"interlock catalogs\" AS SELECT 1",
                    "DEALLOCATE \"interlock catalogs\"",
                    "PREPARE \"interlock epoch\" AS SELECT 1")) {
                assertThat(run(connection, text)).contains("the gateway's own");
            }
            assertThat(run(connection, "SELECT wipe()")).contains("confirmation required");
        }
    }

    /** The server goes on to mean the table that it found when the statement was prepared. */
    @Test
    void aTemporaryTableDoesNotHideWhatWasPreparedBefore() throws Exception {
        try (Connection connection = jdbc("&preferQueryMode=simple")) {
            for (String text : List.of(
                    "CREATE TEMP TABLE other (id int)",
                    "PREPARE d AS DELETE FROM items",
                    "PREPARE s AS SELECT * FROM items",
                    "CREATE TEMP TABLE items (id int, o int)")) {
                assertThat(run(connection, text)).isEqualTo("done");
            }
            assertThat(run(connection, "EXECUTE d")).contains("confirmation required");
            assertThat(run(connection, "EXECUTE s")).contains("confirmation required");
            assertThat(run(connection, "PREPARE n AS DELETE FROM other")).isEqualTo("done");
            assertThat(run(connection, "EXECUTE n")).isEqualTo("done");
        }
        assertThat(count("items")).isEqualTo("10");
    }

    @Test
    void norDoesATableOfAnEarlierSchema() throws Exception {
        sql("DROP SCHEMA IF EXISTS earlier CASCADE; CREATE SCHEMA earlier");
        gate.isLenient = true;
        try (Connection connection = jdbc("&preferQueryMode=simple")) {
            for (String text : List.of(
                    "SET search_path = earlier, public",
                    "PREPARE d AS DELETE FROM items",
                    "CREATE TABLE earlier.items (id int)")) {
                assertThat(run(connection, text)).isEqualTo("done");
            }
            assertThat(run(connection, "EXECUTE d")).contains("confirmation required");
            assertThat(gate.attempted.getLast().actions().toString()).contains("EXECUTE");
        }
        sql("DROP SCHEMA earlier CASCADE");
    }

    /** A function that changes the path is judged by it, and so is what it calls. */
    @Test
    void aTemporaryTableHidesNothingFromWhatHasItsOwnPath() throws Exception {
        assertThat(psql("SELECT calls()")).contains("confirmation required");
        assertThat(psql("CREATE TEMP TABLE secret (s text)", "SELECT reads()")).contains("confirmation required");
        assertThat(psql("SELECT reads()")).contains("(1 row)");
    }

    private static final String REDEFINES =
            "|CREATE TEMP TABLE items (id int, o int)|CREATE OR REPLACE FUNCTION pg_temp.g() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM items; RETURN 1; END $$|DROP TABLE items|";

    /** What was judged runs later, when its names stand for something else. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "DECLARE c CURSOR FOR SELECT pg_temp.g()~FETCH c",
                "DECLARE c CURSOR FOR SELECT pg_temp.g()|DECLARE d CURSOR FOR SELECT 1~CLOSE d|FETCH c",
                "DECLARE c CURSOR WITH HOLD FOR SELECT pg_temp.g()~COMMIT"
            })
    void aCursorRunsWhatWasJudged(String texts) throws Exception {
        gate.isLenient = true;
        String last = "";
        String all = "BEGIN|CREATE FUNCTION pg_temp.g() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$|"
                + texts.replace("~", REDEFINES);
        try (Connection connection = jdbc("&preferQueryMode=simple")) {
            for (String text : all.split("\\|")) {
                last = run(connection, text);
            }
            run(connection, "COMMIT");
        }
        assertThat(last).contains("may have changed since it was opened");
        assertThat(count("items")).isEqualTo("10");
    }

    @Test
    void aCursorMaySetThePath() throws Exception {
        assertThat(psql(
                        "BEGIN",
                        "CREATE TEMP TABLE items (id int)",
                        "DECLARE c CURSOR FOR SELECT set_config('search_path', 'public, pg_temp', false)",
                        "FETCH c; DELETE FROM items",
                        "COMMIT"))
                .contains("is not known before another one");
        assertThat(count("items")).isEqualTo("10");
    }

    @ParameterizedTest
    @ValueSource(strings = {"DROP TABLE items", "SELECT pg_temp.g()"})
    void aPortalThatRunsLaterDoesWhatWasJudged(String text) throws Exception {
        gate.isLenient = true;
        try (Wire wire = greeted()) {
            String setup =
                    "BEGIN|CREATE TEMP TABLE items (id int, o int)|CREATE FUNCTION pg_temp.g() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$";
            for (String each :
                    (setup + "|late|" + REDEFINES.substring(REDEFINES.indexOf("|CREATE OR") + 1)).split("\\|")) {
                if (each.equals("late")) {
                    wire.write(Message.of('P').text("").text(text).int16(0).build());
                    wire.write(Message.of('B')
                            .text("late")
                            .text("")
                            .int16(0)
                            .int16(0)
                            .int16(0)
                            .build());
                } else {
                    run(wire, each);
                }
                wire.send(Message.of('S').build());
                assertThat(untilReady(wire)).endsWith(each.equals("late") ? "12Z" : "CZ");
            }
            wire.write(Message.of('E').text("late").int32(0).build());
            wire.send(Message.of('S').build());
            assertThat(untilReady(wire)).isEqualTo("EZ");
            run(wire, "COMMIT");
            wire.send(Message.of('S').build());
            untilReady(wire);
        }
        assertThat(count("items")).isEqualTo("10");
    }

    /** What the session's own tables are filled with may be taken from others. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TEMP TABLE t AS SELECT * FROM orders FOR UPDATE",
                "CREATE TEMP TABLE t AS SELECT nextval('numbers') FROM generate_series(1, 9)",
                "CREATE TEMP TABLE t AS SELECT pg_notify('a', 'b')"
            })
    void aTemporaryTableHidesNoOtherEffect(String text) throws Exception {
        sql("CREATE SEQUENCE numbers");
        assertThat(psql(text)).contains("confirmation required");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT nextval('numbers') FROM (VALUES (1), (2)) a, (VALUES (1), (2)) b",
                "DO $$ BEGIN FOR i IN 1..9 LOOP PERFORM nextval('numbers'); END LOOP; END $$"
            })
    void manyNumbersAreNotOnlyAdded(String text) throws Exception {
        sql("CREATE SEQUENCE numbers");
        gate.isLenient = true;
        assertThat(psql(text)).contains("confirmation required");
    }

    @Test
    void aTemporaryTableIsTheSessionsOwn() throws Exception {
        assertThat(psql(
                        "CREATE TEMP TABLE t AS SELECT id FROM orders",
                        "UPDATE t SET id = 0",
                        "DELETE FROM t WHERE id = 0",
                        "SET ROLE postgres",
                        "DROP TABLE t"))
                .isEqualTo("SELECT 10\nUPDATE 10\nDELETE 10\nSET\nDROP TABLE\n");
        assertThat(psql("CREATE TEMP TABLE items (id int)", "DROP TABLE items; DELETE FROM items"))
                .contains("what the names of a statement stand for is not known");
        assertThat(psql("CREATE TEMP TABLE items (id int)", "DELETE FROM public.items"))
                .contains("confirmation required");
        assertThat(psql("CREATE TEMP VIEW v AS SELECT * FROM items", "DELETE FROM v"))
                .contains("confirmation required");
        sql("CREATE FUNCTION told() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM items; END $$;"
                + "CREATE EVENT TRIGGER told ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION told()");
        assertThat(psql("CREATE TEMP TABLE t (id int)")).contains("confirmation required");
        assertThat(psql("CREATE TEMP TABLE t AS SELECT 1")).contains("SELECT 1");
        assertThat(count("items")).isEqualTo("10");
    }

    @Test
    void theTransactionIsAsItWas() throws Exception {
        assertThat(psql("BEGIN", "CREATE TABLE x AS SELECT 1", "SELECT 2 AS two", "ROLLBACK"))
                .contains("BEGIN", "confirmation required", "two", "ROLLBACK");
        assertThat(psql("BEGIN", "SELECT 1/0", "SELECT 3", "ROLLBACK"))
                .contains("division by zero", "current transaction is aborted", "ROLLBACK");
    }

    @Test
    void aDriverPreparesBindsAndPipelines() throws Exception {
        try (Connection connection = jdbc("&prepareThreshold=1")) {
            for (int i = 1; i <= 8; i++) {
                try (PreparedStatement read = connection.prepareStatement("SELECT note FROM orders WHERE id = ?")) {
                    read.setInt(1, i);
                    try (ResultSet rows = read.executeQuery()) {
                        assertThat(rows.next()).isTrue();
                        assertThat(rows.getString(1)).isEqualTo("note " + i);
                    }
                }
            }
            connection.setAutoCommit(false);
            try (Statement cursor = connection.createStatement()) {
                cursor.setFetchSize(3);
                try (ResultSet rows = cursor.executeQuery("SELECT id FROM orders ORDER BY id")) {
                    int seen = 0;
                    while (rows.next()) {
                        seen++;
                    }
                    assertThat(seen).isEqualTo(10);
                }
            }
            connection.commit();
            connection.setAutoCommit(true);
            for (int i = 0; i < 3; i++) {
                try (PreparedStatement delete = connection.prepareStatement("DELETE FROM orders WHERE id = ?")) {
                    delete.setInt(1, 4);
                    assertThatThrownBy(delete::executeUpdate)
                            .isInstanceOfSatisfying(
                                    SQLException.class,
                                    e -> assertThat(e.getSQLState()).isEqualTo("IL001"));
                }
            }
            assertThat(count("orders")).isEqualTo("10");
            assertThat(new String(gate.attempted.getLast().body().toArray(), StandardCharsets.UTF_8))
                    .isEqualTo("[{\"$1\":4}]");
            assertThat(gate.attempted.getLast().actions().toString()).contains("DELETE FROM orders WHERE id = $1");
            gate.signAll();
            try (PreparedStatement delete = connection.prepareStatement("DELETE FROM orders WHERE id = ?")) {
                delete.setInt(1, 4);
                assertThat(delete.executeUpdate()).isEqualTo(1);
            }
            assertThat(count("orders")).isEqualTo("9");
        }
    }

    /** The server keeps the unnamed statement if it skips the message that would replace it. */
    @Test
    void whatTheServerSkippedReplacesNothing() throws Exception {
        try (Wire wire = greeted()) {
            wire.write(
                    Message.of('P').text("").text("DELETE FROM items").int16(0).build());
            wire.send(Message.of('S').build());
            untilReady(wire);
            wire.write(Message.of('P').text("x").text("SELECT nothing").int16(0).build());
            wire.write(Message.of('P').text("").text("SELECT 1").int16(0).build());
            wire.send(Message.of('S').build());
            assertThat(untilReady(wire)).contains("E");
            wire.write(
                    Message.of('B').text("").text("").int16(0).int16(0).int16(0).build());
            wire.write(Message.of('E').text("").int32(0).build());
            wire.send(Message.of('S').build());
            assertThat(untilReady(wire)).isEqualTo("EZ");
        }
        assertThat(count("items")).isEqualTo("10");
    }

    /** A client may ask for answers in the middle of a batch; the gateway's own question ends nothing there. */
    @Test
    void aFlushIsNoEnd() throws Exception {
        try (Wire wire = greeted()) {
            run(wire, "SELECT note FROM orders WHERE id = 1");
            wire.send(Message.of('H').build());
            assertThat(until(wire, 'C')).isEqualTo("12DC");
            run(wire, "SELECT count(*) FROM items");
            wire.send(Message.of('S').build());
            assertThat(until(wire, 'Z')).isEqualTo("12DCZ");
            run(wire, "SELECT 1 FROM orders WHERE id = 1");
            wire.send(Message.of('H').build());
            assertThat(until(wire, 'C')).isEqualTo("12DC");
            run(wire, "SELECT 1 FROM elsewhere.public.orders");
            wire.send(Message.of('H').build());
            assertThat(until(wire, 'E')).isEqualTo("E");
            run(wire, "SELECT 1"); // is skipped, as a server does it
            wire.send(Message.of('S').build());
            assertThat(until(wire, 'Z')).isEqualTo("Z");
            run(wire, "DELETE FROM items");
            wire.send(Message.of('H').build());
            assertThat(until(wire, 'E')).isEqualTo("E");
            wire.send(Message.of('S').build());
            assertThat(until(wire, 'Z')).isEqualTo("Z");
            run(wire, "SELECT 1");
            wire.send(Message.of('S').build());
            assertThat(until(wire, 'Z')).isEqualTo("12DCZ");
        }
        assertThat(count("items")).isEqualTo("10");
    }

    /** What comes after a flush must not be taken for the server's answer about names, by its rows or by their end. */
    @Test
    void whatIsPipelinedBehindAFlushForgesNoFacts() throws Exception {
        try (Wire wire = greeted()) {
            run(
                    wire,
                    "SELECT 'wipe', 'f', 'pg_catalog', 'random', '', 'v', 'built in', 'false', '' FROM generate_series(1, 1000000) i WHERE i = 1000000");
            closeTwice(wire);
            wire.write(Message.of('H').build());
            run(wire, "SELECT wipe()");
            wire.send(Message.of('S').build());
            assertThat(until(wire, 'Z')).isEqualTo("12DC33EZ");
        }
        assertThat(count("items")).isEqualTo("10");
    }

    private static void closeTwice(Wire wire) throws IOException {
        for (int i = 0; i < 2; i++) {
            wire.write(Message.of('C').int8('P').text("none").build());
        }
    }

    /** The server skips all up to the sync, also what the gateway would ask. */
    @Test
    void whatFollowsAFailureBehindAFlushIsSkipped() throws Exception {
        try (Wire wire = greeted()) {
            run(wire, "SELECT 1 / (id - id) FROM orders");
            wire.write(Message.of('H').build());
            run(wire, "SELECT note FROM orders");
            wire.send(Message.of('S').build());
            assertThat(until(wire, 'Z')).isEqualTo("12EZ");
            run(wire, "SELECT note FROM orders WHERE id = 1");
            wire.send(Message.of('S').build());
            assertThat(until(wire, 'Z')).isEqualTo("12DCZ");
        }
    }

    /** A kill may come between: with its rows, a portal that was bound before it is a call like any other. */
    @ParameterizedTest
    @ValueSource(strings = {"portal", "cursor", "FETCH"})
    void whatWasOpenedBeforeAKillGivesNoRowsAfterIt(String how) throws Exception {
        try (Wire wire = greeted()) {
            run(wire, "BEGIN");
            wire.send(Message.of('S').build());
            assertThat(until(wire, 'Z')).isEqualTo("12CZ");
            String name = how.equals("portal") ? "p" : "c";
            if (how.equals("portal")) {
                wire.write(Message.of('P')
                        .text("")
                        .text("SELECT note FROM orders")
                        .int16(0)
                        .build());
                wire.write(Message.of('B')
                        .text("p")
                        .text("")
                        .int16(0)
                        .int16(0)
                        .int16(0)
                        .build());
            } else {
                run(wire, "DECLARE c CURSOR FOR SELECT note FROM orders");
            }
            wire.send(Message.of('S').build());
            until(wire, 'Z');
            for (boolean isKilled : new boolean[] {false, true}) {
                gate.isKilled = isKilled;
                if (how.equals("FETCH")) {
                    run(wire, "FETCH 2 FROM c");
                } else {
                    wire.write(Message.of('E').text(name).int32(2).build());
                }
                wire.send(Message.of('S').build());
                assertThat(until(wire, 'Z')).matches(isKilled ? "EZ" : "(12)?DD[sC]Z");
                assertThat(gate.attempted.getLast().actions().toString()).contains("READ");
            }
            if (!how.equals("FETCH")) {
                assertThat(gate.attempted.getLast().actions().toString()).contains("pg:table/shop.public.orders");
            }
        }
    }

    /** A lease ends by time without a cut: what a table looks like is then as far away as its rows. */
    @ParameterizedTest
    @ValueSource(strings = {"parse", "statement", "portal"})
    void nothingIsDescribedAfterTheLeaseIsOver(String what) throws Exception {
        try (Wire wire = greeted()) {
            run(wire, "BEGIN");
            wire.write(Message.of('P')
                    .text("s")
                    .text("SELECT note FROM orders")
                    .int16(0)
                    .build());
            wire.write(Message.of('B')
                    .text("p")
                    .text("s")
                    .int16(0)
                    .int16(0)
                    .int16(0)
                    .build());
            wire.send(Message.of('S').build());
            until(wire, 'Z');
            for (boolean isOver : new boolean[] {false, true}) {
                gate.isKilled = isOver;
                if (what.equals("parse")) {
                    wire.write(Message.of('P')
                            .text("")
                            .text("SELECT note FROM orders")
                            .int16(0)
                            .build());
                } else {
                    wire.write(Message.of('D')
                            .int8(what.equals("portal") ? 'P' : 'S')
                            .text(what.equals("portal") ? "p" : "s")
                            .build());
                }
                wire.send(Message.of('S').build());
                assertThat(until(wire, 'Z')).matches(isOver ? "EZ" : "1Z|t?TZ");
            }
            closeTwice(wire);
            wire.send(Message.of('S').build());
            assertThat(until(wire, 'Z')).as("it may still put things away").isEqualTo("33Z");
        }
    }

    /** Whatever it does: it is idle, prepares, or its answer streams. */
    @ParameterizedTest
    @ValueSource(strings = {"idle", "in a transaction", "open"})
    void aKillEndsTheSession(String state) throws Exception {
        try (Wire wire = greeted()) {
            if (!state.equals("idle")) {
                run(wire, "BEGIN");
                wire.send(Message.of('S').build());
                until(wire, 'Z');
            }
            if (state.equals("open")) {
                run(wire, "SELECT note FROM orders");
                wire.send(Message.of('H').build());
                until(wire, 'C');
            }
            assertThat(gate.open).isNotEmpty();
            gate.isKilled = true;
            List.copyOf(gate.open).forEach(Upstream::cut);
            assertThat(wire.type()).isNegative();
        }
    }

    /** A portal runs later, or in parts: what it does then was not counted. */
    @ParameterizedTest
    @ValueSource(strings = {"none", "part", "twice"})
    void aPortalThatRunsLaterIsNotCounted(String how) throws Exception {
        gate.permitted = 0;
        try (Wire wire = greeted()) {
            // a DELETE runs to its end, however many rows are taken
            String text = how.equals("part") ? "SELECT wipe() FROM orders" : "DELETE FROM items";
            wire.write(Message.of('P').text("").text(text).int16(0).build());
            wire.write(Message.of('B')
                    .text("p")
                    .text("")
                    .int16(0)
                    .int16(0)
                    .int16(0)
                    .build());
            if (!how.equals("none")) {
                wire.write(Message.of('E')
                        .text("p")
                        .int32(how.equals("part") ? 1 : 0)
                        .build());
            }
            if (how.equals("twice")) {
                wire.write(Message.of('E').text("p").int32(0).build());
            }
            wire.send(Message.of('S').build());
            assertThat(until(wire, 'Z')).isEqualTo("EZ");
            wire.write(Message.of('E').text("p").int32(0).build());
            wire.send(Message.of('S').build());
            assertThat(until(wire, 'Z')).isEqualTo("EZ");
        }
        assertThat(gate.measured.getLast().toString()).contains("count.rows, value=unknown");
        assertThat(count("items")).isEqualTo("10");
    }

    /** In a copy the server passes over the sync that was sent with the statement. */
    @ParameterizedTest
    @ValueSource(strings = {"c", "f"})
    void rowsAreCopiedInByAPreparedStatement(String end) throws Exception {
        gate.permitted = Long.MAX_VALUE;
        try (Wire wire = greeted()) {
            run(wire, "COPY orders FROM STDIN");
            wire.send(Message.of('S').build());
            assertThat(until(wire, 'G')).isEqualTo("12G");
            wire.write(new Message('d', "95\tcopied\n".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
            wire.write(
                    end.equals("c")
                            ? Message.of('c').build()
                            : Message.of('f').text("never mind").build());
            wire.send(Message.of('S').build());
            assertThat(until(wire, 'Z')).isEqualTo(end.equals("c") ? "CZ" : "EZ");
            run(wire, "SELECT 1");
            wire.send(Message.of('S').build());
            assertThat(until(wire, 'Z')).isEqualTo("12DCZ");
        }
        assertThat(count("orders")).isEqualTo(end.equals("c") ? "11" : "10");
    }

    private static void run(Wire wire, String text) throws IOException {
        wire.write(Message.of('P').text("").text(text).int16(0).build());
        wire.write(Message.of('B').text("").text("").int16(0).int16(0).int16(0).build());
        wire.write(Message.of('E').text("").int32(0).build());
    }

    private Wire greeted() throws IOException {
        Wire wire = new Wire(new Socket("127.0.0.1", front.address().getPort()));
        greet(wire);
        untilReady(wire);
        return wire;
    }

    private static void greet(Wire wire) throws IOException {
        byte[] startup = Message.of('x')
                .int32(3 << 16)
                .text("user")
                .text("agent")
                .text("database")
                .text("shop")
                .int8(0)
                .build()
                .written();
        wire.write(java.util.Arrays.copyOfRange(startup, 1, startup.length), startup.length - 1);
        wire.send(Message.of('p').text(TestingGate.TOKEN).build());
    }

    private static String untilReady(Wire wire) throws IOException {
        return until(wire, 'Z');
    }

    private static String until(Wire wire, char last) throws IOException {
        StringBuilder types = new StringBuilder();
        do {
            types.append(wire.read(1 << 20).type());
        } while (types.charAt(types.length() - 1) != last);
        return types.toString();
    }

    @Test
    void rowsAreCopiedIn() throws Exception {
        try (Connection connection = jdbc("")) {
            var copies = connection.unwrap(org.postgresql.PGConnection.class).getCopyAPI();
            String text = "COPY orders FROM STDIN";
            assertThatThrownBy(() -> copies.copyIn(text, new java.io.StringReader("90\tx\n")))
                    .isInstanceOf(SQLException.class);
            gate.signAll();
            assertThat(copies.copyIn(text, new java.io.StringReader("90\tx\n91\ty\n")))
                    .isEqualTo(2);
        }
        assertThat(count("orders")).isEqualTo("12");
    }

    @Test
    void aDumpIsTheServersOwn() throws Exception {
        List<String> dumps = new ArrayList<>();
        for (boolean direct : new boolean[] {true, false}) {
            ProcessBuilder program = new ProcessBuilder(
                            "pg_dump",
                            "-h127.0.0.1",
                            "-p" + (direct ? port : front.address().getPort()),
                            "-Upostgres",
                            "--no-subscriptions",
                            "shop")
                    .redirectErrorStream(true);
            program.environment().put("PGPASSWORD", direct ? TestingPostgres.PASSWORD : TestingGate.TOKEN);
            Process process = program.start();
            dumps.add(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .replaceAll("(?m)^\\\\(un)?restrict .*$", ""));
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        assumeFalse(dumps.getFirst().contains("server version mismatch"), "pg_dump is older than the server");
        assertThat(dumps.get(1)).isEqualTo(dumps.get(0)).contains("COPY public.orders");
    }

    @Test
    void whatRunsIsCancelled() throws Exception {
        try (Connection connection = jdbc("");
                Statement slow = connection.createStatement()) {
            slow.setQueryTimeout(1);
            assertThatThrownBy(() -> slow.execute("SELECT pg_sleep(20)"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
        }
    }

    /** The server refuses even what the gate would let pass. */
    @Test
    void aLeaseThatMayNotWriteGetsASessionThatCannot() throws Exception {
        gate.writes = DryRun.Prediction.REFUSE;
        assertThat(psql("SHOW default_transaction_read_only")).contains(" on");
        assertThat(psql("DELETE FROM orders")).contains("confirmation required");
        gate.signAll();
        assertThat(psql("DELETE FROM orders")).contains("cannot execute DELETE in a read-only transaction");
        assertThat(count("orders")).isEqualTo("10");
    }

    /** Programs look whether a table is there, and a slip is none that only a new seal could permit. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * FROM nothing",
                "INSERT INTO nothing VALUES (1)",
                "UPDATE nothing SET id = 1",
                "DELETE FROM orders USING nothing",
                "TRUNCATE orders, nothing",
                "CREATE TABLE copy AS SELECT * FROM nothing",
                "CREATE INDEX i ON nothing (id)",
                "ALTER TABLE nothing ADD COLUMN a int"
            })
    void aTableThatIsNotThereIsSaidToBeMissing(String text) throws Exception {
        assertThat(psql(text)).contains("relation \"nothing\" does not exist");
        assertThat(gate.attempted).allMatch(call -> call.sql().isEmpty());
        assertThat(psql("DROP TABLE IF EXISTS nothing")).contains("confirmation required");
        assertThat(gate.attempted.getLast().actions().toString()).contains("shop.public.nothing");
        gate.isLenient = true;
        assertThat(psql("WITH nothing AS (SELECT 1) SELECT * FROM nothing")).contains("1 row");
        assertThat(psql("SELECT nothing.id FROM orders nothing ORDER BY id LIMIT 2 FOR UPDATE OF nothing"))
                .contains("2 rows");
        assertThat(psql("CREATE INDEX i ON orders (id)")).contains("CREATE INDEX");
        assertThat(psql("CREATE TABLE nothing (id int)")).contains("CREATE TABLE");
        assertThat(psql("SELECT * FROM nothing")).contains("0 rows");
        sql("DROP TABLE nothing; DROP INDEX i");
    }

    /** A name that a statement makes itself is none that is missing. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree)",
                "CREATE SCHEMA tree CREATE TABLE leaf (id int) CREATE VIEW leaves AS SELECT id FROM leaf",
                "CREATE RECURSIVE VIEW tree (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM tree WHERE n < 3",
                "WITH RECURSIVE tree(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM tree WHERE n < 3) SELECT * FROM tree",
                "CREATE RULE r AS ON UPDATE TO items DO ALSO UPDATE orders SET note = NEW.id WHERE id = OLD.id",
                "UPDATE orders o SET note = 'x' FROM items i WHERE i.o = o.id",
                "MERGE INTO orders o USING items i ON i.o = o.id WHEN MATCHED THEN UPDATE SET note = 'x'",
            })
    void aNameThatAStatementMakesIsNotMissing(String text) throws Exception {
        assertThat(psql(text)).doesNotContain("does not exist\n");
        gate.signAll();
        assertThat(psql(text)).doesNotContain("ERROR");
        sql("DROP SCHEMA IF EXISTS tree CASCADE");
    }

    /** Gives the session a role that owns nothing, and confirmed destruction the owner's. */
    private void separateRoles() throws IOException {
        front.close();
        sql("DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'works') THEN DROP OWNED BY works;"
                + " END IF; END $$; DROP ROLE IF EXISTS works; CREATE ROLE works LOGIN PASSWORD 'x';"
                + " GRANT USAGE ON SCHEMA public TO works;"
                + " GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO works");
        gate = new TestingGate("works:x");
        gate.destroying = "postgres:" + TestingPostgres.PASSWORD;
        front = listen(Optional.empty());
    }

    @Test
    void whatDestroysRunsAsItsOwnRole() throws Exception {
        separateRoles();
        assertThat(psql("DROP TABLE items")).contains("confirmation required", "10 rows of items");
        gate.signAll();
        assertThat(psql("DROP TABLE items", "SELECT count(*) FROM orders")).contains("DROP TABLE", "10");
        assertThat(run(port, TestingPostgres.PASSWORD, "postgres", "SELECT count(*) FROM items"))
                .contains("does not exist");
        String failing = "ALTER TABLE orders DROP COLUMN missing";
        assertThat(psql(failing)).contains("confirmation required");
        gate.signAll();
        assertThat(psql(failing, "SELECT count(*) FROM orders"))
                .contains("column \"missing\" of relation \"orders\" does not exist", "10");
    }

    /** It has run as the session's role, which was enough: the gateway needs no other. */
    @Test
    void whatWasCountedIsKeptWhereItRan() throws Exception {
        separateRoles();
        assertThat(psql("DELETE FROM items WHERE id = 1")).contains("would delete 1 row of items");
        gate.signAll();
        assertThat(psql("DELETE FROM items WHERE id = 1")).contains("DELETE 1");
        assertThat(count("items")).isEqualTo("9");
    }

    /** The server checks what is known in the client's session alone. */
    @Test
    void whatIsKnownDoesNotRunUncheckedAsAnotherRole() throws Exception {
        separateRoles();
        sql("CREATE SCHEMA apart; CREATE VIEW apart.plain AS SELECT id FROM orders;"
                + " GRANT USAGE ON SCHEMA apart TO works; GRANT SELECT ON apart.plain TO works");
        gate.apart = ".apart.";
        try (Connection connection = jdbc("");
                PreparedStatement plain = connection.prepareStatement("SELECT id FROM apart.plain WHERE id < 3")) {
            for (int i = 0; i < 4; i++) {
                plain.execute();
            }
            sql("CREATE OR REPLACE VIEW apart.plain AS SELECT wipe() AS id");
            assertThatThrownBy(plain::execute).hasMessageContaining("confirmation required");
            assertThat(count("items")).isEqualTo("10");
        } finally {
            sql("DROP SCHEMA apart CASCADE");
        }
    }

    /** The owner's role may look into schemas into which the session's may not. */
    @Test
    void aNameMeansForTheOtherRoleWhatWasJudged() throws Exception {
        separateRoles();
        sql("CREATE SCHEMA hidden; CREATE TABLE hidden.items (id int);"
                + " ALTER ROLE works SET search_path = hidden, public;"
                + " ALTER ROLE postgres SET search_path = hidden, public");
        try {
            assertThat(psql("DROP TABLE items")).contains("10 rows of items");
            gate.signAll();
            assertThat(psql("DROP TABLE items")).contains("DROP TABLE");
            assertThat(count("hidden.items")).isEqualTo("0");
        } finally {
            sql("ALTER ROLE postgres RESET search_path; DROP SCHEMA hidden CASCADE");
        }
    }

    /** A transaction, and a temporary table that hides another one, are in no other session. */
    @Test
    void whatIsTiedToTheSessionDoesNotRunAsAnotherRole() throws Exception {
        separateRoles();
        String needsOther = "needs another role than the session has";
        assertThat(psql("DROP TABLE items")).contains("confirmation required");
        gate.signAll();
        assertThat(psql("BEGIN", "DROP TABLE items")).contains(needsOther);
        String temporary = "CREATE TEMP TABLE items (id int)";
        psql(temporary);
        gate.signAll();
        assertThat(psql(temporary, "DROP TABLE items")).contains("CREATE TABLE", "DROP TABLE");
        String both = "DROP TABLE items, public.items";
        assertThat(psql(temporary, both)).contains("CREATE TABLE", "confirmation required");
        gate.signAll();
        assertThat(psql(temporary, both)).contains(needsOther);
        String left = "BEGIN; DROP TABLE items";
        assertThat(psql(left)).contains("confirmation required");
        gate.signAll();
        assertThat(psql(left, "COMMIT")).contains(needsOther);
        assertThat(count("items")).isEqualTo("10");
    }

    /** Else it would be another table that it drops. */
    @Test
    void noNameStandsForWhatTheOtherRoleSeesInAnotherSchema() throws Exception {
        separateRoles();
        sql("DROP SCHEMA IF EXISTS first CASCADE; CREATE SCHEMA first; CREATE TABLE first.items (id int);"
                + " GRANT USAGE ON SCHEMA first TO works; ALTER ROLE works SET search_path = first, public;"
                + " DROP ROLE IF EXISTS drops; CREATE ROLE drops LOGIN PASSWORD 'x'; ALTER TABLE items OWNER TO drops;"
                + " GRANT SELECT ON first.items TO works");
        gate.destroying = "drops:x";
        try {
            assertThat(psql("DROP TABLE items")).contains("confirmation required");
            gate.signAll();
            assertThat(psql("DROP TABLE items")).contains("may not use all schemas");
            assertThat(count("items")).isEqualTo("10");
        } finally {
            sql("ALTER TABLE items OWNER TO postgres; DROP ROLE drops; DROP SCHEMA first CASCADE");
        }
    }

    @Test
    void aDateMeansForTheOtherRoleWhatTheSessionHasSet() throws Exception {
        separateRoles();
        sql("DROP TABLE IF EXISTS days; CREATE TABLE days (day date);"
                + " INSERT INTO days VALUES ('2026-02-01'), ('2026-01-02'); GRANT SELECT ON days TO works");
        String delete = "DELETE FROM days WHERE day = '01/02/2026'";
        assertThat(psql("SET datestyle = 'SQL, DMY'", delete)).contains("confirmation required");
        gate.signAll();
        assertThat(psql("SET datestyle = 'SQL, DMY'", delete)).contains("DELETE 1");
        assertThat(run(port, TestingPostgres.PASSWORD, "postgres", "SELECT day FROM days"))
                .contains("2026-01-02");
        sql("DROP TABLE days");
    }

    @Test
    void aCancelRequestAndACutReachTheOtherRole() throws Exception {
        separateRoles();
        try (Connection owner = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + port + "/shop?sslmode=disable",
                        "postgres",
                        TestingPostgres.PASSWORD);
                Connection connection = jdbc("&preferQueryMode=simple");
                Statement drop = connection.createStatement()) {
            owner.setAutoCommit(false);
            owner.createStatement().execute("SELECT FROM items"); // which the other role has to wait for
            for (String state : List.of("57014", "08006")) {
                assertThatThrownBy(() -> drop.execute("DROP TABLE items"))
                        .hasMessageContaining("confirmation required");
                gate.signAll();
                CompletableFuture<Boolean> dropping = CompletableFuture.supplyAsync(() -> {
                    try {
                        return drop.execute("DROP TABLE items");
                    } catch (SQLException e) {
                        throw new CompletionException(e.getSQLState(), e);
                    }
                });
                awaitWaiting(owner, true);
                if (state.equals("57014")) {
                    drop.cancel();
                } else {
                    gate.upstream.cut();
                }
                assertThatThrownBy(dropping::join).hasMessage(state);
                awaitWaiting(owner, false);
            }
        }
        assertThat(count("items")).isEqualTo("10");
    }

    private static void awaitWaiting(Connection owner, boolean isExpected) throws SQLException {
        try (Statement statement = owner.createStatement()) {
            boolean isWaiting;
            do {
                try (ResultSet waiting = statement.executeQuery("SELECT FROM pg_locks WHERE NOT granted")) {
                    isWaiting = waiting.next();
                }
            } while (isWaiting != isExpected);
        }
    }

    /** Otherwise its name would run another text than was judged. */
    @Test
    void whatTheOtherSessionPreparedIsPreparedNowhere() throws Exception {
        separateRoles();
        try (Connection connection = jdbc("&preferQueryMode=extended")) {
            String drop = "DROP TABLE items";
            try (Statement statement = connection.createStatement()) {
                assertThatThrownBy(() -> statement.execute(drop)).hasMessageContaining("confirmation required");
                gate.signAll();
                statement.execute(drop);
                statement.execute("SELECT count(*) FROM orders");
            }
        }
        assertThat(run(port, TestingPostgres.PASSWORD, "postgres", "SELECT count(*) FROM items"))
                .contains("does not exist");
    }

    @Test
    void clientsEncryptByAskingAndDirectly() throws Exception {
        TestingCertificate own = TestingCertificate.forName("localhost");
        Path authority = Files.writeString(directory.resolve("authority.pem"), own.pem());
        front.close();
        front = listen(Optional.of((socket, read) -> {
            try {
                SSLSocket accepted = (SSLSocket)
                        own.serving().getSocketFactory().createSocket(socket, new ByteArrayInputStream(read), true);
                accepted.setUseClientMode(false);
                SSLParameters parameters = accepted.getSSLParameters();
                parameters.setApplicationProtocols(new String[] {ClientTls.ALPN});
                accepted.setSSLParameters(parameters);
                return accepted;
            } catch (GeneralSecurityException e) {
                throw new IOException(e);
            }
        }));
        int at = front.address().getPort();
        ProcessBuilder program = new ProcessBuilder(
                        "psql",
                        "-X",
                        "host=localhost hostaddr=127.0.0.1 port=" + at
                                + " user=agent dbname=shop sslmode=verify-full sslrootcert=" + authority,
                        "-c\\conninfo",
                        "-cSELECT note FROM orders WHERE id = 7")
                .redirectErrorStream(true);
        program.environment().put("PGPASSWORD", TestingGate.TOKEN);
        Process process = program.start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("SSL connection (protocol: TLSv1.3", "note 7");
        assertThat(psql("SELECT note FROM orders WHERE id = 8")).contains("note 8"); // plain, on loopback

        for (String protocol : List.of(ClientTls.ALPN, "")) {
            try (SSLSocket direct =
                    (SSLSocket) own.trusting().getSocketFactory().createSocket("localhost", at)) {
                SSLParameters parameters = direct.getSSLParameters();
                if (!protocol.isEmpty()) {
                    parameters.setApplicationProtocols(new String[] {protocol});
                }
                direct.setSSLParameters(parameters);
                direct.startHandshake();
                Wire wire = new Wire(direct);
                if (protocol.isEmpty()) {
                    assertThat(wire.type()).isNegative();
                } else {
                    greet(wire);
                    assertThat(untilReady(wire)).endsWith("KZ");
                }
            }
        }
    }

    @Test
    void theServerTellsWhatItHasAndWhatTheRoleMay() throws Exception {
        DatabaseSurvey survey = DatabaseSurvey.of(
                URI.create("postgres://127.0.0.1:" + port + "/shop"),
                new Secret("postgres:" + TestingPostgres.PASSWORD),
                (SSLSocketFactory) SSLSocketFactory.getDefault(),
                new SecureRandom());
        assertThat(survey.powers()).contains("is a superuser", "owns the database");
        assertThat(survey.owned()).isEqualTo(3);
        assertThat(survey.schemas()).extracting(DatabaseSurvey.Holder::name).contains("public");
        assertThat(survey.tables()).extracting(DatabaseSurvey.Holder::name).contains("public.orders", "public.items");
        sql("DROP ROLE IF EXISTS looks; CREATE ROLE looks LOGIN PASSWORD 'x';" + " GRANT SELECT ON orders TO looks");
        DatabaseSurvey mild = DatabaseSurvey.of(
                URI.create("postgres://127.0.0.1:" + port + "/shop"),
                new Secret("looks:x"),
                (SSLSocketFactory) SSLSocketFactory.getDefault(),
                new SecureRandom());
        assertThat(mild.powers()).isEmpty();
        assertThat(mild.owned() + mild.writable()).isZero();
        sql("DROP OWNED BY looks; DROP ROLE looks");
    }

    /** A name that leads to this machine is not this machine: whoever rules the name would get the log-in. */
    @Test
    void onlyAnAddressThatIsLoopbackItselfStaysPlain() throws Exception {
        InetAddress own = InetAddress.getLocalHost();
        try (ServerSocket server = new ServerSocket(0, 1, own)) {
            Thread.ofVirtual().start(() -> {
                try (Socket socket = server.accept()) {
                    socket.getInputStream().readNBytes(8);
                    socket.getOutputStream().write('N');
                } catch (IOException _) {
                    // the assertion says so
                }
            });
            ServerAddress address = new ServerAddress(
                    URI.create("postgres://" + own.getHostName() + ":" + server.getLocalPort() + "/shop"),
                    (SSLSocketFactory) SSLSocketFactory.getDefault());
            assertThatThrownBy(address::dial).hasMessageContaining("does not offer TLS");
        }
    }

    @Test
    void noLeaseNoSession() throws Exception {
        assertThat(run(front.address().getPort(), "other", "agent", "SELECT 1")).contains("FATAL:  This is no lease.");
        ProcessBuilder program = new ProcessBuilder(
                        "psql",
                        "-X",
                        "host=127.0.0.1 port=" + front.address().getPort()
                                + " user=agent dbname=shop options='-c session_replication_role=replica'")
                .redirectErrorStream(true);
        program.environment().put("PGPASSWORD", TestingGate.TOKEN);
        Process process = program.start();
        process.getOutputStream().close();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("the parameter `options` is not passed on");
    }

    @Test
    void anAgentsOwnListenerLetsInWhomItKnows() throws Exception {
        Path own = Files.createDirectories(directory.resolve("place"));
        Files.setAttribute(own, "unix:mode", 0711);
        front.openPlace("place-1", own.resolve(".s.PGSQL.5432"), _ -> true);
        assertThat(run(5432, TestingGate.TOKEN, "agent", own, "SELECT 40 + 2")).contains("42");
        assertThat(gate.places).hasSize(2).containsOnly(Optional.of("place-1"));
        front.closePlace("place-1");
        assertThat(own).isEmptyDirectory();

        List<String> peers = new ArrayList<>();
        front.openPlace("place-2", own.resolve(".s.PGSQL.5432"), peer -> !peers.add(peer.getName()));
        assertThat(run(5432, TestingGate.TOKEN, "agent", own, "SELECT 40 + 2")).contains("closed the connection");
        assertThat(peers).containsExactly(System.getProperty("user.name"));
        front.closePlace("place-2");
    }

    @Test
    void aProbeIsJudgedAndNeverSent() throws Exception {
        PostgresFront.ProbeAnswer foreign =
                front.probe(PostgresFront.SHARED, "shop", Optional.of(new Secret("nobody's")));
        assertThat(foreign).isEqualTo(new PostgresFront.ProbeAnswer(true, "denied", "This is no lease.", "R-1"));
        assertThat(gate.attempted)
                .singleElement()
                .satisfies(call -> assertThat(call.actions().toString()).contains("DESTROY", "interlock-probe"));
        sql("CREATE TABLE public.\"interlock-probe\" (id int)");
        Secret lease = new Secret(TestingGate.TOKEN);
        assertThat(front.probe(PostgresFront.SHARED, "shop", Optional.of(lease)).kind())
                .isEqualTo("confirmation_required");
        gate.signAll();
        assertThat(front.probe(PostgresFront.SHARED, "shop", Optional.of(lease)).reason())
                .contains("never sent");
        assertThat(count("public.\"interlock-probe\"")).isEqualTo("0");
        front.shut(PostgresFront.SHARED);
        assertThat(front.listeners()).isEmpty();
        assertThatThrownBy(() -> front.probe(PostgresFront.SHARED, "shop", Optional.empty()))
                .isInstanceOf(IOException.class);
    }

    @Test
    void anAgentsMarkDoesNothing() throws Exception {
        try (Socket client = new Socket("127.0.0.1", front.address().getPort())) {
            assertThat(ProbeClient.ask(client, "shop", new Secret("A".repeat(43)), TestingGate.TOKEN))
                    .isEqualTo(PostgresFront.ProbeAnswer.NOT_REFUSED);
        }
        assertThat(gate.attempted)
                .singleElement()
                .satisfies(call -> assertThat(call.actions().toString()).contains("connect"));
    }

    /** More than are greeted at once wait in the kernel, and cost the gateway nothing. */
    @Test
    void silentClientsAreBoundedAndOthersEnterAfterThem() throws Exception {
        int greeted = 64;
        byte[] asksForTls = {0, 0, 0, 8, 4, (byte) 210, 22, 47};
        List<Socket> silent = new ArrayList<>();
        for (int i = 0; i < greeted + 6; i++) {
            Socket client = new Socket("127.0.0.1", front.address().getPort());
            client.getOutputStream().write(asksForTls);
            silent.add(client);
        }
        for (Socket first : silent.subList(0, greeted)) {
            assertThat(first.getInputStream().read()).isEqualTo('N');
        }
        for (Socket later : silent.subList(greeted, silent.size())) {
            assertThat(later.getInputStream().available()).as("not greeted yet").isZero();
        }
        for (Socket first : silent.subList(0, greeted)) {
            first.close();
        }
        for (Socket later : silent.subList(greeted, silent.size())) {
            assertThat(later.getInputStream().read()).isEqualTo('N');
            later.close();
        }
        assertThat(psql("SELECT 40 + 2")).contains("42");
    }
}
