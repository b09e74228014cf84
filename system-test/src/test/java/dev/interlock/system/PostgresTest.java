package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.postgres.SocketRelay;
import dev.interlock.backup.postgres.TestingPostgres;
import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real database behind a real gateway, by the real psql. */
@Tag("process")
class PostgresTest {

    private static final String SMALL = """
            @id("small-insertions")
            forbid (principal, action == Operation::Action::"pg/insert", resource)
            unless { context.counts has rows && context.counts.rows <= 5 };
            """;

    @TempDir
    private static Path root;

    private static TestingPostgres database;
    private static SocketRelay relay;
    private static ServiceGatewayInstallation house;
    private static int port;

    @BeforeAll
    static void start() throws Exception {
        Path own = Files.createDirectory(root.resolve("database"));
        Files.setAttribute(root, "unix:mode", 0711);
        database = new TestingPostgres(
                own,
                List.of(
                        "logging_collector=on",
                        "log_destination=jsonlog",
                        "log_directory=log",
                        "log_filename=statements.log",
                        "log_timezone=UTC",
                        "log_statement=all"));
        relay = new SocketRelay(database.sockets().resolve(".s.PGSQL.5432"));
        port = Programs.freePort();
        String yaml = ServiceGatewayInstallation.organisation("""
                  shop:
                    catalog: pg
                    address: "postgres://127.0.0.1:%d/shop"
                    credentials:
                      shop-db: {environments: [staging], impacts: [read, write, destroy], header: password}
                    resources:
                      "pg:database/shop": {environments: [staging]}
                      "pg:table/shop.public.*": {environments: [staging]}
                """.formatted(relay.port()))
                + "undo: {for: 7d, agent-for: 1h}\n";
        Path home = Files.createDirectory(root.resolve("house"));
        house = new ServiceGatewayInstallation(
                home,
                Map.of("interlock.yaml", yaml, "policy.cedar", ServiceGatewayInstallation.CONFIRMED + SMALL),
                Map.of("shop-db", "postgres:" + TestingPostgres.PASSWORD),
                "postgres: 127.0.0.1:" + port);
        house.seal().expect(0);
        house.up();
    }

    @AfterAll
    static void stop() throws Exception {
        if (house != null) {
            house.close();
        }
        relay.close();
        database.close();
    }

    @BeforeEach
    void stock() throws Exception {
        database.sql("shop", """
                DROP SCHEMA public CASCADE; CREATE SCHEMA public;
                CREATE TABLE orders (id int PRIMARY KEY);
                INSERT INTO orders SELECT generate_series(1, 100);
                CREATE TABLE secrets (id int);
                CREATE TABLE notes (id int PRIMARY KEY, o int, text text);
                INSERT INTO notes SELECT i, i, 'a very private note ' || i FROM generate_series(1, 9) i;
                CREATE TABLE lines (id int, o int REFERENCES orders ON DELETE CASCADE);
                INSERT INTO lines SELECT i, i % 100 + 1 FROM generate_series(1, 250) i;
                """);
    }

    private static Programs.ProgramResult psql(String... commands) throws Exception {
        List<String> all = new ArrayList<>(List.of("psql", "-X", "-At"));
        for (String command : commands) {
            all.addAll(List.of("-c", command));
        }
        all.add("host=127.0.0.1 port=" + port + " user=agent dbname=shop");
        ProcessBuilder builder = new ProcessBuilder(all);
        builder.environment().put("PGPASSWORD", house.lease());
        return Programs.run(builder, "");
    }

    @Test
    void aReadFlowsAndADeleteWaitsForAPerson() throws Exception {
        assertThat(psql("SELECT count(*) FROM orders").expect(0).out()).isEqualTo("100");
        String held = psql("DELETE FROM orders WHERE id <= 40").expect(1).err();
        assertThat(held)
                .contains(
                        "ERROR:  confirmation required",
                        "DETAIL:  would delete 40 rows of orders, 119 of lines (cascade). ",
                        "HINT:  interlock hold show H-");
        assertThat(database.value("shop", "SELECT count(*) FROM orders")).isEqualTo("100");
        Matcher hold = Pattern.compile("H-[0-9A-Z]+").matcher(held);
        assertThat(hold.find()).isTrue();
        assertThat(house.interlock("", "hold", "show", hold.group(), "--config=" + house.config())
                        .out())
                .contains("DELETE FROM orders WHERE id <= 40", "40 orders, 119 lines (cascade)");
        house.sign("\"hold\":\"" + hold.group() + "\"", "ann");
        assertThat(psql("DELETE FROM orders WHERE id <= 40").expect(0).out()).isEqualTo("DELETE 40");
        assertThat(psql("DELETE FROM orders WHERE id <= 40").expect(0).out()).isEqualTo("DELETE 0"); // it loses nothing
        assertThat(database.value("shop", "SELECT count(*) FROM orders")).isEqualTo("60");
        assertThat(psql("INSERT INTO orders VALUES (2000)").expect(0).out()).isEqualTo("INSERT 0 1");
    }

    /** What passed the gateway agrees with what the server says that it did; what did not is an alarm. */
    @Test
    void theServersOwnLogAgreesWithTheReceiptsUntilSomebodyComesPastTheGateway() throws Exception {
        Instant from = Instant.now();
        psql("SELECT count(*) FROM orders").expect(0);
        psql("INSERT INTO orders VALUES (1001)").expect(0);
        psql("DELETE FROM notes WHERE id <= 3").expect(0); // kept, so nobody is asked
        String deleted = lastIntent();
        psql("BEGIN", "UPDATE notes SET text = 'new' WHERE id > 3", "ROLLBACK").expect(0);
        psql("DELETE FROM orders WHERE id <= 40").expect(1); // tried, and asked about
        psql("WITH gone AS (DELETE FROM notes WHERE id = 9 RETURNING id) SELECT count(*) FROM gone")
                .expect(0);
        psql("INSERT INTO notes VALUES (1, 1, 'twice'), (1, 1, 'twice')").expect(1);
        psql(
                        "PREPARE added (int) AS INSERT INTO orders VALUES ($1)",
                        "EXECUTE added(1002); EXECUTE added(1003)",
                        "PREPARE seen AS SELECT count(*) FROM orders",
                        "EXECUTE seen",
                        "EXPLAIN ANALYZE SELECT * FROM orders",
                        "SELECT * INTO more FROM orders",
                        "COPY (SELECT 1) TO STDOUT")
                .expect(0);
        undo(deleted).expect(0);
        Programs.ProgramResult agreed = reconcile(from);
        assertThat(agreed.out()).contains("0 alarms, 0 findings").doesNotContain("ALARM", "'new'");
        agreed.expect(0);

        database.sql("shop", "BEGIN; DELETE FROM notes; ROLLBACK; INSERT INTO secrets VALUES (7);");
        Programs.ProgramResult alarmed = reconcile(from);
        assertThat(alarmed.expect(1).out())
                .contains("1 alarms, 0 findings", "INSERT  shop/secrets  postgres  ", "it has no receipt");
    }

    private static Programs.ProgramResult reconcile(Instant from) throws Exception {
        return house.interlock(
                "",
                "reconcile",
                root.resolve("house/data/ledger").toString(),
                "--provider=postgres",
                "--events=" + database.data().resolve("log/statements.json"),
                "--from=" + from,
                "--vkey=" + logKey());
    }

    private static String logKey() throws Exception {
        return house.interlock("", "status", "--all", "--config=" + house.config())
                .out()
                .lines()
                .filter(line -> line.startsWith("log key"))
                .map(line -> line.substring("log key".length()).strip())
                .findFirst()
                .orElseThrow();
    }

    /** Nobody is asked about what comes back whole. */
    @Test
    void whatIsKeptGoesAndComesBack() throws Exception {
        String all = "SELECT string_agg(n::text, ' ' ORDER BY id) FROM notes n";
        String before = database.value("shop", all);
        assertThat(psql("DELETE FROM notes WHERE id <= 3").expect(0).out()).isEqualTo("DELETE 3");
        String deleted = lastIntent();
        assertThat(psql("BEGIN", "UPDATE notes SET text = 'new' WHERE id > 3", "COMMIT")
                        .expect(0)
                        .out())
                .contains("UPDATE 6");
        String updated = lastIntent();
        assertThat(undo(deleted, "--show").expect(0).out())
                .contains("It changed: 3 deleted rows of notes.", "Rows are compared as they are put back");
        assertThat(undo(updated).expect(0).out())
                .contains("It changed: 6 updated rows of notes.", "Everything is back as it was before (R-");
        assertThat(psql("UPDATE notes SET text = 'new' WHERE id > 3").expect(0).out())
                .isEqualTo("UPDATE 6");
        assertThat(undo(updated).expect(1).err()).contains("This call was undone already, by R-");
        assertThat(undo(lastIntent()).expect(0).out()).contains("Everything is back");
        assertThat(undo(deleted).expect(0).out()).contains("Everything is back");
        assertThat(database.value("shop", all)).isEqualTo(before);
        assertThat(house.interlock("", "receipts", deleted, "--config=" + house.config())
                        .out())
                .contains("possible for 7d", "3 notes");
        Path store = root.resolve("house/data");
        try (Stream<Path> files = Files.walk(store)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                try {
                    assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                            .as(file.toString())
                            .doesNotContain("very private note");
                } catch (NoSuchFileException _) {
                    // the gateway replaces partial files, and nobody can read them any more
                }
            }
        }
    }

    /** Nobody is asked about a table either that is moved where the agent cannot look. */
    @Test
    void aDroppedTableComesBackWhole() throws Exception {
        database.sql(
                "shop",
                house.interlock("", "upstream", "quarantine", "--role=postgres")
                        .expect(0)
                        .out());
        assertThat(psql("DROP TABLE orders").expect(1).err()).contains("confirmation required"); // others refer to it
        assertThat(psql("BEGIN", "DROP TABLE lines", "CREATE TABLE lines (id text)", "COMMIT")
                        .expect(0)
                        .out())
                .contains("DROP TABLE\nCREATE TABLE");
        String dropped = lastIntent();
        database.sql("shop", "DELETE FROM notes WHERE id > 5"); // who undoes writes them, as the policy permits
        assertThat(psql("TRUNCATE notes").expect(0).out()).isEqualTo("TRUNCATE TABLE");
        String emptied = lastIntent();
        String receipt = house.interlock("", "receipts", dropped, "--config=" + house.config())
                .out();
        assertThat(receipt).contains("possible for 7d", "250 lines", "interlock_quarantine_");
        assertThat(undo(dropped).expect(1).err()).contains("relation \"lines\" already exists in schema \"public\"");
        psql("ALTER TABLE lines RENAME TO texts");
        database.sql("shop", "DROP TABLE IF EXISTS lines, texts");
        assertThat(undo(dropped).expect(0).out())
                .contains(
                        "It changed: the dropped table lines with 250 rows.",
                        "Everything is back as it was before (R-");
        assertThat(undo(emptied, "--show").expect(0).out()).contains("It changed: notes, emptied of 5 rows.");
        assertThat(undo(emptied).expect(0).out()).contains("Everything is back");
        assertThat(undo(emptied).expect(1).err()).contains("was undone already");
        assertThat(database.value("shop", "SELECT (SELECT count(*) FROM lines) || ' ' || (SELECT count(*) FROM notes)"))
                .isEqualTo("250 5");
    }

    private static Programs.ProgramResult undo(String receipt, String... more) throws Exception {
        return house.interlock(
                "",
                Stream.concat(Stream.of("undo", receipt, "--config=" + house.config()), Stream.of(more))
                        .toArray(String[]::new));
    }

    /** Returns the receipt of the last intent that changed rows. */
    private static String lastIntent() throws Exception {
        Json.Members filter = Json.object().with("kind", "intent").with("limit", 9);
        return house.admin().call("receipts", filter).objects("receipts").stream()
                .filter(receipt -> receipt.canonicalText().contains("possible for 7d"))
                .findFirst()
                .orElseThrow()
                .text("id");
    }

    @Test
    void whatHasGrownIsAskedAgain() throws Exception {
        String held = psql("DELETE FROM orders WHERE id > 90").expect(1).err();
        assertThat(held).contains("would delete 10 rows of orders, 20 of lines (cascade)");
        Matcher hold = Pattern.compile("H-[0-9A-Z]+").matcher(held);
        assertThat(hold.find()).isTrue();
        house.sign("\"hold\":\"" + hold.group() + "\"", "ann");
        database.sql("shop", "INSERT INTO orders VALUES (101), (102)");
        assertThat(psql("DELETE FROM orders WHERE id > 90").expect(1).err())
                .contains("would delete 12 rows of orders")
                .doesNotContain(hold.group());
        assertThat(database.value("shop", "SELECT count(*) FROM orders")).isEqualTo("102");
    }

    @Test
    void whatHasShrunkIsStillConfirmed() throws Exception {
        String held = psql("DELETE FROM orders WHERE id > 95").expect(1).err();
        assertThat(held).contains("would delete 5 rows of orders, 10 of lines (cascade)");
        Matcher hold = Pattern.compile("H-[0-9A-Z]+").matcher(held);
        assertThat(hold.find()).isTrue();
        database.sql("shop", "DELETE FROM lines WHERE o = 97");
        assertThat(psql("DELETE FROM orders WHERE id > 95").expect(1).err())
                .contains("would delete 5 rows of orders, 8 of lines (cascade)", hold.group());
        house.sign("\"hold\":\"" + hold.group() + "\"", "ann");
        database.sql("shop", "DELETE FROM orders WHERE id = 98");
        assertThat(psql("DELETE FROM orders WHERE id > 95").expect(0).out()).isEqualTo("DELETE 4");
    }

    @Test
    void smallMeasuredWritesPassByPolicy() throws Exception {
        assertThat(psql("INSERT INTO lines SELECT 0, generate_series(1, 5)")
                        .expect(0)
                        .out())
                .isEqualTo("INSERT 0 5");
        assertThat(psql("INSERT INTO lines SELECT 0, generate_series(1, 6)")
                        .expect(1)
                        .err())
                .contains("ERROR:  denied");
        assertThat(database.value("shop", "SELECT count(*) FROM lines WHERE id = 0"))
                .isEqualTo("5");
    }

    @Test
    void anAdditionPassesInStagingAndADeniedStatementSaysWhy() throws Exception {
        assertThat(psql("INSERT INTO orders VALUES (1000)").expect(0).out()).isEqualTo("INSERT 0 1");
        assertThat(psql("GRANT ALL ON orders TO PUBLIC").expect(1).err())
                .contains("ERROR:  denied", "DETAIL:", "HINT:");
    }

    private static Programs.ProgramResult run(String script) throws Exception {
        Path workspace = Files.createTempDirectory(root, "workspace");
        Files.setAttribute(workspace, "unix:mode", 0777);
        return house.interlock(
                "",
                "run",
                "--config=" + house.config(),
                "--agent=sam/bot",
                "--task=work",
                "--workspace=" + workspace,
                "--",
                "/bin/sh",
                "-c",
                script);
    }

    /** The programs of an agent in `run` find the database where they look for one. */
    @Test
    void anAgentInRunHasTheDatabaseUnderItsOwnName() throws Exception {
        assumeTrue(Programs.has("bwrap") && Programs.has("socat"), "needs bwrap and socat");
        assertThat(run("psql -XAt -c 'SELECT count(*) FROM orders'").expect(0).out())
                .contains("100");
        assertThat(
                        run("psql -XAt \"$DATABASE_URL\" -c 'SELECT 1' && psql -XAt \"$INTERLOCK_DATABASE_URL_SHOP\" -c 'SELECT 2'")
                                .expect(0)
                                .out())
                .contains("1\n2");
        Programs.ProgramResult held = run("psql -X -c 'DELETE FROM orders'");
        assertThat(held.err()).contains("ERROR:  confirmation required", "HINT:  interlock hold show H-");
        assertThat(database.value("shop", "SELECT count(*) FROM orders")).isEqualTo("100");
    }

    /** Neither the server nor the gateway's shared listener can be reached, and its lease holds at its place alone. */
    @Test
    void anAgentInRunHasNoOtherWayToTheDatabase() throws Exception {
        assumeTrue(Programs.has("bwrap") && Programs.has("socat"), "needs bwrap and socat");
        for (int elsewhere : List.of(relay.port(), port)) {
            assertThat(run("psql -X -c 'SELECT 1' \"port=" + elsewhere + "\"")
                            .expect(2)
                            .err())
                    .contains("Connection refused");
        }
        assertThat(run("psql -X -c 'SELECT 1' \"host=" + database.sockets() + "\"")
                        .expect(2)
                        .err())
                .contains("No such file or directory");
        String lease = run("printf '<%s>' \"$PGPASSWORD\"").expect(0).out().replaceAll("(?s).*<(.*)>.*", "$1");
        ProcessBuilder builder = new ProcessBuilder(
                "psql", "-X", "-c", "SELECT 1", "host=127.0.0.1 port=" + port + " user=agent dbname=shop");
        builder.environment().put("PGPASSWORD", lease);
        assertThat(Programs.run(builder, "").expect(2).err()).contains("FATAL:");
        assertThat(run("PGPASSWORD=" + house.lease() + " psql -X -c 'SELECT 1'").exit())
                .isZero();
    }

    @Test
    void aForeignPasswordOpensNothing() throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                "psql", "-X", "-c", "SELECT 1", "host=127.0.0.1 port=" + port + " user=postgres dbname=shop");
        builder.environment().put("PGPASSWORD", TestingPostgres.PASSWORD);
        assertThat(Programs.run(builder, "").expect(2).err()).contains("FATAL:");
    }

    @Test
    void everyStatementLeavesReceipts() throws Exception {
        psql("SELECT 1").expect(0);
        assertThat(house.admin()
                        .call("receipts", Json.object().with("limit", 4))
                        .canonicalText())
                .contains("pg/select", "postgres");
        assertThat(house.admin()
                        .call("receipts", Json.object().with("kind", "refused").with("limit", 99))
                        .canonicalText())
                .as("what the gateway asks itself at log-in")
                .doesNotContain("dry_run");
    }

    @Test
    void theListenerIsProbed() throws Exception {
        Programs.await(
                "probes of the listener",
                () -> house.admin()
                        .call("status", Json.object())
                        .object("fronts")
                        .text("postgres")
                        .contains("all 4 refused"));
        assertThat(house.admin().call("status", Json.object()).object("probed").text("shop"))
                .startsWith("all 5 refused");
    }
}
