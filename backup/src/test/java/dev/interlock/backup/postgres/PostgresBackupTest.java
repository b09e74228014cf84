package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.place.BackupStorage;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests real dumps of a real server with real restores, and the parts of a server that no backup contains. */
@Isolated("it kills a dump of this JVM's, and looks at all servers of its trials")
class PostgresBackupTest extends PostgresBackupFixture {

    @Test
    void aBackupIsRestoredCompletely() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        BackupRun.BackupResult taken = shelf.take(plan, (_, _) -> {});
        assertThat(taken.amount()).isEqualTo(new Amount.Rows(4, 501 + 400 + 3));
        BackupAttestation found = shelf.verify(plan, taken.id());
        assertThat(found.faults()).isEmpty();
        assertThat(found.restored()).isTrue();
        assertThat(found.json().whole("rows")).isEqualTo(904);
        assertThat(found.json().text("separation")).isEqualTo("unknown"); // memory is no disk
    }

    /** The check at the time of the backup is outdated. */
    @Test
    void oneThatWasMovedBesideTheDataIsSeen() throws Exception {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        Path beside = passwordFile.resolveSibling("beside");
        assertThat(new ProcessBuilder("cp", "-a", shelf.target.toString(), beside.toString())
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        BackupAttestation found = shelf.verify(shelf.plan(plan.source(), beside), id);
        assertThat(found.faults()).containsExactly("it is on the same device as its source");
    }

    /** The remaining backups of an unreachable server can be tested. */
    @Test
    void oneOfALostServerIsRestoredAllTheSame() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        Files.delete(passwordFile);
        BackupAttestation found = shelf.verify(plan, id);
        assertThat(found.faults()).isEmpty();
        assertThat(found.json().text("separation")).isEqualTo("unknown");
    }

    @Test
    void aDumpInSqlIsRestoredWhole() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.PLAIN);
        assertThat(shelf.verify(plan, shelf.take(plan)).faults()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aSchemaIsTheSameInOtherWords(DumpFormat format) throws IOException {
        postgres.sql("shop", TOLD_OTHERWISE);
        BackupPlanConfig plan = plan(format);
        assertThat(shelf.verify(plan, shelf.take(plan)).faults()).isEmpty();
    }

    /** Rows that are written meanwhile are in neither the dump nor the counts. */
    @Test
    void dumpAndCountsSeeOneMoment() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        AtomicBoolean written = new AtomicBoolean();
        String id = shelf.take(plan, (_, _) -> {
                    if (!written.getAndSet(true)) {
                        insert();
                    }
                })
                .id();
        assertThat(written).isTrue();
        assertThat(shelf.shelf(plan).manifest(id).holding().amount()).isEqualTo(new Amount.Rows(4, 904));
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
    }

    private static void insert() {
        meanwhile("INSERT INTO shop.orders VALUES (-2, 'late')");
    }

    /** Summing runs no function of users who may create types in the source. */
    @Test
    void aCastThatSomebodyMadeIsNotRun() throws IOException {
        postgres.sql("shop", SHOP + """
                CREATE TYPE shop.bait AS (a int);
                CREATE FUNCTION shop.bite(shop.bait) RETURNS text LANGUAGE plpgsql AS
                    $$ BEGIN RAISE EXCEPTION 'bitten'; END $$;
                CREATE CAST (shop.bait AS text) WITH FUNCTION shop.bite(shop.bait);
                CREATE TABLE shop.baits (b shop.bait, more shop.bait[]);
                INSERT INTO shop.baits VALUES (ROW(1), ARRAY[ROW(2)::shop.bait]);
                """);
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        assertThat(shelf.verify(plan, shelf.take(plan)).faults()).isEmpty();
    }

    @Test
    void aParallelDumpIsRestoredCompletely() throws IOException {
        postgres.sql("shop", SHOP + LARGE);
        BackupPlanConfig plan = plan(DumpFormat.DIRECTORY);
        BackupRun.BackupResult taken = shelf.take(plan, (_, _) -> {});
        BackupManifest manifest = shelf.shelf(plan).manifest(taken.id());
        assertThat(manifest.files()).containsOnlyKeys("schema", "schema.sql", "data-1", "data-2", "data-3");
        assertThat(manifest.files().values()).allMatch(file -> file.plainBytes() > 2_000);
        assertThat(((PostgresDump) manifest.holding()).contents().largeObjects())
                .isPositive();
        assertThat(taken.amount()).isEqualTo(new Amount.Rows(7, 904 + 4 * 30_000));
        assertThat(shelf.verify(plan, taken.id()).faults()).isEmpty();
        try (Stream<Path> files = Files.walk(shelf.target)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).doesNotContain("PGDMP");
            }
        }
        postgres.sql("shop", "SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
    }

    /** Rows that are written between the first dump and the last are in none of them. */
    @Test
    void dumpsInParallelSeeOneMoment() throws IOException {
        postgres.sql("shop", SHOP + LARGE + "SELECT lo_unlink(oid) FROM pg_largeobject_metadata;");
        BackupPlanConfig plan = plan(DumpFormat.DIRECTORY);
        AtomicBoolean written = new AtomicBoolean();
        String id = shelf.take(plan, (_, _) -> {
                    if (!written.getAndSet(true)) {
                        insert();
                    }
                })
                .id();
        assertThat(shelf.shelf(plan).manifest(id).holding().amount()).isEqualTo(new Amount.Rows(7, 904 + 4 * 30_000));
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
    }

    /** Computed values follow the source's rules: its characters, their order, and the meaning of text. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aDatabaseThatKnowsMoreLettersIsRestoredWhole(DumpFormat format) throws IOException {
        postgres.sql("postgres", "DROP DATABASE IF EXISTS umlaut");
        postgres.sql("postgres", "CREATE DATABASE umlaut TEMPLATE template0 LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'");
        postgres.sql("umlaut", """
                CREATE TABLE t (name text CHECK (name ~ '^[[:alpha:] ]+$'), key text GENERATED ALWAYS AS (lower(name)) STORED,
                    words tsvector GENERATED ALWAYS AS (to_tsvector('german', name)) STORED);
                INSERT INTO t VALUES ('Ärger mit Müller');
                """);
        BackupPlanConfig plan = shelf.plan(source("umlaut", format));
        String id = shelf.take(plan);
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
        postgres.sql("umlaut", "UPDATE t SET name = 'Ärger mit Maier'");
        String after = shelf.take(plan);
        for (String name : shelf.shelf(plan).manifest(after).files().keySet()) {
            shelf.forge(plan, id, name, shelf.plain(plan, after, name));
        }
        assertThat(shelf.verify(plan, id).faults()).containsExactly("rows of `public.t` have changed");
    }

    /** Amounts are dumped in the server's format. */
    @Test
    void anAmountOfMoneyIsRestoredWhole() throws IOException {
        postgres.sql("shop", "CREATE TABLE shop.till (amount money); INSERT INTO shop.till VALUES ('1234.56')");
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        assertThat(shelf.verify(plan, shelf.take(plan)).faults()).isEmpty();
    }

    /** If the parent has gained a column, {@code pg_dump} makes the child table with another order of columns. */
    @Test
    void anHeirWhoseParentHasGrownIsRestoredWhole() throws IOException {
        postgres.sql("shop", """
                CREATE TABLE shop.p (a int);
                CREATE TABLE shop.c (l int) INHERITS (shop.p);
                ALTER TABLE shop.p ADD b int;
                INSERT INTO shop.c VALUES (1, 2, 3);
                """);
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        assertThat(shelf.verify(plan, shelf.take(plan)).faults()).isEmpty();
    }

    /** The dump would be complete, and falsely dated as current. */
    @Test
    void aStandbyIsNoSourceHoweverWellItDumps(@TempDir Path elsewhere) throws Exception {
        try (TestingPostgres standby = TestingPostgres.standby(postgres, elsewhere)) {
            standby.sql("shop", "SELECT pg_wal_replay_pause()");
            postgres.sql("shop", "INSERT INTO shop.orders VALUES (-2, 'since')");
            BackupPlanConfig plan =
                    shelf.plan(new BackupSource.Postgres(standby.source("shop", passwordFile), DumpFormat.CUSTOM, 1));
            assertThatThrownBy(() -> shelf.take(plan))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("is a standby")
                    .hasMessageContaining("name the primary");
            assertThat(shelf.shelf(plan).ids()).isEmpty();
        }
    }

    /** A loss of one database's server is a loss of all its databases. */
    @Test
    void whatNoPlanSavesOfTheSameServerIsSaidAndSigned() throws IOException {
        List<String> before = shelf.take(plan(DumpFormat.CUSTOM), (_, _) -> {}).beside();
        assertThat(before).doesNotContain("billing", "postgres", "shop");
        postgres.sql("postgres", "CREATE DATABASE billing");
        try {
            BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
            BackupRun.BackupResult taken = shelf.take(plan, (_, _) -> {});
            assertThat(taken.beside()).contains("billing").hasSize(before.size() + 1);
            BackupAttestation found = shelf.verify(plan, taken.id());
            assertThat(found.restored()).isTrue();
            assertThat(found.beside().orElseThrow().names()).contains("billing");
            assertThat(shelf.take(savedToo(postgres.source("shop", passwordFile)), (_, _) -> {})
                            .beside())
                    .isEqualTo(before);
        } finally {
            postgres.sql("postgres", "DROP DATABASE billing");
        }
        assertThat(shelf.verify(plan(DumpFormat.CUSTOM), shelf.take(plan(DumpFormat.CUSTOM)))
                        .beside()
                        .isPresent())
                .isEqualTo(!before.isEmpty());
    }

    /** Names are bytes in the encoding of the database where they were made: one must not prevent all backups. */
    @Test
    void nameThatTheServerCannotSayCostsNoBackup() throws IOException {
        postgres.sql("postgres", "CREATE DATABASE raw TEMPLATE template0 ENCODING 'SQL_ASCII'");
        postgres.sql("postgres", "CREATE DATABASE one");
        postgres.sql("postgres", "CREATE DATABASE two");
        rename("one", "convert_from('\\x62fc72', 'SQL_ASCII')");
        rename("two", "convert_from('\\x62e472', 'SQL_ASCII')");
        try {
            BackupRun.BackupResult alike = shelf.take(plan(DumpFormat.CUSTOM), (_, _) -> {});
            assertThat(alike.beside().stream().filter(name -> name.startsWith("b")))
                    .as("both, as they read")
                    .hasSize(1);
            BackupPlanConfig raw =
                    shelf.plan(new BackupSource.Postgres(postgres.source("raw", passwordFile), DumpFormat.CUSTOM, 1));
            BackupRun.BackupResult unasked = shelf.take(raw, (_, _) -> {});
            assertThat(unasked.beside()).isEmpty();
            assertThat(unasked.warnings()).contains("the server's other databases could not be " + "listed");
        } finally {
            rename("convert_from('\\x62fc72', 'SQL_ASCII')", "'one'");
            rename("convert_from('\\x62e472', 'SQL_ASCII')", "'two'");
            for (String name : List.of("one", "two", "raw")) {
                postgres.sql("postgres", "DROP DATABASE " + name);
            }
        }
    }

    /** @param is the current name, as SQL of a database that accepts any bytes */
    private static void rename(String is, String becomes) throws IOException {
        String from = is.startsWith("convert") ? is : "'" + is + "'";
        postgres.sql(
                "raw", "UPDATE pg_database SET datname = " + becomes + "::name WHERE datname = " + from + "::name");
    }

    /** Returns a plan for a server whose {@code billing} has a plan as well. */
    private BackupPlanConfig savedToo(BackupSource.Database shop) {
        return shelf.plan(new BackupSource.Postgres(shop, DumpFormat.CUSTOM, 1, Set.of("shop", "billing"), List.of()));
    }

    /** It is unknown then which database another plan names. */
    @Test
    void whereAServiceNamesAnotherDatabaseNoPlanCounts() throws IOException {
        Path services = passwordFile.resolveSibling("services");
        Files.writeString(services, "[here]\ndbname=shop\n");
        postgres.sql("postgres", "CREATE DATABASE billing");
        try {
            BackupSource.Database shop = postgres.source("shop", passwordFile);
            BackupSource.Database other = new BackupSource.Database(
                    "elsewhere",
                    shop.host(),
                    shop.port(),
                    shop.user(),
                    shop.passwordFile(),
                    shop.pgpass(),
                    Optional.of("here"),
                    Optional.of(services),
                    shop.programs());
            assertThat(shelf.take(savedToo(other), (_, _) -> {}).beside())
                    .contains("billing")
                    .doesNotContain("shop");
        } finally {
            postgres.sql("postgres", "DROP DATABASE billing");
        }
    }

    /** No dump contains an extension's objects, and the owner of any table may add it to an extension. */
    @Test
    void aTableThatWasGivenToAnExtensionIsMissing() throws IOException {
        postgres.sql("shop", SHOP + """
                CREATE TABLE precious (id int);
                INSERT INTO precious SELECT generate_series(1, 7);
                CREATE EXTENSION citext;
                ALTER EXTENSION citext ADD TABLE precious;
                """);
        try {
            BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
            assertThat(shelf.verify(plan, shelf.take(plan)).faults())
                    .hasSize(2)
                    .contains("the table `public.precious` is missing, with 7 rows")
                    .anySatisfy(
                            why -> assertThat(why).contains("`ALTER EXTENSION \"citext\" DROP TABLE public.precious`"));
        } finally {
            postgres.sql("shop", "DROP EXTENSION citext"); // and its table with it
        }
    }

    /** One of several parallel dumps cannot go on. */
    @Test
    void oneOfSeveralDumpsThatFailsIsTheEndOfAll() throws IOException {
        postgres.sql("shop", SHOP + LARGE + "SELECT lo_unlink(oid) FROM pg_largeobject_metadata;");
        BackupPlanConfig plan = plan(DumpFormat.DIRECTORY);
        AtomicBoolean killed = new AtomicBoolean();
        assertThatThrownBy(() -> shelf.take(plan, (doing, _) -> {
                    if (doing.equals("dumping") && !killed.getAndSet(true)) {
                        ProcessHandle.current()
                                .descendants()
                                .filter(process -> read(Path.of("/proc/" + process.pid(), "cmdline"))
                                        .contains("--table="))
                                .findFirst()
                                .ifPresent(ProcessHandle::destroyForcibly);
                    }
                }))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("`pg_dump` ended with 137");
        assertThat(shelf.shelf(plan).ids()).isEmpty();
    }

    /** The server chooses names and column types, which are part of the next query. */
    @Test
    void whatTheSourceAnswersRunsNoProgramHere() throws IOException {
        Path bait = shelf.scratch.resolve("bait");
        postgres.sql("postgres", "DROP DATABASE IF EXISTS hostile");
        postgres.sql("postgres", "CREATE DATABASE hostile TEMPLATE shop");
        postgres.sql("hostile", """
                CREATE FUNCTION public.said(text, text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
                    AS $$ BEGIN RETURN E'1\\n\\\\! touch %s\\n'; END $$;
                SET allow_system_table_mods = on;
                UPDATE pg_operator SET oprcode = 'public.said'::regproc
                WHERE oprname = '||' AND oprleft = 'text'::regtype AND oprright = 'text'::regtype;
                """.formatted(bait));
        BackupPlanConfig plan = shelf.plan(source("hostile", DumpFormat.CUSTOM));
        assertThatThrownBy(() -> shelf.take(plan)).isInstanceOf(BackupException.class);
        assertThat(bait).doesNotExist();
    }

    /** The server with restored data listens at no address or socket that others could use. */
    @Test
    void aScratchServerIsInReachOfNobody() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        List<String> looked = new ArrayList<>();
        assertThat(shelf.verify(plan, id, (doing, _) -> {
                            if (doing.startsWith("counting")) {
                                looked.add(doing);
                                inReachOfNobody();
                            }
                        })
                        .faults())
                .isEmpty();
        assertThat(looked).isNotEmpty();
    }

    private void inReachOfNobody() {
        List<Path> servers = ProcessHandle.current()
                .descendants()
                .map(process -> Path.of("/proc/" + process.pid()))
                .filter(process -> read(process.resolve("comm")).strip().equals("postgres"))
                .filter(process -> read(process.resolve("root/etc/passwd")).startsWith("scratch:"))
                .toList();
        int looked = 0;
        try {
            for (Path server : servers) {
                Path network;
                try {
                    network = Files.readSymbolicLink(server.resolve("ns/net"));
                } catch (NoSuchFileException e) {
                    continue; // one of its processes, which has ended meanwhile
                }
                looked++;
                assertThat(network).isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/net")));
                for (String sockets : List.of("net/tcp", "net/tcp6")) {
                    assertThat(read(server.resolve(sockets)).lines()).hasSizeLessThan(2); // but for the heading
                }
            }
            assertThat(looked).isPositive();
            try (Stream<Path> all = Files.walk(shelf.scratch, 2)) {
                assertThat(all.filter(path -> path.endsWith("cluster")))
                        .singleElement()
                        .satisfies(
                                path -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                                        .isEqualTo("rwx------"));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aPasswordThatOthersCanReadIsNotUsed() throws IOException {
        Files.setPosixFilePermissions(passwordFile, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> shelf.take(plan(DumpFormat.CUSTOM)))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("can be read by others");
    }

    @Test
    void nothingIsReadableWithoutTheKey() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.PLAIN);
        String id = shelf.take(plan);
        for (String name : List.of(BackupStorage.MANIFEST, Archive.WHOLE)) {
            assertThat(new String(Files.readAllBytes(shelf.file(plan, id, name)), StandardCharsets.ISO_8859_1))
                    .doesNotContain("orders")
                    .doesNotContain("thing 7");
        }
        shelf.changeKey(passwordFile.resolveSibling("other.key"));
        assertThat(shelf.verify(plan, id).faults()).singleElement().asString().contains("written with another key");
    }

    @Test
    void anInterruptedBackupDoesNotCount() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        assertThatThrownBy(() -> shelf.take(plan, (doing, _) -> {
                    if (doing.startsWith("counting")) {
                        shelf.interrupt();
                    }
                }))
                .isInstanceOf(BackupException.class);
        assertThat(shelf.shelf(plan).ids()).isEmpty();
        try (Stream<Path> left = Files.list(shelf.directory(plan))) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactly(".lock");
        }
    }

    @Test
    void whatAKilledOneLeftIsSweptAndNeverCounted() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        BackupRepository kept = shelf.shelf(plan);
        String id = shelf.take(plan);
        Path part = shelf.directory(plan).resolve("20260101T000000Z-abcdef.part");
        Files.move(shelf.directory(plan).resolve(id), part); // whole, but for its name
        Path job = Files.createDirectories(
                shelf.scratch.resolve("job-0123456789ab").resolve("cluster"));
        Files.createFile(shelf.scratch.resolve("job-0123456789ab.lock"));
        assertThat(kept.ids()).isEmpty();
        String next = shelf.take(plan);
        assertThat(part).doesNotExist();
        assertThat(job).doesNotExist();
        assertThat(kept.ids()).containsExactly(next);
    }

    @Test
    void onlyOneBackupRunsAtATime() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        List<String> refused = new ArrayList<>();
        shelf.take(plan, (doing, _) -> {
            if (refused.isEmpty()) {
                assertThatThrownBy(() -> shelf.take(plan)).hasMessageContaining("is being taken");
                refused.add(doing);
            }
        });
        assertThat(refused).hasSize(1);
    }

    @Test
    void aFailedDumpIsNoBackup() throws IOException {
        assertThatThrownBy(() -> shelf.take(shelf.plan(source("nowhere", DumpFormat.CUSTOM))))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("nowhere");
        assertThat(shelf.shelf(plan(DumpFormat.CUSTOM)).ids()).isEmpty();
    }
}
