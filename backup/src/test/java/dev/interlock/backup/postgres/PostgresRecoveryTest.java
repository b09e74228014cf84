package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.kept.DatabaseContents;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.ScratchDirectory;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.RestoreDestination;
import dev.interlock.backup.source.RestoreResult;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests recovery to a real server: all data is restored, or nothing changes. */
@Tag("process")
class PostgresRecoveryTest {

    private static final String SHOP = """
            DROP SCHEMA IF EXISTS shop CASCADE;
            CREATE SCHEMA shop;
            CREATE TABLE shop.orders (id bigint PRIMARY KEY, what text NOT NULL);
            INSERT INTO shop.orders SELECT i, 'thing ' || i FROM generate_series(1, 5000) i;
            CREATE INDEX orders_what ON shop.orders (lower(what));
            """;

    @TempDir
    private static Path directory;

    private static TestingPostgres postgres;

    private BackupFixture shelf;
    private Path passwordFile;

    @BeforeAll
    static void start() throws Exception {
        postgres = new TestingPostgres(directory);
    }

    @AfterAll
    static void stop() {
        if (postgres != null) {
            postgres.close();
        }
    }

    @BeforeEach
    void prepare(@TempDir Path own) throws IOException {
        shelf = new BackupFixture(own);
        passwordFile = TestingPostgres.passwordFile(own);
        postgres.sql("shop", SHOP);
        postgres.sql("postgres", "DROP DATABASE IF EXISTS \"new shop\"");
        postgres.sql("postgres", "CREATE DATABASE \"new shop\"");
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    private BackupPlanConfig plan(DumpFormat format) {
        return shelf.plan(new BackupSource.Postgres(postgres.source("shop", passwordFile), format, 1));
    }

    private RestoreResult recover(BackupPlanConfig plan, String id, boolean makeRoles, Progress progress)
            throws IOException {
        RestoreDestination into = new RestoreDestination.Database(postgres.source("new shop", passwordFile), makeRoles);
        return shelf.recover(plan, id, into, progress);
    }

    private RestoreResult recover(BackupPlanConfig plan, String id) throws IOException {
        return recover(plan, id, false, (_, _) -> {});
    }

    private String value(String database, String sql) throws IOException {
        try (ChildProcesses own = new ChildProcesses();
                ScratchDirectory work = ScratchDirectory.make(shelf.scratch, new SecureRandom());
                PostgresConnection way = PostgresConnection.to(postgres.source(database, passwordFile), work.path());
                SqlSession session = SqlSession.open(
                        own,
                        way.anyPrograms(),
                        List.of(way.anyPrograms().resolve("psql").toString()),
                        way.environment())) {
            return session.value(sql);
        }
    }

    private String databases() throws IOException {
        return value(
                "postgres",
                "SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database WHERE NOT datistemplate");
    }

    private void staysEmpty() throws IOException {
        assertThat(value("new shop", "SELECT count(*) FROM pg_namespace WHERE nspname = 'shop'"))
                .isEqualTo("0");
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void everythingComesBackUnderTheNameThatWasGiven(DumpFormat format) throws IOException {
        BackupPlanConfig plan = plan(format);
        RestoreResult done = recover(plan, shelf.take(plan));
        assertThat(done.wrong()).isEmpty();
        assertThat(done.amount()).isEqualTo(new Amount.Rows(1, 5000));
        assertThat(value("new shop", "SELECT max(what) FROM shop.orders WHERE id <= 9"))
                .isEqualTo("thing 9");
        assertThat(databases()).isEqualTo("new shop,postgres,shop");
    }

    /** This one has room for the locks of some 1,000; one as it is installed, of 7,000. */
    @Test
    void moreThanAServerCanLockAtOnceComesBack() throws IOException {
        postgres.sql("postgres", "DROP DATABASE IF EXISTS many");
        postgres.sql("postgres", "CREATE DATABASE many");
        postgres.sql(
                "many", "CREATE TABLE one AS SELECT 1 AS n; SELECT count(lo_create(0)) FROM generate_series(1, 2000)");
        BackupPlanConfig plan =
                shelf.plan(new BackupSource.Postgres(postgres.source("many", passwordFile), DumpFormat.CUSTOM, 1));
        assertThat(recover(plan, shelf.take(plan)).wrong()).isEmpty();
        assertThat(value("new shop", "SELECT count(*) FROM pg_largeobject_metadata"))
                .isEqualTo("2000");
        postgres.sql("postgres", "DROP DATABASE many");
    }

    /** All sessions share the lock table: the count's locks are released, though its transaction goes on. */
    @Test
    void whatIsCountedDoesNotStayLocked() throws IOException {
        postgres.sql(
                "shop",
                "DO $$BEGIN FOR i IN 1..60 LOOP EXECUTE format('CREATE TABLE shop.t%s (id int PRIMARY KEY)', i); END LOOP; END$$");
        try (ChildProcesses own = new ChildProcesses();
                ScratchDirectory work = ScratchDirectory.make(shelf.scratch, new SecureRandom());
                PostgresConnection way = PostgresConnection.to(postgres.source("shop", passwordFile), work.path());
                SqlSession session = SqlSession.open(
                        own,
                        way.anyPrograms(),
                        List.of(way.anyPrograms().resolve("psql").toString()),
                        way.environment())) {
            session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
            assertThat(ContentCounter.tables(session, ContentCounter.RowColumns.STORED, (_, _) -> {}))
                    .hasSize(61);
            assertThat(Integer.parseInt(session.value("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()"
                            + " AND relation::regclass::text LIKE 'shop.%'")))
                    .isZero();
        }
    }

    @Test
    void aSchemaThatIsTheSameInOtherWordsComesBack() throws IOException {
        postgres.sql("shop", "CREATE TABLE shop.states (v varchar CHECK (v IN ('new', 'paid')))");
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        assertThat(recover(plan, shelf.take(plan)).wrong()).isEmpty();
        assertThat(databases()).isEqualTo("new shop,postgres,shop");
    }

    private static final String OTHER_WORDS = "CREATE TABLE shop.states (v varchar CHECK (v IN ('new', 'paid')));";

    private SqlSession open(ChildProcesses children, PostgresConnection way, String database) throws IOException {
        return SqlSession.open(
                children,
                way.anyPrograms(),
                List.of(way.anyPrograms().resolve("psql").toString(), "--dbname=" + database),
                way.environment());
    }

    /** A connection pool reconnects as soon as its database exists; a monitor connects to any new one. */
    @Test
    void whoeverIsConnectedKeepsNothingFromComingBack() throws IOException {
        postgres.sql("shop", OTHER_WORDS);
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        List<SqlSession> pool = new ArrayList<>();
        List<SqlSession> watching = new ArrayList<>();
        try (ChildProcesses own = new ChildProcesses();
                ScratchDirectory work = ScratchDirectory.make(shelf.scratch, new SecureRandom());
                PostgresConnection way =
                        PostgresConnection.to(postgres.source("postgres", passwordFile), work.path())) {
            RestoreResult done = recover(plan, id, false, (doing, _) -> {
                try {
                    if (doing.startsWith("counting") && pool.isEmpty()) {
                        pool.add(open(own, way, "new shop"));
                        watching.add(open(
                                own,
                                way,
                                value(
                                        "postgres",
                                        "SELECT datname FROM pg_database" + " WHERE datname LIKE 'interlock%words'")));
                    } else if (doing.equals("naming")) {
                        pool.forEach(SqlSession::close);
                    }
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(pool).hasSize(1);
            assertThat(done.wrong()).isEmpty();
            assertThat(done.notes().beside()).singleElement().asString().endsWith("_words");
            assertThat(value("new shop", "SELECT count(*) FROM shop.orders")).isEqualTo("5000");
            watching.forEach(SqlSession::close);
        }
        prepareAnew();
        assertThat(recover(plan, id).notes().beside()).isEmpty();
        assertThat(databases()).isEqualTo("new shop,postgres,shop");
    }

    /** A network drops connections that were idle for an hour. */
    @Test
    void whoWasIdleWhileAllWasRestoredIsNotNeeded() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        assertThat(recover(plan, id, false, (doing, _) -> {
                            if (doing.equals("naming")) {
                                meanwhile("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                        + " WHERE datname = 'postgres' AND pid <> pg_backend_pid()");
                            }
                        })
                        .wrong())
                .isEmpty();
        assertThat(databases()).isEqualTo("new shop,postgres,shop");
    }

    private static void meanwhile(String sql) {
        try {
            postgres.sql("postgres", sql);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A database with a subscription cannot be dropped. */
    @Test
    void whatHasASubscriptionComesBackAndIsDropped() throws IOException {
        postgres.sql("shop", OTHER_WORDS + """
                CREATE SUBSCRIPTION "Of others" CONNECTION 'dbname=elsewhere' PUBLICATION p WITH (connect = false, slot_name = 'others');
                """);
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        postgres.sql("shop", "ALTER SUBSCRIPTION \"Of others\" SET (slot_name = NONE)");
        postgres.sql("shop", "DROP SUBSCRIPTION \"Of others\"");
        assertThatThrownBy(() -> recover(plan, id, false, (doing, _) -> {
                    if (doing.startsWith("counting")) {
                        shelf.interrupt();
                    }
                }))
                .isInstanceOf(BackupException.class);
        RestoreResult done = recover(plan, id);
        assertThat(done.wrong()).isEmpty();
        assertThat(done.notes().beside()).isEmpty();
        assertThat(value("new shop", "SELECT subname FROM pg_subscription")).isEqualTo("Of others");
        postgres.sql("new shop", "ALTER SUBSCRIPTION \"Of others\" SET (slot_name = NONE)");
        postgres.sql("new shop", "DROP SUBSCRIPTION \"Of others\"");
    }

    /** Returns the installed programs with a {@code psql} that does not know {@code \\restrict}, like older ones. */
    private static Path olderPrograms() throws IOException {
        Path older = Files.createDirectories(directory.resolve("older").resolve("bin"));
        for (Path path : List.of(older, older.resolveSibling(""))) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        for (String name : List.of("psql", "pg_dump", "pg_restore")) {
            String real = TestingPostgres.installed().resolve(name).toString();
            Path program = Files.writeString(older.resolve(name), """
                    #!/bin/sh
                    [ "$1" != --help=commands ] || exec echo none
                    exec %s "$@"
                    """.formatted(real));
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return older;
    }

    private BackupPlanConfig olderPlan() throws IOException {
        BackupSource.Database shop = postgres.source("shop", passwordFile);
        return shelf.plan(new BackupSource.Postgres(
                new BackupSource.Database(
                        shop.name(),
                        shop.host(),
                        shop.port(),
                        shop.user(),
                        shop.passwordFile(),
                        shop.pgpass(),
                        shop.service(),
                        shop.serviceFile(),
                        Optional.of(olderPrograms())),
                DumpFormat.CUSTOM,
                1));
    }

    /** A person who has lost a database has to use the programs that are there. */
    @Test
    void anOlderPsqlKeepsNothingFromComingBack() throws IOException {
        BackupPlanConfig plan = olderPlan();
        assertThat(recover(plan, shelf.take(plan)).wrong()).isEmpty();
        assertThat(databases()).isEqualTo("new shop,postgres,shop");
    }

    /** Nobody can know then whether the schema is unaltered: the restored data is there for people to inspect. */
    @Test
    void whatAnOlderPsqlWouldHaveToExecuteIsNotExecuted() throws IOException {
        postgres.sql("shop", OTHER_WORDS);
        BackupPlanConfig plan = olderPlan();
        RestoreResult done = recover(plan, shelf.take(plan));
        assertThat(done.wrong())
                .satisfiesExactly(
                        first -> assertThat(first).isEqualTo("the schema differs"),
                        second -> assertThat(second).contains("`\\restrict`", "latest minor release"));
        String copy = done.left().orElseThrow();
        assertThat(value(copy, "SELECT count(*) FROM shop.orders")).isEqualTo("5000");
        assertThat(databases()).isEqualTo(copy + ",new shop,postgres,shop");
        staysEmpty();
        assertThat(recover(plan(DumpFormat.CUSTOM), done.id()).wrong())
                .as("with a newer one")
                .isEmpty();
        assertThat(databases()).isEqualTo("new shop,postgres,shop");
    }

    /** Anybody may have written the source's schema text, and this process has the password of another server. */
    @Test
    void whatTheSourceSaidOfItselfRunsNoProgram() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        byte[] said = (new String(shelf.plain(plan, id, Archive.WORDS), StandardCharsets.UTF_8) + "\\! "
                        + TestingPostgres.installed().resolve("psql") + " -X -d postgres -c 'CREATE ROLE stolen'\n")
                .getBytes(StandardCharsets.UTF_8);
        shelf.forge(plan, id, Archive.WORDS, said);
        shelf.rewrite(plan, id, was -> {
            PostgresDump dump = (PostgresDump) was.holding();
            DatabaseContents contents = new DatabaseContents(
                    Bytes.of(said).sha256(),
                    dump.contents().tables(),
                    dump.contents().largeObjects());
            return BackupFixture.with(
                    was,
                    was.files(),
                    new PostgresDump(
                            dump.major(),
                            dump.encoding(),
                            dump.locale(),
                            dump.format(),
                            dump.roles(),
                            contents,
                            dump.sequences(),
                            dump.beside(),
                            dump.extensions()));
        });
        assertThat(recover(plan, id).wrong()).containsExactly("the schema differs");
        assertThat(value("postgres", "SELECT count(*) FROM pg_roles WHERE rolname = 'stolen'"))
                .isEqualTo("0");
    }

    @Test
    void nothingIsOverwritten() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        for (String there : List.of(
                "CREATE TABLE one (id int)",
                "CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2'",
                "CREATE TYPE three AS ENUM ('a')",
                "CREATE SCHEMA four",
                "SELECT lo_create(0)")) {
            prepareAnew();
            postgres.sql("new shop", there);
            assertThatThrownBy(() -> recover(plan, id))
                    .as(there)
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("is not empty");
            assertThat(databases()).isEqualTo("new shop,postgres,shop");
        }
    }

    private static void prepareAnew() throws IOException {
        postgres.sql("postgres", "DROP DATABASE \"new shop\"");
        postgres.sql("postgres", "CREATE DATABASE \"new shop\"");
    }

    @Test
    void oneThatDoesNotRestoreLeavesTheDatabaseEmpty() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        Path dump = shelf.file(plan, id, Archive.WHOLE);
        byte[] bytes = Files.readAllBytes(dump);
        bytes[bytes.length / 2] ^= 1;
        Files.write(dump, bytes);
        assertThatThrownBy(() -> recover(plan, id)).isInstanceOf(BackupException.class);
        staysEmpty();
        assertThat(databases()).isEqualTo("new shop,postgres,shop");

        try (FileChannel file = FileChannel.open(dump, StandardOpenOption.WRITE)) {
            file.truncate(bytes.length - 1);
        }
        assertThatThrownBy(() -> recover(plan, id)).hasMessageContaining("bytes, and had");
        staysEmpty();
    }

    /** After any interruption the database is as empty as before, and a repetition works. */
    @Test
    void oneThatWasInterruptedIsDoneAgain() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        for (String moment : List.of("restoring", "counting", "naming")) {
            assertThatThrownBy(() -> recover(plan, id, false, (doing, _) -> {
                        if (doing.startsWith(moment)) {
                            shelf.interrupt();
                        }
                    }))
                    .as(moment)
                    .isInstanceOf(BackupException.class);
            staysEmpty();
        }
        assertThat(recover(plan, id).wrong()).isEmpty();
        assertThat(databases()).isEqualTo("new shop,postgres,shop");
    }

    /** A server leaves it so after an interrupted DROP: nobody can connect to it, only drop it. */
    @Test
    void aCopyThatWasHalfDroppedIsDropped() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        assertThatThrownBy(() -> recover(plan, id, false, (doing, _) -> {
                    if (doing.startsWith("counting")) {
                        shelf.interrupt();
                    }
                }))
                .isInstanceOf(BackupException.class);
        postgres.sql(
                "postgres", "UPDATE pg_database SET datconnlimit = -2 WHERE datname LIKE 'interlock\\_restoring\\_%'");
        assertThat(value("postgres", "SELECT count(*) > 0 FROM pg_database WHERE datconnlimit = -2"))
                .isEqualTo("t");
        assertThat(recover(plan, id).wrong()).isEmpty();
        assertThat(databases()).isEqualTo("new shop,postgres,shop");
    }

    @Test
    void whatIsNotOursIsNotDropped() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        assertThatThrownBy(() -> recover(plan, id, false, (doing, _) -> {
                    if (doing.startsWith("counting")) {
                        shelf.interrupt();
                    }
                }))
                .isInstanceOf(BackupException.class);
        String left = value(
                "postgres",
                "SELECT datname FROM pg_database WHERE datname LIKE 'interlock%' AND datname NOT LIKE '%words'");
        postgres.sql("postgres", "COMMENT ON DATABASE " + left + " IS 'mine'");
        assertThatThrownBy(() -> recover(plan, id)).hasMessageContaining("not marked as created by Interlock");
        staysEmpty();
        postgres.sql("postgres", "DROP DATABASE " + left);
    }

    @Test
    void rolesAreMadeOnlyIfThatIsSaid() throws IOException {
        postgres.sql("postgres", "CREATE ROLE clerk");
        postgres.sql("shop", "ALTER TABLE shop.orders OWNER TO clerk");
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        postgres.sql("shop", SHOP);
        postgres.sql("postgres", "DROP ROLE clerk");
        assertThatThrownBy(() -> recover(plan, id))
                .hasMessageContaining("`clerk`")
                .hasMessageContaining("--make-roles");
        staysEmpty();
        RestoreResult done = recover(plan, id, true, (_, _) -> {});
        assertThat(done.wrong()).isEmpty();
        assertThat(done.notes().roles()).containsExactly("clerk");
        assertThat(value("postgres", "SELECT rolcanlogin OR rolsuper FROM pg_roles WHERE rolname = 'clerk'"))
                .isEqualTo("f");
        postgres.sql("postgres", "DROP DATABASE \"new shop\"");
        postgres.sql("postgres", "DROP ROLE clerk");
    }
}
