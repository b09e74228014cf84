package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.cli.LoggedSql;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** PostgreSQL's log, read as the command line reads it. */
class PostgresLogTest extends ReconciledLog {

    private static final StatementReader READER = new LoggedSql();

    @Override
    Optional<StatementReader> reader() {
        return Optional.of(READER);
    }

    private Printed postgres(String... more) {
        return reconcile("postgres", more);
    }

    @Test
    void aCallAndItsStatementAreAPairAndWhatHasNoReceiptIsAnAlarm() {
        ran(0, "SELECT 1");
        add(Receipt.Kind.REFUSED, 9, Json.object().with("actions", "none that anybody could read"));
        sql(10, "done", "DELETE", "orders");
        ran(10, "DELETE FROM orders WHERE id = 1");
        ran(600, "SELECT 2");
        Printed agreed = postgres();
        assertThat(agreed.code()).isEqualTo(Main.HOLDS);
        assertThat(agreed.json().whole("matched")).isOne();

        ran(12, "DELETE FROM orders WHERE note = 'a secret of theirs'");
        Printed alarmed = postgres();
        assertThat(alarmed.code()).isEqualTo(Main.FAILS);
        assertThat(alarmed.alarms()).singleElement().satisfies(alarm -> {
            assertThat(alarm.text("kind")).isEqualTo("DELETE");
            assertThat(alarm.text("target")).isEqualTo("shop/orders");
            assertThat(alarm.texts("actors")).containsExactly("agent");
            assertThat(alarm.text("place")).contains("events.json:");
        });
        assertThat(alarmed.text()).doesNotContain("secret");
        assertThat(postgres("--actor", "somebody").alarms()).isEmpty();
        assertThat(postgres("--upstream", "other").alarms()).hasSize(2);
        assertThat(postgres("--to", at(11).toString()).code()).isEqualTo(Main.HOLDS);
    }

    @ParameterizedTest
    @CsvSource({
        "COPY FROM, COPY orders FROM STDIN",
        "TRUNCATE, TRUNCATE TABLE ONLY public.orders",
        "DROP TABLE, drop table if exists orders",
        "ALTER TABLE, ALTER TABLE orders ADD a int",
        "RENAME, ALTER TABLE orders RENAME TO others",
        "CREATE TABLE, CREATE TABLE IF NOT EXISTS shop.public.orders (id int)",
        "INDEX, CREATE INDEX ON orders (id)",
        "GRANT, REVOKE ALL ON orders FROM PUBLIC",
        "MERGE, MERGE INTO orders USING a ON true WHEN MATCHED THEN DELETE",
        "UPDATE, UPDATE ONLY orders SET id = 1",
    })
    void eachKindOfStatementIsFoundByItsFirstWordAndItsTable(String kind, String statement) {
        ran(0, "SELECT 1");
        sql(10, "done", kind, "orders");
        ran(10, statement);
        sql(11, "done", "COPY TO", "orders");
        ran(11, "COPY orders TO STDOUT");
        ran(600, "SELECT 1");
        assertThat(postgres().code()).as(postgres().text()).isEqualTo(Main.HOLDS);
    }

    @ParameterizedTest
    @CsvSource({
        "DELETE FROM other WHERE id = 1, 10", // another table
        "DELETE FROM audit.orders, 10", // one of the same name elsewhere
        "UPDATE orders SET id = 1, 10", // another kind
        "DELETE FROM orders, 200", // another time
    })
    void anEventOfAnotherTableKindOrTimeIsNoneOfTheCall(String statement, int second) {
        ran(0, "SELECT 1");
        sql(10, "done", "DELETE", "orders");
        ran(second, statement);
        ran(900, "SELECT 2");
        Printed printed = postgres();
        assertThat(printed.alarms()).hasSize(1);
        assertThat(printed.findings()).hasSize(1);
    }

    @Test
    void whatIsDoneByItsReceiptAndDidNotHappenIsAFinding() {
        ran(0, "SELECT 1");
        String gone = sql(10, "done", "DELETE", "orders");
        String failed = sql(20, "failed", "INSERT", "orders");
        sql(30, "unknown", "UPDATE", "orders");
        sql(31, "", "UPDATE", "lines");
        ran(21, "INSERT INTO orders VALUES (1)");
        ran(31, "UPDATE lines SET id = 1");
        ran(3600, "SELECT 2");
        Printed printed = postgres();
        assertThat(printed.code()).isEqualTo(Main.FAILS);
        assertThat(printed.findings())
                .extracting(finding -> finding.text("receipt"))
                .containsExactly(gone, failed);
        assertThat(printed.json().object("not_compared").members())
                .containsEntry("calls with an unknown outcome which did not", new Json.Whole(1))
                .containsEntry("calls with an unknown outcome which happened", new Json.Whole(1));
    }

    @Test
    void whatNeverWentDoesNotExplainWhatHappened() {
        ran(0, "SELECT 1");
        String held = sql(10, "held", "DELETE", "orders");
        String refused = sql(300, "refused", "DELETE", "orders");
        ran(10, "BEGIN", "DELETE FROM orders", "ROLLBACK"); // the gateway has counted
        assertThat(postgres().code()).isEqualTo(Main.HOLDS);
        ran(11, "DELETE FROM orders");
        ran(300, "DELETE FROM orders");
        assertThat(postgres().alarms())
                .extracting(alarm -> alarm.text("receipt"))
                .containsExactly(held, refused);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DELETE FROM orders",
                "BEGIN|DELETE FROM orders|COMMIT",
                "BEGIN; DELETE FROM orders; COMMIT; SELECT 1",
                "BEGIN|DELETE FROM orders|SAVEPOINT a|SELECT 1/0|ERROR|ROLLBACK TO a|COMMIT",
                "BEGIN|SAVEPOINT a|DELETE FROM orders|RELEASE SAVEPOINT a|END",
                "SELECT 1; DELETE FROM orders",
                "/* ; */ delete -- from lines\n from only public.orders",
                "DELETE FROM \"orders\"",
                "SELECT 1 /* /* */ + ' */; DELETE FROM orders; --'",
                "SELECT E'a\\'' ; DELETE FROM orders; --'",
                "SELECT 1 AS \u20ac$b$; DELETE FROM orders; SELECT 2 AS \u20ac$b$",
                "SELECT 1 AS atomic; DELETE FROM orders",
                "SELECT $a$ ; DELETE FROM orders",
                "'; DELETE FROM orders",
                "COMMIT PREPARED 'x'; DELETE FROM orders",
                "BEGIN|SAVEPOINT a|DELETE FROM orders|SAVEPOINT \"a\"|ROLLBACK TO a|COMMIT",
                "BEGIN|SAVEPOINT \u00c4|DELETE FROM orders|SAVEPOINT \"\u00c4\"|ROLLBACK TO \u00c4|COMMIT",
                "BEGIN|SAVEPOINT \u00c4|DELETE FROM orders|SAVEPOINT \u00e4|ROLLBACK TO \u00c4|COMMIT",
                "execute a: SELECT 1: DELETE FROM orders",
                "execute a: SELECT ': DELETE FROM orders --'",
                "execute a:b: DELETE FROM orders",
                "execute fetch from a: DELETE FROM orders",
                "execute a: SELECT 1: DELETE FROM orders /* /* */ */",
                "WITH RECURSIVE a AS (SELECT 1 AS b) SEARCH DEPTH FIRST BY b SET key DELETE FROM orders",
            })
    void whatHappenedIsSeenHoweverItIsWritten(String statements) {
        ran(0, "SELECT 1");
        ran(10, statements.split("\\|"));
        assertThat(postgres().alarms()).hasSize(1);
        sql(10, "done", "DELETE", "orders");
        assertThat(postgres().code()).as(postgres().text()).isEqualTo(Main.HOLDS);
    }

    /** The receipt's kind is that of the whole statement, and so is the event's. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SELECT | WITH a AS (DELETE FROM orders RETURNING 1) SELECT * FROM a",
                "SELECT | (WITH a AS (DELETE FROM orders RETURNING 1) SELECT * FROM a)",
                "SELECT | SELECT * INTO orders FROM lines",
                "EXPLAIN | EXPLAIN (ANALYZE) DELETE FROM orders",
                "EXPLAIN | EXPLAIN (ANALYZE) WITH a AS (SELECT 1) DELETE FROM orders",
                "COPY TO | COPY (DELETE FROM orders RETURNING 1) TO STDOUT",
                "SET | SET log_statement = 'none'",
            })
    void whatHappenedInsideAnotherStatementIsOfThatKind(String kind, String statement) {
        ran(0, "SELECT 1");
        ran(10, statement);
        sql(10, "done", kind, "orders", "read");
        sql(10, "done", "DELETE", "orders", "destroy");
        assertThat(postgres().alarms()).hasSize(1);
        sql(10, "done", kind, "orders", "destroy");
        assertThat(postgres().alarms()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "BEGIN|DELETE FROM orders|ROLLBACK",
                "BEGIN; DELETE FROM orders; ABORT",
                "DELETE FROM orders|ERROR",
                "BEGIN|DELETE FROM orders|SELECT 1/0|ERROR|COMMIT",
                "BEGIN|DELETE FROM orders|COMMIT|ERROR", // a constraint that is checked at the end
                "BEGIN|SAVEPOINT a|DELETE FROM orders|ROLLBACK TO SAVEPOINT a|COMMIT",
                "BEGIN|SAVEPOINT a|DELETE FROM orders|SAVEPOINT b|ROLLBACK TO a|ROLLBACK TO b|ERROR|ROLLBACK",
                "SELECT 'DELETE FROM orders'",
                "SELECT $a$; DELETE FROM orders$a$",
                "SELECT \"; DELETE FROM orders\" FROM t",
                "SELECT * FROM orders FOR UPDATE",
                "WITH a AS (SELECT 1) SELECT * FROM orders FOR NO KEY UPDATE",
                "EXPLAIN DELETE FROM orders",
                "COPY orders TO STDOUT",
                "(SELECT 1)",
                "EXPLAIN INSERT INTO orders SELECT 1",
                "execute a: SELECT 'to insert: select it''s'",
                "COPY orders (program) TO STDOUT",
                "execute a: SELECT '{\"a\": 1, \"b\": \"delete it\"}' -- from: lines",
            })
    void whatDidNotHappenIsNoAlarm(String statements) {
        ran(0, "SELECT 1");
        ran(10, statements.split("\\|"));
        assertThat(postgres().alarms()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * INTO others FROM orders",
                "EXPLAIN ANALYZE SELECT * INTO others FROM orders",
                "EXPLAIN ANALYZE EXECUTE d",
                "COPY (SELECT 1) TO PROGRAM 'rm'",
                "COPY orders TO '/tmp/x'",
                "SET log_statement = 'none'",
                "SET LOCAL \"log_min_messages\" = panic",
                "SELECT 1 /* /* */ + ' */; DELETE FROM orders; --'",
            })
    void whatASelectOfTheGatewayDoesNotExplainIsAnAlarm(String statement) {
        ran(0, "SELECT 1");
        sql(10, "done", "SELECT", "orders", "read");
        ran(10, statement);
        assertThat(postgres().alarms()).as(postgres().text()).hasSize(1);
    }

    @Test
    void oneCallExplainsOneStatementHoweverThatIsWritten() {
        ran(0, "SELECT 1");
        sql(10, "done", "DELETE", "orders");
        ran(10, "DELETE FROM orders", "DELETE FROM orders /* /* */ */");
        assertThat(postgres().alarms()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"execute a: ROLLBACK: SELECT 1", "execute a: ROLLBACK --: SELECT 1"})
    void aNameThatHoldsARollbackRollsNothingBack(String statement) {
        ran(0, "SELECT 1");
        ran(10, "BEGIN", "DELETE FROM orders", statement, "COMMIT");
        assertThat(postgres().alarms())
                .extracting(alarm -> alarm.text("kind"))
                .containsExactlyInAnyOrder("DELETE", "?");
    }

    @Test
    void aCallThatMovedItsTableExplainsNoDrop() {
        ran(0, "SELECT 1");
        Json.Members moved = does("pg/drop-table", "pg:table/shop.public.orders", "DROP TABLE");
        Json.Members action = moved.objects("actions").getFirst();
        List<Json> facts = new ArrayList<>(action.objects("facts"));
        facts.add(Json.object()
                .with("name", "kept-in")
                .with("value", "interlock_quarantine_1_1")
                .with("provenance", "resolved"));
        call(10, "done", moved.with("actions", new Json.Array(List.of(action.with("facts", new Json.Array(facts))))));
        ran(10, "SELECT interlock_quarantine.take(false)");
        assertThat(postgres().code()).isEqualTo(Main.HOLDS);
        ran(10, "DROP TABLE orders");
        assertThat(postgres().alarms()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "EXECUTE d | PREPARE d AS SELECT 1 | 0",
                "EXECUTE d(1) | prepare d (int) as\\nDELETE FROM orders WHERE id = $1 | 1",
                "EXECUTE \"a as select 1 --\" | PREPARE \"a as select 1 --\" AS DELETE FROM orders | 1",
                "EXECUTE d | /* as select 1 -- */PREPARE d AS DELETE FROM orders | 1",
                "EXECUTE d; DELETE FROM orders | PREPARE d AS SELECT 1 | 1",
                "EXECUTE d; EXECUTE e | PREPARE d AS SELECT 1 | 2",
                "EXECUTE d | SELECT 1 AS a; PREPARE d AS DELETE FROM orders | 1",
            })
    void theDetailSaysWhatIsExecutedAndHidesNothing(String statement, String prepared, int alarms) {
        ran(0, "SELECT 1");
        line(10, "LOG", "statement: " + statement, "4/1");
        String detail = Json.object()
                .with("detail", "prepare: " + prepared.replace("\\n", "\n"))
                .canonicalText();
        lines.insert(lines.lastIndexOf("{") + 1, detail.substring(1, detail.length() - 1) + ",");
        assertThat(postgres().alarms()).as(lines.toString()).hasSize(alarms);
    }

    @Test
    void whatAFunctionSaysIsNoStatement() {
        ran(0, "SELECT 1");
        ran(10, "BEGIN", "DELETE FROM orders");
        line(11, "LOG", "statement: ROLLBACK", "3/1");
        String raised = lines.toString().lines().reduce((first, last) -> last).orElseThrow();
        lines.setLength(lines.length() - raised.length() - 1);
        lines.append(raised.replace("\"dbname\"", "\"context\":\"PL/pgSQL function f() line 1 at RAISE\",\"dbname\""))
                .append('\n');
        line(12, "LOG", "statement: COMMIT", "3/1");
        assertThat(postgres().alarms()).hasSize(1);
    }

    @Test
    void theBeginningOfASessionExplainsNothing() {
        ran(0, "SELECT 1");
        Json.Members connect = does("pg/connect", "pg:database/shop", "x");
        Json.Members action = connect.objects("actions").getFirst().with("facts", new Json.Array(List.of()));
        call(10, "done", connect.with("actions", new Json.Array(List.of(action))));
        ran(10, "DELETE FROM orders");
        assertThat(postgres().alarms())
                .singleElement()
                .satisfies(alarm -> assertThat(alarm.get("receipt")).isEmpty());
    }

    @Test
    void withoutReadsInTheLogNobodyKnowsWhatWasRolledBack() {
        sql(10, "held", "DELETE", "orders");
        ran(10, "DELETE FROM orders");
        assertThat(postgres().code()).isEqualTo(Main.HOLDS);
        ran(11, "DELETE FROM orders");
        assertThat(postgres().alarms()).hasSize(1);
    }

    @Test
    void preparedStatementsAndThoseOfTheExtendedProtocolAreSeen() {
        ran(0, "SELECT 1");
        line(10, "LOG", "execute S_1: DELETE FROM orders WHERE id = $1", "4/1");
        line(11, "LOG", "duration: 0.3 ms  execute <unnamed>: DELETE FROM orders WHERE id = $1", "4/2");
        line(12, "LOG", "execute fetch from S_2: DELETE FROM orders WHERE id = $1 RETURNING id", "4/3");
        lines.append(lines.toString()
                        .lines()
                        .skip(1)
                        .findFirst()
                        .orElseThrow()
                        .replace("\"dbname\"", "\"detail\":\"prepare: PREPARE d AS DELETE FROM lines\",\"dbname\"")
                        .replace("execute S_1: DELETE FROM orders WHERE id = $1", "statement: EXECUTE d(1)")
                        .replace("4/1", "4/4"))
                .append('\n');
        assertThat(postgres().alarms())
                .extracting(alarm -> alarm.text("target"))
                .containsExactlyInAnyOrder("shop/orders", "shop/orders", "shop/orders", "shop/lines");
    }

    /** Written by PostgreSQL 15 with `pgaudit.log = all`, once in each form. */
    @ParameterizedTest
    @ValueSource(strings = {"pgaudit.csv", "pgaudit.json"})
    void whatPgauditTellsIsReadByItsTextAndItsTurn(String file) throws IOException {
        try (InputStream recorded = PostgresLogTest.class.getResourceAsStream(file)) {
            lines.append(new String(recorded.readAllBytes(), StandardCharsets.UTF_8));
        }
        assertThat(postgres().alarms())
                .extracting(alarm -> alarm.text("kind") + " " + alarm.text("target"))
                .containsExactlyInAnyOrder(
                        "CREATE TABLE postgres/orders",
                        "INSERT postgres/orders",
                        "UPDATE postgres/orders",
                        "DELETE postgres/orders", // by the name of what was prepared; the other was rolled back
                        "CREATE FUNCTION postgres",
                        "DROP TABLE postgres/orders",
                        "CREATE TABLE postgres/a",
                        "CREATE TABLE postgres/b",
                        "DROP TABLE postgres/a",
                        "DROP TABLE postgres/b",
                        "CREATE TABLE postgres/c",
                        "COPY FROM postgres/c",
                        "TRUNCATE postgres/c");
        assertThat(postgres().json().object("not_compared").whole("statements that only read, by their text"))
                .isEqualTo(8);

        // Both settings tell each statement, which is one event.
        ran(0, "SELECT 1");
        ran(10, "DELETE FROM orders");
        if (file.endsWith(".json")) {
            assertThat(postgres().alarms()).hasSize(1);
        }
    }

    private String csv(int second, String severity, String message, String vxid) {
        return "%s,\"agent\",\"shop\",1,\"[local]\",s1,1,\"X\",,%s,0,%s,00000,\"%s\",,,,,,,,,\"psql\",\"client backend\",,0%n"
                .formatted(
                        at(second).toString().replace('T', ' ').replace("Z", ".123 UTC"),
                        vxid,
                        severity,
                        message.replace("\"", "\"\""));
    }

    @Test
    void csvlogIsReadAsJsonlogIs() {
        lines.append(csv(0, "LOG", "statement: SELECT 1", "3/1"));
        sql(10, "done", "DELETE", "orders");
        lines.append(csv(10, "LOG", "statement: DELETE FROM orders\nWHERE note = 'a \"b\", c'", "3/2"));
        lines.append(csv(20, "LOG", "statement: UPDATE orders SET id = 1", "3/3"));
        lines.append(csv(20, "ERROR", "it failed", "3/3"));
        lines.append(csv(600, "LOG", "statement: TRUNCATE orders", "3/4"));
        assertThat(postgres().json().whole("matched")).isOne();
        assertThat(postgres().alarms()).singleElement().satisfies(alarm -> {
            assertThat(alarm.text("kind")).isEqualTo("TRUNCATE");
            assertThat(alarm.text("place")).endsWith("events.json:6");
        });
        for (String broken : List.of("\"", "a\"b\",", "x,y")) {
            lines.append(broken);
            assertThat(postgres().code()).as(broken).isEqualTo(Main.UNUSABLE);
        }
    }

    /** An error ends a text of several statements: the same text begins anew. */
    @Test
    void theTurnOfAStatementDoesNotOutliveAnError() {
        String text = "AUDIT: SESSION,%s,1,WRITE,DELETE,,,DELETE FROM a; DELETE FROM b,<not logged>";
        lines.append(csv(0, "LOG", "AUDIT: SESSION,1,1,READ,SELECT,,,SELECT 1,<not logged>", "3/0"));
        lines.append(csv(1, "LOG", text.formatted(2), "3/1"));
        lines.append(csv(1, "ERROR", "it failed", "3/1"));
        lines.append(csv(2, "LOG", text.formatted(3), "3/2"));
        lines.append(csv(2, "LOG", text.formatted(4), "3/2"));
        lines.append(csv(3, "LOG", text.formatted(5), "3/3"));
        assertThat(postgres().alarms())
                .extracting(alarm -> alarm.text("target"))
                .containsExactlyInAnyOrder("shop/a", "shop/b", "shop/a");
    }

    @Test
    void halfOfBothSettingsIsNoWhole() {
        ran(0, "DELETE FROM orders");
        line(1, "LOG", "AUDIT: SESSION,1,1,DDL,DROP TABLE,,,DROP TABLE orders,<not logged>", "3/9");
        assertThat(postgres().code()).isEqualTo(Main.UNUSABLE);
        assertThat(postgres().said()).contains("`pgaudit.log = all`");
    }

    @Test
    void aLogThatCannotBeComparedIsNoSuccess() throws IOException {
        line(0, "LOG", "checkpoint starting: time", "");
        assertThat(postgres().code()).isEqualTo(Main.UNUSABLE);
        assertThat(postgres().said()).contains("log_statement = all");
        lines.setLength(0);
        lines.append("{\"timestamp\":\"2026-11-20 12:00:00.000 CET\",\"error_severity\":\"LOG\"}\n");
        assertThat(postgres().said()).contains("log_timezone = UTC");
        lines.setLength(0);
        lines.append("not json\n");
        assertThat(postgres().code()).isEqualTo(Main.UNUSABLE);
        lines.setLength(0);
        assertThat(postgres().said()).contains("`--events` is missing");

        ran(0, "SELECT 1");
        postgres();
        Path checkpoint = directory.resolve("log/checkpoint");
        Files.writeString(checkpoint, Files.readString(checkpoint).replace(ORIGIN, "example.test/other"));
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int code = new Main(new PrintStream(said), new PrintStream(said), reader())
                .run(List.of(
                        "reconcile",
                        directory.resolve("log").toString(),
                        "--provider",
                        "postgres",
                        "--events",
                        directory.resolve("events.json").toString(),
                        "--vkey",
                        log.key().toString()));
        assertThat(code).isEqualTo(Main.FAILS);
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("the records are not sound");
    }

    @Test
    void aTableMadeOfWhatIsPreparedIsKnown() {
        ran(0, "SELECT 1");
        ran(10, "CREATE TABLE orders AS EXECUTE d");
        assertThat(postgres().alarms())
                .extracting(alarm -> alarm.text("kind") + " " + alarm.text("target"))
                .containsExactly("CREATE TABLE AS shop/orders");
    }

    @Test
    void allTablesOfAStatementNeedTheReceipt() {
        ran(0, "SELECT 1");
        sql(10, "done", "TRUNCATE", "lines");
        ran(10, "TRUNCATE lines, orders");
        assertThat(postgres().alarms())
                .extracting(alarm -> alarm.text("target"))
                .containsExactly("shop/lines, shop/orders");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pg:table/shop.public.lines", "pg:database/shop", "pg:temporary-table/shop.pg_temp.mine"})
    void whatAStatementOnlyReadExplainsNoChange(String resource) {
        ran(0, "SELECT 1");
        Json.Members read = does("pg/read", resource, "INSERT");
        Json.Members beside = read.objects("actions").getFirst().withTexts("impacts", List.of("read"));
        Json.Members change = does("pg/insert", "pg:table/shop.public.orders", "INSERT")
                .objects("actions")
                .getFirst();
        call(10, "done", read.with("actions", new Json.Array(List.of(beside, change))));
        ran(10, "INSERT INTO orders SELECT * FROM lines");
        ran(600, "SELECT 1");
        assertThat(postgres().code()).as(postgres().text()).isEqualTo(Main.HOLDS);
        ran(11, "INSERT INTO lines VALUES (1)");
        assertThat(postgres().alarms())
                .extracting(alarm -> alarm.text("target"))
                .containsExactly("shop/lines");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'ROLLBACK'",
                "DO LANGUAGE sql 'ROLLBACK'",
                "CREATE FUNCTION f() RETURNS int SET role = 'a' LANGUAGE sql AS 'SELECT 1'",
            })
    void whatAnotherStatementHoldsRollsNothingBackAndHidesNothing(String statement) {
        ran(0, "SELECT 1");
        ran(10, "BEGIN", "DELETE FROM orders", statement, "COMMIT");
        assertThat(postgres().alarms())
                .extracting(alarm -> alarm.text("kind"))
                .containsExactly("DELETE", statement.startsWith("DO") ? "DO" : "CREATE FUNCTION");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET ROLE agent",
                "SET search_path = shop",
                "SELECT set_config('a.b', 'c', false)",
                "EXPLAIN EXECUTE d",
                "LOCK TABLE orders",
                "DECLARE c CURSOR FOR SELECT * FROM orders FOR UPDATE",
            })
    void whatTheSessionAloneSeesIsNoAlarm(String statement) {
        ran(0, "SELECT 1");
        ran(10, statement);
        assertThat(postgres().alarms()).isEmpty();
    }

    /** Receipts name what the body does, and the block beside it. */
    @Test
    void aBlockIsReadWithWhatItHolds() {
        ran(0, "SELECT 1");
        ran(10, "DO 'BEGIN DELETE FROM orders; END'");
        ran(600, "SELECT 1");
        assertThat(postgres().alarms())
                .extracting(alarm -> alarm.text("kind"))
                .containsExactlyInAnyOrder("DELETE", "DO");
        sql(10, "done", "DELETE", "orders", "destroy");
        call(10, "done", does("pg/do", "pg:database/shop", "DO"));
        assertThat(postgres().code()).as(postgres().text()).isEqualTo(Main.HOLDS);
    }

    @Test
    void whatGoesWithTheSessionIsExplained() {
        ran(0, "SELECT 1");
        ran(10, "CREATE TEMP TABLE mine (id int)", "INSERT INTO mine SELECT id FROM orders");
        assertThat(postgres().alarms()).hasSize(2);
        for (String kind : List.of("CREATE TABLE", "INSERT")) {
            Json.Members meaning = does("pg/read", "pg:temporary-table/shop.pg_temp.mine", kind);
            Json.Members action = meaning.objects("actions").getFirst().withTexts("impacts", List.of("read"));
            call(10, "done", meaning.with("actions", new Json.Array(List.of(action))));
        }
        assertThat(postgres().alarms()).isEmpty();
    }

    @Test
    void aTextThatAServerMayReadOtherwiseMayBeAnything() {
        ran(0, "SELECT 1");
        sql(10, "done", "SELECT", "orders", "read");
        ran(10, "SELECT 'a\\' AS b");
        ran(10, "SELECT 'a\\'' ; DELETE FROM orders; --'");
        assertThat(postgres().alarms()).extracting(alarm -> alarm.text("kind")).containsOnly("?");
    }
}
