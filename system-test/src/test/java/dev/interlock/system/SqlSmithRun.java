package dev.interlock.system;

import dev.interlock.backup.postgres.TestingPostgres;
import dev.interlock.evidence.Json;
import dev.interlock.system.bench.BenchRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code bench/sqlsmith [MINUTES] [SEED]}: random statements by SQLsmith through a gateway, round by round. In each,
 * SQLsmith itself uses a lease that may only read, and one that may write, and rolls back what it does; then statements
 * of its making run by themselves and stay. What has changed is read from the server's log of changes, which neither
 * the gateway nor its counts take part in: it is to be exactly what the receipts say.
 */
public final class SqlSmithRun {

    private static final String HOST = "127.0.0.3";
    private static final int OWN = 250;
    private static final int ALONE = 250;

    /** What the caches of a warm gateway may still take. */
    private static final long MORE_BYTES = 24L << 20;

    private static final String UPSTREAM = """
              shop:
                catalog: pg
                address: "postgres://%s:5432/shop"
                credentials:
                  shop-db: {environments: [staging], impacts: [read, write, destroy], header: password}
                resources:
                  "pg:database/shop": {environments: [staging]}
                  "pg:table/shop.public.*": {environments: [staging]}
            """.formatted(HOST);

    private static final String MORE = """
              look: {environments: [staging], impacts: [read], ttl: 1h}
            undo: {for: 7d, agent-for: 1h}
            """;

    private static final String FEW = Stream.of("insert", "update", "delete", "merge")
            .map(kind -> """
                    @id("few-%1$s")
                    forbid (principal, action == Operation::Action::"pg/%1$s", resource)
                    unless { context.counts has rows && context.counts.rows <= 50 };
                    """.formatted(kind))
            .reduce("", String::concat);

    private static final String STOCK = """
            DROP SCHEMA public CASCADE; CREATE SCHEMA public;
            CREATE TYPE state AS ENUM ('new', 'paid', 'sent');
            CREATE DOMAIN amount AS numeric CHECK (VALUE >= 0);
            CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL DEFAULT 'nobody', mail varchar(40) UNIQUE);
            CREATE TABLE orders (id serial PRIMARY KEY, customer int REFERENCES customers ON DELETE CASCADE,
                state state DEFAULT 'new', total amount, made timestamptz DEFAULT now(), more jsonb);
            CREATE TABLE items (id serial PRIMARY KEY, o int REFERENCES orders ON DELETE CASCADE ON UPDATE CASCADE,
                n int DEFAULT 1, price numeric(10, 2), cost numeric GENERATED ALWAYS AS (n * price) STORED, tags text[]);
            CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, o int REFERENCES orders ON DELETE SET NULL,
                text text, span int4range);
            CREATE TABLE trail (id serial PRIMARY KEY, what text, at timestamptz DEFAULT now());
            CREATE TABLE parts (id int, kind int, primary key (id, kind)) PARTITION BY RANGE (kind);
            CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (MINVALUE) TO (5);
            CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (5) TO (MAXVALUE);
            CREATE TABLE heap (a int, b text, c bool, d date);
            CREATE VIEW paid AS SELECT id, customer, total FROM orders WHERE state = 'paid';
            CREATE MATERIALIZED VIEW totals AS SELECT customer, sum(total) AS total FROM orders GROUP BY customer;
            CREATE FUNCTION trails() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN INSERT INTO trail (what) VALUES (TG_OP || ' ' || TG_TABLE_NAME); RETURN NULL; END $$;
            CREATE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON orders FOR EACH ROW EXECUTE FUNCTION trails();
            CREATE FUNCTION forget(int) RETURNS int LANGUAGE sql AS $$ DELETE FROM items WHERE id = $1 RETURNING id $$;
            CREATE FUNCTION noted(text) RETURNS int LANGUAGE plpgsql AS
                $$ BEGIN INSERT INTO notes (text) VALUES ($1); RETURN 1; END $$;
            CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT $1 * 2 $$;
            INSERT INTO customers (name, mail) SELECT 'c' || i, 'm' || i FROM generate_series(1, 12) i;
            INSERT INTO orders (customer, state, total, more)
                SELECT i % 12 + 1, (ARRAY['new', 'paid', 'sent'])[i % 3 + 1]::state, i, '{"a": 1}' FROM generate_series(1, 24) i;
            INSERT INTO items (o, n, price, tags) SELECT i % 24 + 1, i, i, ARRAY['t' || i] FROM generate_series(1, 36) i;
            INSERT INTO notes (o, text, span) SELECT i, 'n' || i, int4range(i, i + 3) FROM generate_series(1, 12) i;
            INSERT INTO parts SELECT i, i FROM generate_series(1, 10) i;
            INSERT INTO heap SELECT i, 'h' || i, i % 2 = 0, '2026-01-01' FROM generate_series(1, 10) i;
            REFRESH MATERIALIZED VIEW totals;
            """;

    private static final Pattern CHANGE =
            Pattern.compile("table (\\S+): (INSERT|UPDATE|DELETE|TRUNCATE):?.*", Pattern.DOTALL);
    private static final Pattern FACT = Pattern.compile("\\{[^{}]*\"name\":\"rows\\.([a-z]+)\"[^{}]*\\}");
    private static final Pattern VALUE = Pattern.compile("\"value\":\"([^\"]*)\"");
    private static final Pattern ROWS = Pattern.compile("([0-9]+) ([^ ,]+)");

    private final Map<String, Integer> ends = new TreeMap<>();
    private final List<String> findings = new ArrayList<>();
    private final Path directory;
    private ServiceGatewayInstallation house;
    private int port;
    private Connection owner;

    private SqlSmithRun(Path directory) {
        this.directory = directory;
    }

    /** Exit code 0 if nothing was found. */
    public static void main(String[] arguments) throws Exception {
        Duration time = Duration.ofMinutes(arguments.length > 0 ? Integer.parseInt(arguments[0]) : 60);
        long seed = arguments.length > 1
                ? Long.parseLong(arguments[1])
                : Instant.now().getEpochSecond();
        Path directory = BenchRun.place();
        SqlSmithRun run = new SqlSmithRun(directory);
        try {
            run.all(Instant.now().plus(time), seed);
        } finally {
            BenchRun.remove(directory);
        }
        run.findings.forEach(System.out::println);
        System.out.println(run.findings.size() + " findings; statements by themselves ended so: " + run.ends);
        System.exit(run.findings.isEmpty() ? 0 : 1);
    }

    private void all(Instant end, long seed) throws Exception {
        port = Programs.freePort();
        Path own = Files.createDirectory(directory.resolve("database"));
        List<String> settings = List.of(
                "listen_addresses=" + HOST,
                "wal_level=logical",
                "max_replication_slots=2",
                "max_locks_per_transaction=64");
        try (TestingPostgres _ = new TestingPostgres(own, settings);
                ServiceGatewayInstallation gateway = new ServiceGatewayInstallation(
                        Files.createDirectory(directory.resolve("house")),
                        Map.of(
                                "interlock.yaml",
                                ServiceGatewayInstallation.organisation(UPSTREAM) + MORE,
                                "policy.cedar",
                                ServiceGatewayInstallation.CONFIRMED + FEW),
                        Map.of("shop-db", "postgres:" + TestingPostgres.PASSWORD),
                        "postgres: 127.0.0.1:" + port)) {
            house = gateway;
            house.seal().expect(0);
            house.up(List.of("-Xmx256m", "-XX:+UseSerialGC"));
            owner = DriverManager.getConnection(
                    "jdbc:postgresql://" + HOST + ":5432/shop?sslmode=disable", "postgres", TestingPostgres.PASSWORD);
            run("SELECT pg_create_logical_replication_slot('smith', 'test_decoding')");
            List<Long> live = new ArrayList<>();
            for (long round = seed; Instant.now().isBefore(end); round++) {
                round(round);
                live.add(PostgresBench.live(house.process().pid()));
                System.out.printf("seed %d: %d KB live, %s%n", round, live.getLast() >> 10, ends);
            }
            if (live.size() > 4 && live.getLast() - live.get(2) > MORE_BYTES) {
                findings.add("the gateway's memory grows: " + live);
            }
            if (!house.process().isAlive()
                    || !house.admin().call("status", Json.object()).flag("enforcing")) {
                findings.add("the gateway does not serve any more");
            }
            house.log()
                    .lines()
                    .filter(line -> line.matches(".*(internal failure|Exception|\\bat dev\\.interlock).*"))
                    .limit(200)
                    .forEach(findings::add);
            if (!ends.containsKey("changed as its receipt says")) {
                findings.add("no statement changed anything");
            }
        }
    }

    private void round(long seed) throws Exception {
        run(STOCK);
        changes();
        smith(seed, lease("look"));
        smith(seed, lease("work"));
        String texts = Programs.run(
                        List.of(
                                "sqlsmith",
                                "--target=host=" + HOST + " user=postgres dbname=shop password='"
                                        + TestingPostgres.PASSWORD.replace("\\", "\\\\") + "'",
                                "--seed=" + seed,
                                "--dry-run",
                                "--exclude-catalog",
                                "--max-queries=" + ALONE),
                        "")
                .expect(0)
                .out();
        List<String> all = Arrays.stream(texts.split(";\\n")).map(String::strip).toList();
        for (String mode : List.of("simple", "extended")) {
            alone(
                    all.subList(
                            mode.equals("simple") ? 0 : all.size() / 2,
                            mode.equals("simple") ? all.size() / 2 : all.size()),
                    mode,
                    seed);
        }
    }

    private String lease(String task) throws Exception {
        return house.admin()
                .call("lease.issue", Json.object().with("agent", "sam/bot").with("task", task))
                .text("token");
    }

    private void smith(long seed, String lease) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                "sqlsmith",
                "--target=host=127.0.0.1 port=" + port + " user=agent dbname=shop",
                "--seed=" + seed,
                "--verbose",
                "--max-queries=" + OWN);
        builder.environment().put("PGPASSWORD", lease);
        Programs.ProgramResult result = Programs.run(builder, "");
        if (result.exit() != 0 || result.err().lines().anyMatch(line -> line.matches("[.eSt]*C[.eStC]*"))) {
            findings.add("seed " + seed + ": SQLsmith ends with " + result.exit() + ", or lost its connection: "
                    + result.err());
        }
        Map<String, Long> changed = changes();
        if (!changed.isEmpty()) {
            findings.add("seed " + seed + ": SQLsmith rolls back, and there was changed " + changed);
        }
    }

    private Connection agent(String mode) throws Exception {
        Connection connection = DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + port + "/shop?sslmode=disable&prepareThreshold=1&preferQueryMode="
                        + mode,
                "agent",
                lease("work"));
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET statement_timeout = '2s'");
        }
        return connection;
    }

    private void alone(List<String> texts, String mode, long seed) throws Exception {
        Connection connection = agent(mode);
        Set<String> seen = new HashSet<>();
        said(seen);
        for (String text : texts) {
            String end;
            try (Statement statement = connection.createStatement()) {
                statement.setEscapeProcessing(false);
                statement.execute(text);
                end = "";
            } catch (SQLException e) {
                end = String.valueOf(e.getSQLState());
            }
            Map<String, Long> changed = changes();
            Map<String, Long> said = said(seen);
            String result =
                    !end.isEmpty() ? end : changed.isEmpty() ? "changed nothing" : "changed as its receipt says";
            ends.merge(result, 1, Integer::sum);
            if (!changed.equals(said) || (!end.isEmpty() && !changed.isEmpty()) || end.startsWith("08")) {
                findings.add("seed " + seed + ", " + mode + ", ended `" + end + "`: changed " + changed
                        + ", and the receipts say " + said + ", by " + text);
            }
            if (end.startsWith("08")) {
                connection = agent(mode);
            }
        }
        connection.close();
    }

    private void run(String text) throws SQLException {
        try (Statement statement = owner.createStatement()) {
            statement.execute(text);
        }
    }

    /** Returns the rows that were changed and committed since the last call, by kind and table. */
    private Map<String, Long> changes() throws SQLException {
        Map<String, Long> changes = new TreeMap<>();
        try (Statement statement = owner.createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT data FROM pg_logical_slot_get_changes('smith', NULL, NULL)")) {
            while (rows.next()) {
                Matcher change = CHANGE.matcher(rows.getString(1));
                if (change.matches()) {
                    changes.merge(
                            change.group(2).toLowerCase(Locale.ROOT) + " "
                                    + change.group(1).replaceFirst("^public\\.", ""),
                            1L,
                            Long::sum);
                }
            }
        }
        return changes;
    }

    /** Returns what receipts of calls say that are not among {@code seen} yet, in the same form. */
    private Map<String, Long> said(Set<String> seen) throws Exception {
        Map<String, Long> said = new TreeMap<>();
        Set<String> undone = new HashSet<>();
        List<Json.Members> fresh = new ArrayList<>();
        for (Json.Members receipt :
                house.admin().call("receipts", Json.object().with("limit", 20)).objects("receipts")) {
            if (seen.add(receipt.text("id"))) {
                fresh.add(receipt);
            }
        }
        for (Json.Members receipt : fresh) {
            String text = receipt.canonicalText();
            if (text.contains("\"kind\":\"outcome\"") && !text.contains("\"result\":\"done\"")) {
                undone.add(text.replaceFirst("(?s).*\"intent\":\"([^\"]+)\".*", "$1"));
            }
        }
        for (Json.Members receipt : fresh) {
            String text = receipt.canonicalText();
            if (!text.contains("\"kind\":\"intent\"") || undone.contains(receipt.text("id"))) {
                continue;
            }
            Matcher facts = FACT.matcher(text);
            while (facts.find()) {
                Matcher value = VALUE.matcher(facts.group());
                if (value.find()) {
                    Matcher rows = ROWS.matcher(value.group(1));
                    while (rows.find()) {
                        said.merge(facts.group(1) + " " + rows.group(2), Long.parseLong(rows.group(1)), Long::sum);
                    }
                }
            }
        }
        return said;
    }
}
