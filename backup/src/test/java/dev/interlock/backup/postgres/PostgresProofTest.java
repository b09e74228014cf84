package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.ProofFixture;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.tool.BackupTool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests proofs of PostgreSQL databases, from dumps and from data directories. */
@Timeout(300)
@Tag("process")
class PostgresProofTest {

    private static final String DUMP = "pg_dump --format=custom --snapshot=$INTERLOCK_SNAPSHOT > $to/dump";

    @TempDir
    private Path directory;

    private ProofFixture fixture;
    private TestingPostgres postgres;
    private Path password;
    private BackupSource source;

    @BeforeEach
    void prepare() throws Exception {
        fixture = new ProofFixture(directory);
        postgres = new TestingPostgres(directory, List.of("shared_preload_libraries=pg_stat_statements"));
        password = TestingPostgres.passwordFile(directory);
        source = new BackupSource.Postgres(postgres.source("shop", password), List.of());
        postgres.sql("shop", """
                CREATE ROLE reader;
                CREATE SCHEMA "my shop";
                CREATE TYPE size AS ENUM ('small', 'large');
                CREATE TABLE "my shop".orders (id serial PRIMARY KEY, what varchar CHECK (what IN ('a', 'b')), how size,
                    double int GENERATED ALWAYS AS (1) STORED, price numeric, at timestamptz DEFAULT now(), doc jsonb);
                CREATE TABLE parts (id int, day date) PARTITION BY RANGE (day);
                CREATE TABLE parts_2026 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
                CREATE INDEX ON parts (id);
                INSERT INTO "my shop".orders (what, how, price, doc)
                    SELECT 'a', 'small', 1.00, '{"k": [1, 2]}' FROM generate_series(1, 500);
                INSERT INTO parts SELECT i, '2026-02-03' FROM generate_series(1, 50) i;
                CREATE VIEW cheap AS SELECT * FROM "my shop".orders WHERE price < 2;
                CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
                CREATE TRIGGER t BEFORE INSERT ON parts_2026 FOR EACH ROW EXECUTE FUNCTION f();
                ALTER TABLE "my shop".orders ENABLE ROW LEVEL SECURITY;
                CREATE POLICY p ON "my shop".orders USING (id > 0);
                GRANT SELECT ON parts TO reader;
                SELECT lo_from_bytea(0, 'large');
                """);
    }

    @AfterEach
    void close() throws IOException {
        if (postgres != null) {
            postgres.close();
        }
        if (fixture != null) {
            fixture.close();
        }
    }

    private void isWhole(BackupAttestation found) {
        assertThat(found.faults()).isEmpty();
        assertThat(found.json().whole("tables")).isEqualTo(2);
        assertThat(found.json().whole("rows")).isEqualTo(550);
        assertThat(found.json().whole("changed")).isZero();
    }

    /** Others write while it is dumped, and the copy has exactly what was counted. */
    @Test
    @Tag("promise")
    void aDumpInResticIsProved() throws IOException {
        isWhole(fixture.proof(fixture.plan(source, fixture.restic())).run((doing, _) -> {
            if (doing.equals("taking")) {
                try {
                    postgres.sql("shop", "INSERT INTO parts VALUES (51, '2026-02-03')");
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            }
        }));
    }

    @Test
    void aDumpByAnyToolIsProved() throws IOException {
        isWhole(fixture.run(source, fixture.scripts(DUMP, "")));
        isWhole(fixture.run(source, fixture.scripts(DUMP.replace("custom", "plain"), "")));
    }

    /** pgBackRest and WAL-G restore one, and so does {@code pg_basebackup}. */
    @Test
    void aDataDirectoryIsProved() throws IOException {
        BackupTool tool =
                fixture.scripts("pg_basebackup -D $to/data -X fetch -c fast", "cp -a $from/data/. $INTERLOCK_INTO/");
        isWhole(fixture.run(source, tool));
        BackupAttestation cut = fixture.run(
                source,
                fixture.scripts(
                        "pg_basebackup -D $to/data -X fetch -c fast; rm $to/data/pg_wal/0*",
                        "cp -a $from/data/. $INTERLOCK_INTO/"));
        assertThat(cut.faults())
                .first()
                .asString()
                .startsWith("it cannot be restored: the scratch server did not start: ");
    }

    @Test
    void everyFaultOfADumpIsFound() throws IOException {
        postgres.sql("postgres", "CREATE DATABASE bad TEMPLATE shop");
        postgres.sql("bad", """
                DELETE FROM parts WHERE id = 1;
                UPDATE "my shop".orders SET price = 1.0 WHERE id = 7;
                DROP VIEW cheap;
                DROP TRIGGER t ON parts_2026;
                CREATE TABLE more ();
                SELECT setval('"my shop".orders_id_seq', 3);
                SELECT lo_unlink(oid) FROM pg_largeobject_metadata;
                """);
        BackupAttestation found =
                fixture.run(source, fixture.scripts("PGDATABASE=bad pg_dump --format=custom > $to/dump", ""));
        assertThat(String.join("; ", found.faults()))
                .contains("`public.parts_2026` has 49 rows, and had 50 rows")
                .contains("the content of `\"my shop\".orders` differs")
                .contains("`view public.cheap` is missing")
                .contains("`trigger t of public.parts_2026` is missing")
                .contains("there is `columns of public.more`, which the source does not have")
                .contains("the sequence `\"my shop\".orders_id_seq` would give numbers a second time")
                .contains("`large objects` differs");
    }

    @Test
    void aDumpThatIsNoneIsFound() throws IOException {
        for (String bad : List.of(
                DUMP.replace("> $to", "| head -c 3000 > $to"), "echo garbage > $to/dump", "touch $to/dump", "true")) {
            BackupAttestation found = fixture.run(source, fixture.scripts(bad, ""));
            assertThat(found.restored()).as(bad).isFalse();
        }
    }

    /** What a dump contains was written by whoever could write to the database, and runs as a superuser. */
    @Test
    @Tag("promise")
    void aHostileDumpReachesNothing() throws IOException {
        Path mark = directory.resolve("mark");
        Files.createDirectory(mark);
        Files.setPosixFilePermissions(mark, PosixFilePermissions.fromString("rwxrwxrwx"));
        String hostile = "printf '%s\\n' '\\! touch " + mark + "/psql' \"COPY (SELECT 1) TO PROGRAM 'touch " + mark
                + "/server'\" > $to/dump";
        BackupAttestation found = fixture.run(source, fixture.scripts(hostile, ""));
        assertThat(found.restored()).isFalse();
        assertThat(mark).isEmptyDirectory();
    }

    /** Somebody has removed a package from this machine. */
    @Test
    void whatThisMachineLacksIsNotTheBackupsFault() throws IOException {
        postgres.sql("shop", """
                CREATE EXTENSION pg_stat_statements;
                CREATE MATERIALIZED VIEW busy AS SELECT count(*) FROM pg_stat_statements;
                """);
        assertThatThrownBy(() -> fixture.run(source, fixture.restic()))
                .isInstanceOf(InconclusiveException.class)
                .hasMessageContaining("`pg_stat_statements` must be loaded when the server starts");
        BackupSource loading =
                new BackupSource.Postgres(postgres.source("shop", password), List.of("pg_stat_statements"));
        assertThat(fixture.run(loading, fixture.restic()).faults()).isEmpty();
    }

    /** A standby has the state of whenever it last followed, but the backup would carry the present time. */
    @Test
    void aStandbyIsNoSource() throws Exception {
        try (TestingPostgres standby =
                TestingPostgres.standby(postgres, Files.createDirectory(directory.resolve("standby")))) {
            BackupSource other = new BackupSource.Postgres(standby.source("shop", password), List.of());
            assertThatThrownBy(() -> fixture.run(other, fixture.restic()))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("is a standby");
        }
    }

    /** Everybody can read command lines. The names of the programs that it runs are shims that note theirs. */
    @Test
    @Tag("promise")
    void noCommandLineAndNoEnvironmentHasThePassword() throws IOException {
        Path bin = Files.createDirectory(directory.resolve("bin"));
        Path seen = Files.createFile(directory.resolve("seen"));
        for (String name : List.of("initdb", "postgres", "psql", "pg_dump", "pg_restore")) {
            Path shim = Files.writeString(bin.resolve(name), """
                    #!/bin/sh
                    { echo "$0 $*"; env; } >> %s 2> /dev/null
                    exec %s "$@"
                    """.formatted(
                            seen, TestingPostgres.installed().resolve(name)));
            Files.setPosixFilePermissions(shim, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        BackupSource.Database database = postgres.source("shop", password);
        BackupSource.Database shown = new BackupSource.Database(
                database.name(),
                database.host(),
                database.port(),
                database.user(),
                database.passwordFile(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(bin));
        isWhole(fixture.run(new BackupSource.Postgres(shown, List.of()), fixture.restic()));
        assertThat(seen)
                .content()
                .contains("pg_dump --format=custom", "PGPASSFILE=")
                .doesNotContain("pass:word", TestingPostgres.PASSWORD);
    }

    @Test
    void aWrongPasswordNamesTheFileThatPeopleWrote() throws IOException {
        Files.writeString(password, "wrong");
        assertThatThrownBy(() -> fixture.run(source, fixture.restic()))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("password authentication failed");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> fixture.run(source, fixture.restic()))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("can be read by others");
    }
}
