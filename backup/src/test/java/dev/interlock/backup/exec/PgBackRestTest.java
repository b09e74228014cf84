package dev.interlock.backup.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Resource;
import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.kept.ExecCopy;
import dev.interlock.backup.postgres.TestingPostgres;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.UserProgram;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests a real pgBackRest with real backups of a real server. */
@Timeout(300)
@Tag("process")
class PgBackRestTest {

    private static final Path PROGRAM = Path.of("/usr/bin/pgbackrest");

    @TempDir
    private Path directory;

    private TestingPostgres postgres;
    private Path repository;
    private Path locks;
    private final ChildProcesses children = new ChildProcesses();

    @BeforeEach
    void start() throws Exception {
        assumeTrue(Files.isExecutable(PROGRAM), "no pgBackRest is installed: apt-get install pgbackrest");
        repository = Files.createDirectory(directory.resolve("repository"));
        locks = Files.createDirectory(directory.resolve("locks"));
        TestingPostgres.give(repository);
        Files.setPosixFilePermissions(locks, PosixFilePermissions.fromString("rwxrwxrwx"));
        List<String> push = new ArrayList<>(List.of(PROGRAM.toString(), "archive-push", "%p"));
        push.addAll(options());
        push.add("--pg1-path=" + directory.resolve("pg/data"));
        postgres =
                new TestingPostgres(directory, List.of("archive_mode=on", "archive_command=" + String.join(" ", push)));
    }

    @AfterEach
    void stop() {
        children.close();
        if (postgres != null) {
            postgres.close();
        }
    }

    /** Returns options that exclude this machine's own configuration. */
    private List<String> options() {
        return List.of(
                "--stanza=shop",
                "--repo1-path=" + repository,
                "--lock-path=" + locks,
                "--log-level-file=off",
                "--config=/dev/null");
    }

    private List<String> command(String... arguments) {
        String user = Integer.toString(TestingPostgres.user());
        List<String> command = new ArrayList<>(List.of(
                "/usr/bin/setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups", PROGRAM.toString()));
        command.addAll(List.of(arguments));
        command.addAll(options());
        return command;
    }

    private void pgbackrest(String... arguments) throws IOException {
        List<String> command = command(arguments);
        command.add("--pg1-path=" + postgres.data());
        command.add("--pg1-socket-path=" + postgres.sockets());
        command.add("--pg1-user=postgres");
        var _ = children.output(command, postgres.environment());
    }

    private List<ToolListing.ToolBackup> listed() throws IOException {
        return new ToolListing(
                        "pgbackrest",
                        Resource.parse("railway:volume/v1"),
                        ToolListing.Format.PGBACKREST,
                        new UserProgram(command("info", "--output=json"), Map.of()))
                .read();
    }

    @Test
    void itsBackupsAreListed() throws IOException {
        assertThat(listed()).as("it knows of no stanza yet").isEmpty();
        pgbackrest("stanza-create");
        assertThat(listed()).isEmpty();
        Instant before = Instant.now().minusSeconds(1); // it records whole seconds
        pgbackrest("backup", "--type=full", "--no-archive-check", "--start-fast", "--compress-level=1");
        pgbackrest("backup", "--type=incr", "--no-archive-check", "--start-fast", "--compress-level=1");
        List<ToolListing.ToolBackup> listed = listed();
        assertThat(listed).hasSize(2).noneMatch(ToolListing.ToolBackup::hasErrors);
        assertThat(listed.getFirst().backup()).matches("[0-9]{8}-[0-9]{6}F");
        assertThat(listed.getLast().backup())
                .startsWith(listed.getFirst().backup() + "_")
                .endsWith("I");
        assertThat(listed)
                .extracting(ToolListing.ToolBackup::takenAt)
                .isSorted()
                .allMatch(at -> at.isAfter(before) && at.isBefore(Instant.now()));
    }

    /** With the plan in docs/, a backup that only the tool has listed is verified once it was restored. */
    @Test
    void listedBackupsCountOnceAPlanRestoredThem() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/jq")), "no jq is installed");
        try (BackupFixture shelf = new BackupFixture(directory)) {
            BackupPlanConfig plan = shelf.plan(shown());
            assertThatThrownBy(() -> shelf.take(plan)).isInstanceOf(BackupException.class);
            pgbackrest("stanza-create");
            postgres.sql("shop", """
                    CREATE SCHEMA shop;
                    CREATE TABLE shop."the orders" (r int PRIMARY KEY, what text);
                    INSERT INTO shop."the orders" SELECT i, 'thing "' || i FROM generate_series(1, 500) i;
                    CREATE UNLOGGED TABLE shop.seen AS SELECT 1 AS n;
                    """);
            pgbackrest("backup", "--type=full", "--start-fast", "--compress-level=1");
            postgres.sql("shop", "CREATE TABLE shop.late AS SELECT 'after the first' AS what");
            pgbackrest("backup", "--type=incr", "--start-fast", "--compress-level=1");
            postgres.sql("shop", "INSERT INTO shop.late VALUES ('in the log alone')");
            assertThat(listed()).hasSize(2);

            String id = shelf.take(plan);
            assertThat(shelf.listing(plan).youngest().orElseThrow().attested()).isEmpty();
            assertThat(shelf.verifyAndNote(plan, id).faults()).isEmpty();
            BackupAttestation found =
                    shelf.listing(plan).youngest().orElseThrow().attested().orElseThrow();
            assertThat(found.restored()).isTrue();
            assertThat(found.amount()).isEqualTo(new Amount.Parts(2, 502));

            postgres.sql("shop", "UPDATE shop.\"the orders\" SET what = 'another' WHERE r = 7; DELETE FROM shop.late");
            String later = shelf.take(plan);
            byte[] whole = shelf.plain(plan, id, ExecCopy.FILE);
            shelf.forge(plan, id, ExecCopy.FILE, shelf.plain(plan, later, ExecCopy.FILE));
            assertThat(shelf.verify(plan, id).faults())
                    .containsExactlyInAnyOrder(
                            "`shop.late` holds 0, and held 2", "the content of `shop.the orders` has changed");
            shelf.forge(plan, id, ExecCopy.FILE, Arrays.copyOf(whole, whole.length / 2));
            assertThat(shelf.verify(plan, id).faults())
                    .singleElement()
                    .asString()
                    .startsWith("it cannot be restored: ");

            shelf.forge(plan, id, ExecCopy.FILE, whole);
            Path into = directory.resolve("again/data");
            Files.createDirectory(into.getParent());
            Files.setOwner(into.getParent(), owner());
            assertThat(shelf.recover(plan, id, into.toString()).wrong()).isEmpty();
            assertThat(into.resolve("PG_VERSION")).exists();
            assertThat(into.resolve("postmaster.pid")).doesNotExist();
            assertThat(into.getParent()).isDirectoryContaining("glob:**data").isDirectoryNotContaining("glob:**new");
        }
    }

    /** A transaction that has written to one table and then writes to another would deadlock with a lock of both. */
    @Test
    void aConcurrentWriterIsNotAborted() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/jq")), "no jq is installed");
        try (BackupFixture shelf = new BackupFixture(directory)) {
            BackupPlanConfig plan = shelf.plan(shown());
            pgbackrest("stanza-create");
            postgres.sql("shop", "CREATE TABLE one AS SELECT 1 AS n; CREATE TABLE two AS SELECT 2 AS n");
            pgbackrest("backup", "--type=full", "--start-fast", "--compress-level=1");
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> sql("""
                    BEGIN;
                    INSERT INTO two VALUES (0);
                    SELECT pg_advisory_lock(7);
                    -- Until it was tried again, or the only look that a waiting one has at circles is over.
                    DO $$ DECLARE seen int[] := '{}'; BEGIN
                        WHILE cardinality(seen) < 2 AND NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted
                                AND relation = 'two'::regclass AND waitstart < clock_timestamp() - interval '1.5 s') LOOP
                            seen := ARRAY(SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'two'::regclass
                                UNION SELECT unnest(seen));
                            PERFORM pg_sleep(0.01);
                        END LOOP;
                    END $$;
                    INSERT INTO one VALUES (0);
                    COMMIT;
                    """));
            sql("""
                    DO $$ BEGIN
                        WHILE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted) LOOP
                            PERFORM pg_sleep(0.01);
                        END LOOP;
                    END $$
                    """);
            String id = shelf.take(plan);
            writing.get();
            BackupAttestation found = shelf.verify(plan, id);
            assertThat(found.faults()).isEmpty();
            assertThat(found.amount()).isEqualTo(new Amount.Parts(2, 4));
        }
    }

    private void sql(String statements) {
        try {
            postgres.sql("shop", statements);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private BackupSource shown() throws IOException {
        Path program = directory.resolve("pgbackrest");
        Files.copy(Path.of("../docs/examples/pgbackrest"), program);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        Map<String, String> environment = Map.ofEntries(
                Map.entry("PGBACKREST_CONFIG", "/dev/null"),
                Map.entry("PGBACKREST_STANZA", "shop"),
                Map.entry("PGBACKREST_REPO1_PATH", repository.toString()),
                Map.entry("PGBACKREST_LOCK_PATH", locks.toString()),
                Map.entry("PGBACKREST_PG1_PATH", postgres.data().toString()),
                Map.entry("PGBACKREST_PG1_SOCKET_PATH", postgres.sockets().toString()),
                Map.entry("PGBACKREST_PG1_USER", "postgres"),
                Map.entry("PGHOST", postgres.sockets().toString()),
                Map.entry("PGPASSFILE", postgres.environment().get("PGPASSFILE")),
                Map.entry("SERVER_USER", Integer.toString(TestingPostgres.user())));
        return new BackupSource.Exec(
                List.of(program.toString(), "take", "shop"),
                List.of(program.toString(), "verify", "shop"),
                List.of("/usr/bin/env", "SERVER_USER=" + owner().getName(), program.toString(), "recover", "shop"),
                environment);
    }

    /** Returns the owner of this machine's servers: pgBackRest stores a directory for them, and tidies it. */
    private static UserPrincipal owner() throws IOException {
        return FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName("postgres");
    }

    /** An unreadable repository is not an empty one. */
    @Test
    void aRepositoryThatCannotBeReadIsNotKnown() throws IOException {
        pgbackrest("stanza-create");
        Path info = repository.resolve("backup/shop/backup.info");
        for (Path file : List.of(info, info.resolveSibling("backup.info.copy"))) {
            Files.writeString(file, "rotten");
        }
        assertThatThrownBy(this::listed).isInstanceOf(BackupException.class);
    }
}
