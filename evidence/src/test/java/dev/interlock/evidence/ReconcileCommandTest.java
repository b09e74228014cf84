package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReconcileCommandTest {

    private static final String ORIGIN = "example.test/log";

    @TempDir
    private Path directory;

    private final SealDocument seal = new SealSamples().document(true);
    private final SoftLog log = new SoftLog(ORIGIN);
    private final StringBuilder lines = new StringBuilder();
    private int receipts;
    private int transactions;

    @BeforeEach
    void begin() {
        SealSamples.begin(log, ORIGIN, seal, "staging");
    }

    private static Instant at(int second) {
        return SealSamples.NOW.plusSeconds(second);
    }

    private String add(Receipt.Kind kind, int second, Json.Members members) {
        String id = LogVerifierTest.id(receipts++);
        log.add(new Receipt(id, kind, at(second), ORIGIN, members));
        return id;
    }

    private static Json.Members does(String operation, String resource, String statement) {
        Json.Members meaning = SealSamples.meaning("staging", "write");
        Json.Members fact = Json.object()
                .with("name", "argument.statement")
                .with("value", statement)
                .with("provenance", "claimed");
        Json.Members action = meaning.objects("actions").getFirst();
        return meaning.with(
                "actions",
                new Json.Array(List.of(action.with("operation", operation)
                        .with("facts", new Json.Array(List.of(fact)))
                        .with(
                                "resources",
                                new Json.Array(List.of(
                                        action.objects("resources").getFirst().with("id", resource)))))));
    }

    /** Records a call; {@code result} is that of its outcome, or nothing, or {@code held}. */
    private String call(int second, String result, Json.Members meaning) {
        if (result.equals("held")) {
            return add(
                    Receipt.Kind.HELD, second, SealSamples.intent(seal, meaning).with("hold", "H-1"));
        }
        String intent = add(Receipt.Kind.INTENT, second, SealSamples.intent(seal, meaning));
        if (!result.isEmpty()) {
            add(
                    Receipt.Kind.OUTCOME,
                    second,
                    Json.object().with("intent", intent).with("result", result));
        }
        return intent;
    }

    private String sql(int second, String result, String statement, String table) {
        return sql(second, result, statement, table, "write");
    }

    private String sql(int second, String result, String statement, String table, String impact) {
        String operation = statement.toLowerCase(java.util.Locale.ROOT).replace(' ', '-');
        Json.Members meaning = does("pg/" + operation, "pg:table/shop.public." + table, statement);
        Json.Members action = meaning.objects("actions").getFirst().withTexts("impacts", List.of(impact));
        return call(second, result, meaning.with("actions", new Json.Array(List.of(action))));
    }

    private void line(int second, String severity, String message, String vxid) {
        lines.append(Json.object()
                        .with(
                                "timestamp",
                                at(second).toString().replace('T', ' ').replace("Z", ".123 UTC"))
                        .with("user", "agent")
                        .with("dbname", "shop")
                        .with("session_id", "s1")
                        .with("vxid", vxid)
                        .with("error_severity", severity)
                        .with("message", message)
                        .canonicalText())
                .append('\n');
    }

    private void ran(int second, String... statements) {
        String vxid = "3/" + transactions++;
        for (String statement : statements) {
            if (statement.equals("ERROR")) {
                line(second, "ERROR", "it failed", vxid);
            } else {
                line(second, "LOG", (statement.startsWith("execute ") ? "" : "statement: ") + statement, vxid);
            }
        }
    }

    private Printed reconcile(String provider, String... more) {
        try {
            log.write(directory.resolve("log"), 100);
            Path events = directory.resolve("events.json");
            List<String> all = new ArrayList<>(
                    List.of("reconcile", directory.resolve("log").toString(), "--provider", provider, "--json"));
            if (!lines.isEmpty()) {
                Files.writeString(events, lines);
                all.addAll(List.of("--events", events.toString()));
            }
            all.addAll(List.of(more));
            return Printed.of(all, log);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
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
                "WITH a AS (DELETE FROM orders RETURNING 1) SELECT * FROM a",
                "EXPLAIN (ANALYZE) DELETE FROM orders",
                "COPY (DELETE FROM orders RETURNING 1) TO STDOUT",
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
                "execute a: SELECT 1: DELETE FROM orders",
                "execute a: SELECT ': DELETE FROM orders --'",
                "execute a:b: DELETE FROM orders",
                "execute fetch from a: DELETE FROM orders",
                "execute a: SELECT 1: DELETE FROM orders /* /* */ */",
                "(WITH a AS (DELETE FROM orders RETURNING 1) SELECT * FROM a)",
                "WITH RECURSIVE a AS (SELECT 1 AS b) SEARCH DEPTH FIRST BY b SET key DELETE FROM orders",
                "EXPLAIN (ANALYZE) WITH a AS (SELECT 1) DELETE FROM orders",
            })
    void whatHappenedIsSeenHoweverItIsWritten(String statements) {
        ran(0, "SELECT 1");
        ran(10, statements.split("\\|"));
        assertThat(postgres().alarms()).hasSize(1);
        sql(10, "done", "DELETE", "orders");
        assertThat(postgres().code()).as(postgres().text()).isEqualTo(Main.HOLDS);
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

    @Test
    void aNameThatHoldsARollbackRollsNothingBack() {
        ran(0, "SELECT 1");
        ran(10, "BEGIN", "DELETE FROM orders", "execute a: ROLLBACK: SELECT 1", "COMMIT");
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
        Printed unsound = Printed.of(
                List.of(
                        "reconcile",
                        directory.resolve("log").toString(),
                        "--provider",
                        "postgres",
                        "--events",
                        directory.resolve("events.json").toString()),
                log);
        assertThat(unsound.code()).isEqualTo(Main.FAILS);
        assertThat(unsound.said()).contains("the records are not sound");
    }

    private static String event(int second, String action, String repo) {
        return Json.object()
                .with("@timestamp", at(second).toEpochMilli())
                .with("action", action)
                .with("actor", "acme-bot")
                .with("hashed_token", "dG9rZW4=")
                .with("org", "acme")
                .withOptional("repo", repo.isEmpty() ? java.util.Optional.empty() : java.util.Optional.of(repo))
                .canonicalText();
    }

    private String github(int second, String result, String operation, String resource) {
        return call(second, result, does("github/" + operation, resource, "x"));
    }

    private void calls() {
        github(10, "done", "repos/delete", "github:repo/acme/old");
        github(20, "done", "repos/update", "github:repo/acme/api");
        github(30, "done", "repos/create-in-org", "github:org/acme");
        github(40, "done", "git/update-ref", "github:repo/acme/api");
    }

    private static List<String> events() {
        return List.of(
                event(10, "repo.destroy", "acme/Old"),
                event(21, "repo.access", "acme/api"),
                event(30, "repo.create", "acme/new"),
                event(31, "repo.update_default_branch", "acme/new"), // goes with it, and is none of the listed
                event(41, "git.push", "acme/api"),
                event(600, "git.clone", "acme/api"));
    }

    @Test
    void theAuditLogOfGithubIsReadByLinesAndAsAnArray() {
        calls();
        github(600, "done", "git/references", "github:repo/acme/api");
        lines.append(String.join("\n", events()));
        assertThat(reconcile("github").text()).contains("\"alarms\":[]", "\"findings\":[]", "\"matched\":6");
        lines.setLength(0);
        lines.append("[").append(String.join(",\n", events())).append("]");
        assertThat(reconcile("github").code()).isEqualTo(Main.HOLDS);
    }

    @ParameterizedTest
    @CsvSource({
        "repo.destroy, acme/api, alarm", // no such call there
        "hook.create, acme/old, alarm", // a deletion is no new hook
        "org.update_member, '', alarm", // nothing of the kind at that time
    })
    void whatTheGatewaysTokenDidElsewhereIsAnAlarm(String action, String repo, String what) {
        calls();
        List<String> all = new ArrayList<>(events().subList(0, 5));
        all.add(event(300, action, repo));
        lines.append(String.join("\n", all));
        Printed printed = reconcile("github");
        assertThat(printed.alarms())
                .as(what)
                .extracting(alarm -> alarm.text("kind"))
                .containsExactly(action);
        assertThat(reconcile("github", "--actor", "dG9rZW4=").alarms()).hasSize(1);
        assertThat(reconcile("github", "--actor", "ann").alarms()).isEmpty();
    }

    @Test
    void aDeletionThatGithubDoesNotKnowIsAFinding() {
        calls();
        lines.append(String.join("\n", events().subList(1, 5)));
        Printed printed = reconcile("github", "--from", at(0).toString(), "--to", at(100).toString());
        assertThat(printed.code()).isEqualTo(Main.FAILS);
        assertThat(printed.findings())
                .extracting(finding -> finding.texts("operations"))
                .containsExactly(List.of("github/repos/delete"));
    }

    @Test
    void pagesAreFollowedOnTheSameServerAlone() throws IOException {
        calls();
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        String base = "http://127.0.0.1:" + server.getAddress().getPort() + "/orgs/acme/audit-log";
        Map<String, String> next = new java.util.HashMap<>(Map.of("", base + "?after=x"));
        List<String> asked = new ArrayList<>();
        server.createContext("/", exchange -> {
            String query = exchange.getRequestURI().getQuery();
            asked.add(query + " " + exchange.getRequestHeaders().getFirst("authorization"));
            boolean isSecond = query.contains("after=x");
            List<String> events = isSecond ? events().subList(2, 5) : events().subList(0, 2);
            byte[] body = ("[" + String.join(",", events) + "]").getBytes(StandardCharsets.UTF_8);
            if (!isSecond || next.containsKey("x")) {
                exchange.getResponseHeaders()
                        .add(
                                "Link",
                                "<" + next.get(isSecond ? "x" : "")
                                        + ">; title=\"a, b\"; rel=\"next\", <x>; rel=\"first\"");
            }
            exchange.sendResponseHeaders(asked.size() > 50 ? 500 : 200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try {
            Path token = Files.writeString(directory.resolve("token"), "t0ken\n");
            String[] options = {"--events", base, "--token-file", token.toString()};
            assertThat(reconcile("github", options).text()).contains("\"alarms\":[]", "\"matched\":5");
            assertThat(asked)
                    .containsExactly("include=all&order=asc&per_page=100 Bearer t0ken", "after=x Bearer t0ken");
            for (String elsewhere : List.of("http://127.0.0.1:1/", "https://evil.test/", base + "?after=x")) {
                next.put("x", elsewhere);
                Printed refused = reconcile("github", options);
                assertThat(refused.code()).isEqualTo(Main.UNUSABLE);
                assertThat(refused.said()).contains("leads elsewhere, or back").doesNotContain("t0ken");
            }
        } finally {
            server.stop(0);
        }
        Printed plain = reconcile("github", "--events", "http://api.github.test/orgs/acme/audit-log");
        assertThat(plain.said()).contains("by https only");
    }
}
