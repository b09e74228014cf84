package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.Plan;
import dev.interlock.backup.kept.Contents;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.Sequences;
import dev.interlock.backup.kept.TestingShelf;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.PrivateFiles;
import dev.interlock.backup.source.Source;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server of a version that this machine has no programs of. Whoever takes backups of it reads which are missing, and
 * how to say where they are; nothing is taken with those of another version.
 */
class NewerServerTest {

    /** The major version of what the pom names. */
    private static final int MAJOR = 18;

    @TempDir
    private static Path directory;

    private static Path server;
    private static TestingPostgres postgres;

    private Path passwordFile;

    @BeforeAll
    static void start() throws Exception {
        Path installed = TestingPostgres.installed();
        assumeTrue(!installed.toString().contains("/" + MAJOR + "/"), "its programs are here");
        server = unpacked().resolve("bin");
        postgres = new TestingPostgres(directory, server);
        postgres.sql("shop", "CREATE TABLE orders AS SELECT i FROM generate_series(1, 10) i");
    }

    private static Path unpacked() throws Exception {
        Path unpacked = Files.createDirectory(directory.resolve("newer"));
        Process tar = new ProcessBuilder("tar", "-xJf", "-", "-C", unpacked.toString())
                .redirectErrorStream(true)
                .start();
        try (InputStream in = Objects.requireNonNull(
                        NewerServerTest.class.getResourceAsStream("/postgres-linux-x86_64.txz"));
                var out = tar.getOutputStream()) {
            in.transferTo(out);
        } catch (IOException e) {
            assumeTrue(false, "nothing unpacks it: apt-get install xz-utils");
        }
        assertThat(tar.waitFor()).isZero();
        Files.setPosixFilePermissions(unpacked, PosixFilePermissions.fromString("rwxr-xr-x"));
        return unpacked;
    }

    @AfterAll
    static void stop() {
        if (postgres != null) {
            postgres.close();
        }
    }

    @BeforeEach
    void prepare(@TempDir Path own) throws IOException {
        passwordFile = own.resolve("password");
        PrivateFiles.write(passwordFile, (TestingPostgres.PASSWORD + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private void isRefused(Path own, Optional<Path> programs, String... words) throws Exception {
        Source.Database source = postgres.source("shop", passwordFile);
        Source.Database with = new Source.Database(
                source.name(),
                source.host(),
                source.port(),
                source.user(),
                source.passwordFile(),
                source.pgpass(),
                source.service(),
                source.serviceFile(),
                programs);
        try (TestingShelf shelf = new TestingShelf(own)) {
            Plan plan = shelf.plan(new Source.Postgres(with, DumpFormat.CUSTOM, 1));
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

    /** As Maven Central has them: a server alone. */
    @Test
    void aDirectoryWithoutClientsIsNoneOfPrograms(@TempDir Path own) throws Exception {
        isRefused(own, Optional.of(server), "`programs` says `" + server + "`", "no pg_dump and no psql");
    }

    @FunctionalInterface
    private interface Asking {
        void of(SqlSession session) throws IOException;
    }

    /** Debian's {@code psql} can ask newer servers, if nothing more. */
    private void ask(Path own, String user, Asking asking) throws Exception {
        Source.Database source = postgres.source("shop", passwordFile);
        Source.Database as = new Source.Database(
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
        try (Children children = new Children();
                Postgres way = Postgres.to(as, own);
                SqlSession session = SqlSession.open(
                        children, installed, List.of(installed.resolve("psql").toString()), way.environment())) {
            asking.of(session);
        }
    }

    /** Roles that Debian's server has not. */
    @Test
    void whatOnlyItsOwnRolesAllowIsTold(@TempDir Path own) throws Exception {
        postgres.sql(
                "postgres",
                "CREATE ROLE backup LOGIN PASSWORD '" + TestingPostgres.PASSWORD
                        + "'; GRANT pg_create_subscription, pg_maintain TO backup");
        ask(
                own,
                "backup",
                session -> assertThat(Powers.of(session))
                        .containsExactlyInAnyOrder(
                                "do what `pg_create_subscription` allows", "do what `pg_maintain` allows"));
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
            assertThat(SequenceWatch.standing(session)).containsEntry("public.numbers", new Sequences.At(3, true));
            Map<String, Contents.Table> tables = Counting.tables(session, Counting.Columns.STORED, (_, _) -> {});
            assertThat(tables)
                    .containsOnlyKeys("public.orders", "public.reckoned")
                    .hasEntrySatisfying(
                            "public.orders", table -> assertThat(table.rows()).isEqualTo(10));
            assertThat(Counting.largeObjects(session)).isZero();
        });
    }

    /** An older `pg_dump` would be refused by the server, and says less of why. */
    @Test
    void programsOfAnotherVersionAreNotUsed(@TempDir Path own) throws Exception {
        Path installed = TestingPostgres.installed();
        isRefused(own, Optional.of(installed), "`" + installed + "` are not of PostgreSQL " + MAJOR);
    }
}
