package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.postgres.SocketRelay;
import dev.interlock.backup.postgres.TestingPostgres;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients get through the gateway what they get directly. */
@Timeout(300)
@Tag("process")
final class PostgresClientsTest {

    private static final String TABLES = """
            DROP SCHEMA public CASCADE; CREATE SCHEMA public;
            CREATE TABLE orders (id int PRIMARY KEY, note text);
            INSERT INTO orders SELECT i, 'note ' || i FROM generate_series(1, 20) i;
            CREATE TABLE items (id int PRIMARY KEY, o int REFERENCES orders ON DELETE CASCADE, price numeric(9, 2) DEFAULT 0 CHECK (price >= 0));
            CREATE INDEX ON items (o);
            CREATE VIEW dear AS SELECT * FROM items WHERE price > 100;
            CREATE SEQUENCE numbers;
            CREATE TYPE mood AS ENUM ('sad', 'ok');
            CREATE FUNCTION half(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i / 2';
            COMMENT ON TABLE orders IS 'what people bought';
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
        database = new TestingPostgres(own, List.of());
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
                      "pg:table/shop.back.*": {environments: [staging]}
                """.formatted(relay.port()))
                + "undo: {for: 7d, agent-for: 1h}\n";
        house = new ServiceGatewayInstallation(
                Files.createDirectory(root.resolve("house")),
                Map.of("interlock.yaml", yaml, "policy.cedar", ServiceGatewayInstallation.CONFIRMED),
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
        database.sql("shop", TABLES);
    }

    private static Programs.ProgramResult run(boolean isDirect, List<String> command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment()
                .putAll(Map.of(
                        "PGHOST",
                        "127.0.0.1",
                        "PGPORT",
                        Integer.toString(isDirect ? relay.port() : port),
                        "PGDATABASE",
                        "shop",
                        "PGUSER",
                        isDirect ? "postgres" : "agent",
                        "PGPASSWORD",
                        isDirect ? TestingPostgres.PASSWORD : house.lease(),
                        "PYTHONIOENCODING",
                        "utf-8",
                        "PSQL_PAGER",
                        ""));
        return Programs.run(builder, "");
    }

    /** Runs it at the server and at the gateway, each with the tables as they are at first. */
    private void isEqual(List<String> command) throws Exception {
        Programs.ProgramResult direct = run(true, command);
        assertThat(direct.err()).doesNotContainIgnoringCase("error");
        stock();
        Programs.ProgramResult through = run(false, command);
        assertThat(through.err()).isEqualTo(direct.err());
        assertThat(through.out()).isEqualTo(direct.out()).isNotEmpty();
        assertThat(through.exit()).isEqualTo(direct.exit()).isZero();
    }

    private static String script(String name) throws Exception {
        Path file = root.resolve(name);
        try (InputStream in = PostgresClientsTest.class.getResourceAsStream("postgres/" + name)) {
            Files.write(file, in.readAllBytes());
        }
        return file.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"psycopg2", "psycopg", "asyncpg"})
    void librariesOfPythonGetTheSame(String library) throws Exception {
        String python = "/usr/bin/python3"; // that for which Debian has packages
        assumeTrue(
                Files.isExecutable(Path.of(python))
                        && Programs.run(List.of(python, "-c", "import " + library), "")
                                        .exit()
                                == 0,
                "needs python3-" + library);
        // -P: the script has the library's name, and lies where Python would look first.
        isEqual(List.of(python, "-P", script(library + ".py")));
    }

    private static String modules(String library) {
        String cache = Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .orElse(System.getProperty("user.home") + "/.cache");
        Path modules =
                Path.of(Optional.ofNullable(System.getenv("INTERLOCK_PG")).orElse(cache + "/interlock-pg"));
        assumeTrue(
                Programs.has("node")
                        && Files.isDirectory(modules.resolve("node_modules").resolve(library)),
                "needs node, and pg and " + library + " in $INTERLOCK_PG");
        return modules.toString();
    }

    @Test
    void nodePostgresGetsTheSame() throws Exception {
        isEqual(List.of("node", script("pg.cjs"), modules("pg-cursor")));
    }

    /** Migrations and rows are everyday work; to roll all of them back, or to make the tables anew, is not. */
    @ParameterizedTest
    @CsvSource({"knex, books", "sequelize, \"Posts\""})
    void aMapperOfObjectsWorksAndDestroysNothing(String library, String table) throws Exception {
        List<String> command = List.of("node", script(library + ".cjs"), modules(library));
        isEqual(command);
        String before = database.value("shop", "SELECT count(*) FROM " + table);
        List<String> destroying = new ArrayList<>(command);
        destroying.add("destroy");
        assertThat(run(false, destroying).expect(1).err()).contains("confirmation required");
        assertThat(database.value("shop", "SELECT count(*) FROM " + table)).isEqualTo(before);
    }

    /** What people and agents look at first. */
    @Test
    void psqlDescribesTheSame() throws Exception {
        List<String> command = new ArrayList<>(List.of("psql", "-X", "-v", "ON_ERROR_STOP=1"));
        for (String each : List.of(
                "\\d",
                "\\d orders",
                "\\d+ orders",
                "\\d+ items",
                "\\d dear",
                "\\d+ dear",
                "\\dt+ orders",
                "\\di",
                "\\dv",
                "\\dm",
                "\\ds",
                "\\d numbers",
                "\\df",
                "\\df+ half",
                "\\sf half",
                "\\sv dear",
                "\\dT+ mood",
                "\\dn+",
                "\\dp",
                "\\ddp",
                "\\du",
                "\\drds",
                "\\l",
                "\\dx",
                "\\dC",
                "\\do",
                "\\da",
                "\\dD",
                "\\dO",
                "\\dF",
                "\\dd",
                "\\dg",
                "\\dP",
                "\\dRp",
                "\\dX",
                "\\dy",
                "\\dA",
                "\\dc",
                "\\dL",
                "\\des",
                "\\det",
                "\\conninfo",
                "\\encoding",
                "\\gdesc",
                "\\z orders",
                "\\dconfig work_mem")) {
            if (!each.equals("\\conninfo") && !each.equals("\\gdesc")) {
                command.addAll(List.of("-c", each));
            }
        }
        isEqual(command);
    }

    @Test
    void aDumpGoesThroughAndComesBack() throws Exception {
        database.sql("shop", "INSERT INTO items SELECT i, i, i * 10 FROM generate_series(1, 20) i");
        // A superuser's dump reads the passwords of subscriptions; any other role's leaves them out by itself.
        List<String> dump = List.of("pg_dump", "--no-owner", "--no-acl", "--no-subscriptions", "-Fp");
        assertThat(withoutKey(run(false, dump))).isEqualTo(withoutKey(run(true, dump)));

        Path archive = root.resolve("archive");
        run(
                        false,
                        List.of(
                                "pg_dump",
                                "--no-subscriptions",
                                "-Fc",
                                "-f",
                                archive.toString(),
                                "-t",
                                "orders",
                                "-t",
                                "items"))
                .expect(0);
        database.sql("shop", "DROP TABLE items CASCADE; DROP TABLE orders CASCADE");
        run(
                        true,
                        List.of(
                                "pg_restore",
                                "--no-owner",
                                "--no-acl",
                                "--no-comments",
                                "-e",
                                "-d",
                                "shop",
                                archive.toString()))
                .expect(0);
        assertThat(database.value("shop", "SELECT count(*) FROM items JOIN orders ON o = orders.id"))
                .isEqualTo("20");
    }

    /** Each dump has a random key against what its data could say to psql. */
    private static String withoutKey(Programs.ProgramResult dumped) {
        return dumped.expect(0).out().replaceAll("(?m)^\\\\(un)?restrict .*$", "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended", "prepared"})
    void pgbenchSelectsTheSame(String mode) throws Exception {
        assumeTrue(Programs.has("pgbench"), "needs pgbench");
        run(true, List.of("pgbench", "-i", "-q", "-s", "1")).expect(0);
        Programs.ProgramResult through =
                run(false, List.of("pgbench", "-S", "-n", "-c", "8", "-j", "2", "-t", "50", "-M", mode));
        assertThat(through.expect(0).out())
                .contains("number of transactions actually processed: 400/400", "number of failed transactions: 0");
    }
}
