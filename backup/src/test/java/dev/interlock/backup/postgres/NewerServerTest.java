package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.kept.DatabaseContents;
import dev.interlock.backup.kept.DatabaseLocale;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.kept.Sequences;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.backup.run.RestoreSandbox;
import dev.interlock.backup.run.ScratchDirectory;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Tests a server whose version has no programs on this machine. The error names the missing programs, and the setting
 * for their path. No backup is taken with programs of another version.
 */
@Tag("process")
class NewerServerTest {

    private static final int MAJOR = NewerPrograms.MAJOR;

    @TempDir
    private static Path directory;

    private static Path server;
    private static Path withPsql;
    private static Path scratch;
    private static TestingPostgres postgres;

    private Path passwordFile;

    @BeforeAll
    static void start() throws Exception {
        server = NewerPrograms.unpacked();
        withPsql = NewerPrograms.withPsql(server);
        scratch = Files.createTempDirectory("il"); // where other users can pass through
        Files.setPosixFilePermissions(scratch, PosixFilePermissions.fromString("rwx--x--x"));
        postgres = new TestingPostgres(directory, server);
        postgres.sql("shop", "CREATE TABLE orders AS SELECT i FROM generate_series(1, 10) i");
    }

    @AfterAll
    static void stop() throws IOException {
        if (postgres != null) {
            postgres.close();
            OwnerFiles.removeTree(scratch);
        }
    }

    @BeforeEach
    void prepare(@TempDir Path own) throws IOException {
        passwordFile = TestingPostgres.passwordFile(own);
    }

    private void isRefused(Path own, Optional<Path> programs, String... words) throws Exception {
        BackupSource.Database source = postgres.source("shop", passwordFile);
        BackupSource.Database with = new BackupSource.Database(
                source.name(),
                source.host(),
                source.port(),
                source.user(),
                source.passwordFile(),
                source.pgpass(),
                source.service(),
                source.serviceFile(),
                programs);
        try (BackupFixture shelf = new BackupFixture(own)) {
            BackupPlanConfig plan = shelf.plan(new BackupSource.Postgres(with, DumpFormat.CUSTOM, 1));
            assertThatThrownBy(() -> shelf.take(plan))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContainingAll(words);
            try (Stream<Path> left = Files.walk(shelf.target)) {
                assertThat(left.filter(Files::isRegularFile)
                                .map(Path::getFileName)
                                .map(Path::toString))
                        .isSubsetOf(".lock");
            }
        }
    }

    @Test
    void whichProgramsAreMissingAndHowToNameThemIsSaid(@TempDir Path own) throws Exception {
        isRefused(
                own,
                Optional.empty(),
                "this is PostgreSQL " + MAJOR,
                "no pg_dump and no psql of that version in `/usr/lib/postgresql/" + MAJOR + "/bin`",
                "install postgresql-" + MAJOR,
                "`programs`");
    }

    /** Maven Central has a server alone. */
    @Test
    void aDirectoryWithoutClientsIsNoneOfPrograms(@TempDir Path own) throws Exception {
        isRefused(own, Optional.of(server), "`programs` says `" + server + "`", "does not contain pg_dump or psql");
    }

    @FunctionalInterface
    private interface ServerQuery {
        void of(SqlSession session) throws IOException;
    }

    /** Queries it with Debian's {@code psql}, which works with newer servers. */
    private void ask(Path own, String user, ServerQuery asking) throws Exception {
        ask(own, user, "shop", asking);
    }

    private void ask(Path own, String user, String database, ServerQuery asking) throws Exception {
        BackupSource.Database source = postgres.source(database, passwordFile);
        BackupSource.Database as = new BackupSource.Database(
                source.name(),
                source.host(),
                source.port(),
                Optional.of(user),
                source.passwordFile(),
                source.pgpass(),
                source.service(),
                source.serviceFile(),
                source.programs());
        Path installed = TestingPostgres.installed();
        try (ChildProcesses children = new ChildProcesses();
                PostgresConnection way = PostgresConnection.to(as, own);
                SqlSession session = SqlSession.open(
                        children, installed, List.of(installed.resolve("psql").toString()), way.environment())) {
            asking.of(session);
        }
    }

    /** Debian's server does not have these roles. */
    @Test
    void whatOnlyItsOwnRolesAllowIsTold(@TempDir Path own) throws Exception {
        postgres.sql(
                "postgres",
                "CREATE ROLE backup LOGIN PASSWORD '" + TestingPostgres.PASSWORD
                        + "'; GRANT pg_create_subscription, pg_maintain TO backup");
        ask(
                own,
                "backup",
                session -> assertThat(ExcessPrivileges.of(session))
                        .containsExactlyInAnyOrder(
                                "do what `pg_create_subscription` allows", "do what `pg_maintain` allows"));
    }

    @Test
    void whatElseTheUserCouldDoIsTold(@TempDir Path own) throws Exception {
        postgres.sql("shop", """
                CREATE ROLE clerk LOGIN PASSWORD '%s';
                CREATE TABLE bills (id int);
                GRANT SELECT, INSERT, MAINTAIN ON bills TO clerk;
                CREATE SCHEMA desk AUTHORIZATION clerk;
                """.formatted(TestingPostgres.PASSWORD));
        ask(
                own,
                "clerk",
                session -> assertThat(ExcessPrivileges.of(session))
                        .containsExactly(
                                "change and drop, as its owner, the schema `desk`",
                                "write to the table `public.bills`"));
        postgres.sql("shop", "DROP SCHEMA desk; DROP TABLE bills; DROP ROLE clerk");
    }

    /** The cases are each way to sort, and the part of it that is stored. */
    @ParameterizedTest
    @CsvSource({"c, C,,", "b, C, C.UTF-8,", "i, C, en-US,", "i, C, de-DE, &b < a"})
    void aScratchServerSortsAsTheSourceDoes(
            String provider, String collate, @Nullable String name, @Nullable String rules) throws Exception {
        DatabaseLocale locale = new DatabaseLocale(
                provider, collate, collate, Optional.ofNullable(name), Optional.ofNullable(rules), "C");
        PostgresDump dump = new PostgresDump(
                MAJOR,
                "UTF8",
                Optional.of(locale),
                DumpFormat.CUSTOM,
                Map.of("clerk", false, "chief", true),
                new DatabaseContents("", Map.of(), 0),
                Optional.empty(),
                List.of(),
                Optional.empty());
        try (ChildProcesses children = new ChildProcesses();
                ScratchDirectory work = ScratchDirectory.make(scratch, new SecureRandom());
                ScratchCluster cluster =
                        ScratchCluster.start(children, work.path(), withPsql, RestoreSandbox.DEFAULT_USER, List.of())) {
            cluster.prepare(dump);
            try (SqlSession session = cluster.clients().session()) {
                assertThat(session.value("SHOW server_version_num")).startsWith(Integer.toString(MAJOR));
                assertThat(PostgresSourceHandler.locale(session)).isEqualTo(locale);
                assertThat(session.query(
                                "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolsuper ORDER BY 1"))
                        .containsExactly("chief", ScratchCluster.SUPERUSER);
            }
        }
    }

    @Test
    void whereItsSequencesStandIsWatched(@TempDir Path own) throws Exception {
        postgres.sql("postgres", "CREATE DATABASE watched");
        postgres.sql("watched", """
                CREATE SEQUENCE numbers;
                CREATE SEQUENCE back INCREMENT -1;
                CREATE TABLE bills (id int GENERATED ALWAYS AS IDENTITY);
                """);
        ask(own, "postgres", "watched", session -> {
            session.run(ContentCounter.ONE_MOMENT);
            SequenceWatch watch = SequenceWatch.begin(session);
            session.run("COMMIT");
            postgres.sql("watched", "INSERT INTO bills DEFAULT VALUES; SELECT nextval('back'); SELECT nextval('back')");
            session.run(ContentCounter.ONE_MOMENT);
            Sequences stood = watch.end(session);
            assertThat(stood.all()).containsOnlyKeys("public.back", "public.bills_id_seq", "public.numbers");
            assertThat(stood.differences(SequenceWatch.standing(session))).isEmpty();
            assertThat(stood.differences(Map.of(
                            "public.back", new Sequences.SequencePosition(-2, true),
                            "public.bills_id_seq", new Sequences.SequencePosition(2, true),
                            "public.numbers", new Sequences.SequencePosition(1, false))))
                    .singleElement()
                    .asString()
                    .contains("`public.bills_id_seq` is at 2");
        });
        postgres.sql("postgres", "DROP DATABASE watched");
    }

    @Test
    void itsLargestTablesAreSharedOut(@TempDir Path own) throws Exception {
        postgres.sql("postgres", "CREATE DATABASE large");
        postgres.sql("large", """
                CREATE TABLE one AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 3000);
                CREATE TABLE two AS TABLE one;
                CREATE TABLE small AS SELECT 1 AS x;
                """);
        ask(
                own,
                "postgres",
                "large",
                session -> assertThat(Archive.of(DumpFormat.DIRECTORY, 2, session))
                        .extracting(Archive::name)
                        .containsExactly("schema", "data-1", "data-2"));
        postgres.sql("postgres", "DROP DATABASE large");
    }

    @Test
    void whatItHoldsIsCounted(@TempDir Path own) throws Exception {
        postgres.sql("shop", """
                CREATE SEQUENCE numbers;
                SELECT nextval('numbers') FROM generate_series(1, 3);
                CREATE TABLE reckoned (n numeric, twice numeric GENERATED ALWAYS AS (n * 2) VIRTUAL, at timestamptz, tags text[]);
                INSERT INTO reckoned VALUES (1.50, DEFAULT, now(), '{a,b}');
                """);
        ask(own, "postgres", session -> {
            session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
            assertThat(SequenceWatch.standing(session))
                    .containsEntry("public.numbers", new Sequences.SequencePosition(3, true));
            Map<String, DatabaseContents.Table> tables =
                    ContentCounter.tables(session, ContentCounter.RowColumns.STORED, (_, _) -> {});
            assertThat(tables)
                    .containsOnlyKeys("public.orders", "public.reckoned")
                    .hasEntrySatisfying(
                            "public.orders", table -> assertThat(table.rows()).isEqualTo(10));
            assertThat(ContentCounter.largeObjects(session)).isZero();
        });
    }

    /** The server would refuse an older `pg_dump`, with a less helpful message. */
    @Test
    void programsOfAnotherVersionAreNotUsed(@TempDir Path own) throws Exception {
        Path installed = TestingPostgres.installed();
        isRefused(own, Optional.of(installed), "`" + installed + "` do not belong to PostgreSQL " + MAJOR);
    }
}
