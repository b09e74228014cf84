package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.Attested;
import dev.interlock.backup.Plan;
import dev.interlock.backup.Taking;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.Manifest;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.kept.Shelf;
import dev.interlock.backup.place.Place;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.source.Source;
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

/** Real dumps of a real server, restored for real; and what of a server is no backup of it. */
@Isolated("it kills a dump of this JVM's, and looks at all servers of its trials")
class PostgresBackupTest extends ShopBackups {

    @Test
    void whatWasTakenIsRestoredWhole() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
        Taking.Taken taken = shelf.take(plan, (_, _) -> {});
        assertThat(taken.amount()).isEqualTo(new Amount.Rows(4, 501 + 400 + 3));
        Attested found = shelf.verify(plan, taken.id());
        assertThat(found.wrong()).isEmpty();
        assertThat(found.restored()).isTrue();
        assertThat(found.json().whole("rows")).isEqualTo(904);
        assertThat(found.json().text("separation")).isEqualTo("unknown"); // memory is no disk
    }

    /** What was seen when it was taken is an old word. */
    @Test
    void oneThatWasMovedBesideTheDataIsSeen() throws Exception {
        Plan plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        Path beside = passwordFile.resolveSibling("beside");
        assertThat(new ProcessBuilder("cp", "-a", shelf.target.toString(), beside.toString())
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        Attested found = shelf.verify(shelf.plan(plan.source(), beside), id);
        assertThat(found.wrong()).containsExactly("it lies on the same device as what it is a copy of");
    }

    /** A server that cannot be reached any more keeps nobody from trying what is left of it. */
    @Test
    void oneOfALostServerIsRestoredAllTheSame() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        Files.delete(passwordFile);
        Attested found = shelf.verify(plan, id);
        assertThat(found.wrong()).isEmpty();
        assertThat(found.json().text("separation")).isEqualTo("unknown");
    }

    @Test
    void aDumpInSqlIsRestoredWhole() throws IOException {
        Plan plan = plan(DumpFormat.PLAIN);
        assertThat(shelf.verify(plan, shelf.take(plan)).wrong()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aSchemaIsTheSameInOtherWords(DumpFormat format) throws IOException {
        postgres.sql("shop", TOLD_OTHERWISE);
        Plan plan = plan(format);
        assertThat(shelf.verify(plan, shelf.take(plan)).wrong()).isEmpty();
    }

    /** What is written while it is taken is in neither the dump nor the counts. */
    @Test
    void dumpAndCountsSeeOneMoment() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
        AtomicBoolean written = new AtomicBoolean();
        String id = shelf.take(plan, (_, _) -> {
                    if (!written.getAndSet(true)) {
                        insert();
                    }
                })
                .id();
        assertThat(written).isTrue();
        assertThat(shelf.shelf(plan).manifest(id).holding().amount()).isEqualTo(new Amount.Rows(4, 904));
        assertThat(shelf.verify(plan, id).wrong()).isEmpty();
    }

    private static void insert() {
        meanwhile("INSERT INTO shop.orders VALUES (-2, 'late')");
    }

    /** Summing runs no function of whoever may make types in the source. */
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
        Plan plan = plan(DumpFormat.CUSTOM);
        assertThat(shelf.verify(plan, shelf.take(plan)).wrong()).isEmpty();
    }

    @Test
    void whatWasDumpedInParallelIsRestoredWhole() throws IOException {
        postgres.sql("shop", SHOP + LARGE);
        Plan plan = plan(DumpFormat.DIRECTORY);
        Taking.Taken taken = shelf.take(plan, (_, _) -> {});
        Manifest manifest = shelf.shelf(plan).manifest(taken.id());
        assertThat(manifest.files()).containsOnlyKeys("schema", "schema.sql", "data-1", "data-2", "data-3");
        assertThat(manifest.files().values()).allMatch(file -> file.plainBytes() > 2_000);
        assertThat(((PostgresDump) manifest.holding()).contents().largeObjects())
                .isPositive();
        assertThat(taken.amount()).isEqualTo(new Amount.Rows(7, 904 + 4 * 30_000));
        assertThat(shelf.verify(plan, taken.id()).wrong()).isEmpty();
        try (Stream<Path> files = Files.walk(shelf.target)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).doesNotContain("PGDMP");
            }
        }
        postgres.sql("shop", "SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
    }

    /** What is written between the first dump and the last is in none of them. */
    @Test
    void dumpsInParallelSeeOneMoment() throws IOException {
        postgres.sql("shop", SHOP + LARGE + "SELECT lo_unlink(oid) FROM pg_largeobject_metadata;");
        Plan plan = plan(DumpFormat.DIRECTORY);
        AtomicBoolean written = new AtomicBoolean();
        String id = shelf.take(plan, (_, _) -> {
                    if (!written.getAndSet(true)) {
                        insert();
                    }
                })
                .id();
        assertThat(shelf.shelf(plan).manifest(id).holding().amount()).isEqualTo(new Amount.Rows(7, 904 + 4 * 30_000));
        assertThat(shelf.verify(plan, id).wrong()).isEmpty();
    }

    /** What is reckoned anew is reckoned by the rules of the source: letters, their order, and what text means. */
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
        Plan plan = shelf.plan(source("umlaut", format));
        String id = shelf.take(plan);
        assertThat(shelf.verify(plan, id).wrong()).isEmpty();
        postgres.sql("umlaut", "UPDATE t SET name = 'Ärger mit Maier'");
        String after = shelf.take(plan);
        for (String name : shelf.shelf(plan).manifest(after).files().keySet()) {
            shelf.forge(plan, id, name, shelf.plain(plan, after, name));
        }
        assertThat(shelf.verify(plan, id).wrong()).containsExactly("rows of `public.t` are not what they were");
    }

    /** Amounts are dumped as the server writes them. */
    @Test
    void anAmountOfMoneyIsRestoredWhole() throws IOException {
        postgres.sql("shop", "CREATE TABLE shop.till (amount money); INSERT INTO shop.till VALUES ('1234.56')");
        Plan plan = plan(DumpFormat.CUSTOM);
        assertThat(shelf.verify(plan, shelf.take(plan)).wrong()).isEmpty();
    }

    /** Where the parent has gained a column, {@code pg_dump} makes the heir with another order of columns. */
    @Test
    void anHeirWhoseParentHasGrownIsRestoredWhole() throws IOException {
        postgres.sql("shop", """
                CREATE TABLE shop.p (a int);
                CREATE TABLE shop.c (l int) INHERITS (shop.p);
                ALTER TABLE shop.p ADD b int;
                INSERT INTO shop.c VALUES (1, 2, 3);
                """);
        Plan plan = plan(DumpFormat.CUSTOM);
        assertThat(shelf.verify(plan, shelf.take(plan)).wrong()).isEmpty();
    }

    /** All that was dumped would be there again, and would be called of now. */
    @Test
    void aStandbyIsNoSourceHoweverWellItDumps(@TempDir Path elsewhere) throws Exception {
        try (TestingPostgres standby = TestingPostgres.standby(postgres, elsewhere)) {
            standby.sql("shop", "SELECT pg_wal_replay_pause()");
            postgres.sql("shop", "INSERT INTO shop.orders VALUES (-2, 'since')");
            Plan plan = shelf.plan(new Source.Postgres(standby.source("shop", passwordFile), DumpFormat.CUSTOM, 1));
            assertThatThrownBy(() -> shelf.take(plan))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("is a standby")
                    .hasMessageContaining("name the primary");
            assertThat(shelf.shelf(plan).ids()).isEmpty();
        }
    }

    /** What takes one database of a server takes them all. */
    @Test
    void whatNoPlanSavesOfTheSameServerIsSaidAndSigned() throws IOException {
        List<String> before = shelf.take(plan(DumpFormat.CUSTOM), (_, _) -> {}).beside();
        assertThat(before).doesNotContain("billing", "postgres", "shop");
        postgres.sql("postgres", "CREATE DATABASE billing");
        try {
            Plan plan = plan(DumpFormat.CUSTOM);
            Taking.Taken taken = shelf.take(plan, (_, _) -> {});
            assertThat(taken.beside()).contains("billing").hasSize(before.size() + 1);
            Attested found = shelf.verify(plan, taken.id());
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

    /** Names are bytes in the encoding of whichever database they were made in: one must not cost all backups. */
    @Test
    void nameThatTheServerCannotSayCostsNoBackup() throws IOException {
        postgres.sql("postgres", "CREATE DATABASE raw TEMPLATE template0 ENCODING 'SQL_ASCII'");
        postgres.sql("postgres", "CREATE DATABASE one");
        postgres.sql("postgres", "CREATE DATABASE two");
        rename("one", "convert_from('\\x62fc72', 'SQL_ASCII')");
        rename("two", "convert_from('\\x62e472', 'SQL_ASCII')");
        try {
            Taking.Taken alike = shelf.take(plan(DumpFormat.CUSTOM), (_, _) -> {});
            assertThat(alike.beside().stream().filter(name -> name.startsWith("b")))
                    .as("both, as they read")
                    .hasSize(1);
            Plan raw = shelf.plan(new Source.Postgres(postgres.source("raw", passwordFile), DumpFormat.CUSTOM, 1));
            Taking.Taken unasked = shelf.take(raw, (_, _) -> {});
            assertThat(unasked.beside()).isEmpty();
            assertThat(unasked.warnings()).contains("which other databases the server has could not be asked");
        } finally {
            rename("convert_from('\\x62fc72', 'SQL_ASCII')", "'one'");
            rename("convert_from('\\x62e472', 'SQL_ASCII')", "'two'");
            for (String name : List.of("one", "two", "raw")) {
                postgres.sql("postgres", "DROP DATABASE " + name);
            }
        }
    }

    /** @param is as SQL of a database that takes any bytes */
    private static void rename(String is, String becomes) throws IOException {
        String from = is.startsWith("convert") ? is : "'" + is + "'";
        postgres.sql(
                "raw", "UPDATE pg_database SET datname = " + becomes + "::name WHERE datname = " + from + "::name");
    }

    /** One of a server of which {@code billing} is saved as well. */
    private Plan savedToo(Source.Database shop) {
        return shelf.plan(new Source.Postgres(shop, DumpFormat.CUSTOM, 1, Set.of("shop", "billing"), List.of()));
    }

    /** Then nobody knows which database it is that another plan names. */
    @Test
    void whereAServiceNamesAnotherDatabaseNoPlanCounts() throws IOException {
        Path services = passwordFile.resolveSibling("services");
        Files.writeString(services, "[here]\ndbname=shop\n");
        postgres.sql("postgres", "CREATE DATABASE billing");
        try {
            Source.Database shop = postgres.source("shop", passwordFile);
            Source.Database other = new Source.Database(
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

    /** No dump holds what belongs to an extension, and its owner may say that of any table of theirs. */
    @Test
    void aTableThatWasGivenToAnExtensionIsMissing() throws IOException {
        postgres.sql("shop", SHOP + """
                CREATE TABLE precious (id int);
                INSERT INTO precious SELECT generate_series(1, 7);
                CREATE EXTENSION citext;
                ALTER EXTENSION citext ADD TABLE precious;
                """);
        try {
            Plan plan = plan(DumpFormat.CUSTOM);
            assertThat(shelf.verify(plan, shelf.take(plan)).wrong())
                    .hasSize(2)
                    .contains("the table `public.precious` is missing, with 7 rows")
                    .anySatisfy(
                            why -> assertThat(why).contains("`ALTER EXTENSION \"citext\" DROP TABLE public.precious`"));
        } finally {
            postgres.sql("shop", "DROP EXTENSION citext"); // and its table with it
        }
    }

    /** A dump of several, of which one cannot go on. */
    @Test
    void oneOfSeveralDumpsThatFailsIsTheEndOfAll() throws IOException {
        postgres.sql("shop", SHOP + LARGE + "SELECT lo_unlink(oid) FROM pg_largeobject_metadata;");
        Plan plan = plan(DumpFormat.DIRECTORY);
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

    /** Names, and how each column is read, are the server's word, and part of what it is asked next. */
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
        Plan plan = shelf.plan(source("hostile", DumpFormat.CUSTOM));
        assertThatThrownBy(() -> shelf.take(plan)).isInstanceOf(BackupException.class);
        assertThat(bait).doesNotExist();
    }

    /** What was restored has no server that others could ask, nor a socket that they could open. */
    @Test
    void aScratchServerIsInReachOfNobody() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        List<String> looked = new ArrayList<>();
        assertThat(shelf.verify(plan, id, (doing, _) -> {
                            if (doing.startsWith("counting")) {
                                looked.add(doing);
                                inReachOfNobody();
                            }
                        })
                        .wrong())
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
                .hasMessageContaining("open to others");
    }

    @Test
    void nothingIsReadableWithoutTheKey() throws IOException {
        Plan plan = plan(DumpFormat.PLAIN);
        String id = shelf.take(plan);
        for (String name : List.of(Place.MANIFEST, Archive.WHOLE)) {
            assertThat(new String(Files.readAllBytes(shelf.file(plan, id, name)), StandardCharsets.ISO_8859_1))
                    .doesNotContain("orders")
                    .doesNotContain("thing 7");
        }
        shelf.changeKey(passwordFile.resolveSibling("other.key"));
        assertThat(shelf.verify(plan, id).wrong()).singleElement().asString().contains("of another key");
    }

    @Test
    void whatWasInterruptedDoesNotCount() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
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
        Plan plan = plan(DumpFormat.CUSTOM);
        Shelf kept = shelf.shelf(plan);
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
    void twoAreNotTakenAtOnce() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
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
    void whatCannotBeDumpedIsNoBackup() throws IOException {
        assertThatThrownBy(() -> shelf.take(shelf.plan(source("nowhere", DumpFormat.CUSTOM))))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("nowhere");
        assertThat(shelf.shelf(plan(DumpFormat.CUSTOM)).ids()).isEmpty();
    }
}
