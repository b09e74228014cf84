package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Resource;
import dev.interlock.backup.Attested;
import dev.interlock.backup.Plan;
import dev.interlock.backup.Taking;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.DatabaseLocale;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.Manifest;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.kept.Sequences;
import dev.interlock.backup.kept.Shelf;
import dev.interlock.backup.kept.TestingShelf;
import dev.interlock.backup.place.Place;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Digests;
import dev.interlock.backup.run.DisturbedException;
import dev.interlock.backup.run.PrivateFiles;
import dev.interlock.backup.source.Source;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real dumps of a real server, restored for real; and each way in which a backup can be worth nothing. */
class PostgresBackupTest {

    private static final String SHOP = """
            DROP SCHEMA IF EXISTS shop CASCADE;
            DROP SCHEMA IF EXISTS "Odd ""Name"" s" CASCADE;
            CREATE SCHEMA shop;
            CREATE SCHEMA "Odd ""Name"" s";
            CREATE TABLE shop.orders (id bigint PRIMARY KEY, what text NOT NULL, price numeric, at timestamptz,
                weight double precision, extra jsonb, photo bytea, twice bigint GENERATED ALWAYS AS (id * 2) STORED);
            INSERT INTO shop.orders SELECT i, 'thing ' || i, i / 7.0, timestamptz '2026-01-01 00:00Z' + i * interval '1 h',
                i / 3.0::float8, jsonb_build_object('n', i), decode(md5(i::text), 'hex') FROM generate_series(1, 500) i;
            INSERT INTO shop.orders VALUES (-1, E'new\\nline, "quotes" and \\u00fcml\\u00e4ut', NULL, NULL, 'NaN', NULL, NULL);
            CREATE INDEX orders_what ON shop.orders (lower(what));
            CREATE TABLE shop.years (at date NOT NULL, n int) PARTITION BY RANGE (at);
            CREATE TABLE shop.y2025 PARTITION OF shop.years FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
            CREATE TABLE shop.y2026 PARTITION OF shop.years FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
            INSERT INTO shop.years SELECT date '2025-06-01' + i, i FROM generate_series(1, 400) i;
            CREATE TABLE "Odd ""Name"" s"."a;b'c" ("x y" text);
            INSERT INTO "Odd ""Name"" s"."a;b'c" VALUES ('same'), ('same'), (NULL);
            CREATE VIEW shop.cheap AS SELECT * FROM shop.orders WHERE price < 10;
            CREATE MATERIALIZED VIEW shop.total AS SELECT count(*) FROM shop.orders;
            CREATE FUNCTION shop.more(int) RETURNS int LANGUAGE sql AS 'SELECT $1 + 1';
            ALTER TABLE shop.orders OWNER TO clerk;
            GRANT SELECT ON shop.orders TO reader;
            """;

    @TempDir
    private static Path directory;

    private static TestingPostgres postgres;

    private TestingShelf shelf;
    private Path passwordFile;

    @BeforeAll
    static void start() throws Exception {
        postgres = new TestingPostgres(directory);
        postgres.sql("postgres", "CREATE ROLE clerk; CREATE ROLE reader LOGIN");
    }

    @AfterAll
    static void stop() {
        if (postgres != null) {
            postgres.close();
        }
    }

    @BeforeEach
    void prepare(@TempDir Path own) throws IOException {
        shelf = new TestingShelf(own); // on another device than the server, as a backup should be
        passwordFile = own.resolve("password");
        PrivateFiles.write(passwordFile, (TestingPostgres.PASSWORD + "\n").getBytes(StandardCharsets.UTF_8));
        postgres.sql("shop", SHOP);
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    private Plan plan(DumpFormat format) {
        return shelf.plan(source("shop", format));
    }

    private Source source(String database, DumpFormat format) {
        return new Source.Postgres(
                postgres.source(database, passwordFile), format, format == DumpFormat.DIRECTORY ? 3 : 1);
    }

    /** What was taken before {@code change}, with the dump of what was there after it. */
    private Attested verifyWithDumpAfter(Plan plan, String change) throws IOException {
        String before = shelf.take(plan);
        postgres.sql("shop", change);
        String after = shelf.take(plan);
        for (String name : shelf.shelf(plan).manifest(after).files().keySet()) {
            shelf.forge(plan, before, name, shelf.plain(plan, after, name));
        }
        return shelf.verify(plan, before);
    }

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

    @Test
    void aDumpInSqlIsRestoredWhole() throws IOException {
        Plan plan = plan(DumpFormat.PLAIN);
        assertThat(shelf.verify(plan, shelf.take(plan)).wrong()).isEmpty();
    }

    /** Of these PostgreSQL keeps another expression than it was told, and another one again of what it dumps. */
    private static final String TOLD_OTHERWISE = """
            CREATE TABLE shop.states (v varchar CHECK (v IN ('new', 'paid')), w varchar CHECK (w NOT IN ('a', 'b')));
            CREATE INDEX ON shop.states (w) WHERE v IN ('new', 'paid');
            CREATE VIEW shop.some AS SELECT * FROM shop.states WHERE v IN ('new', 'it''s');
            """;

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aSchemaIsTheSameInOtherWords(DumpFormat format) throws IOException {
        postgres.sql("shop", TOLD_OTHERWISE);
        Plan plan = plan(format);
        assertThat(shelf.verify(plan, shelf.take(plan)).wrong()).isEmpty();
    }

    /** Neither what was dumped nor the words beside it can be another schema's. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void anAlteredSchemaIsFoundBehindOtherWords(DumpFormat format) throws IOException {
        postgres.sql("shop", TOLD_OTHERWISE);
        Plan plan = plan(format);
        String change = "ALTER TABLE shop.states DROP CONSTRAINT states_w_check, ADD CHECK (w NOT IN ('a', 'c'))";
        assertThat(verifyWithDumpAfter(plan, change).wrong()).containsExactly("the schema is not what it was");
        String before = shelf.take(plan);
        postgres.sql("shop", "ALTER TABLE shop.states ALTER v SET DEFAULT 'paid'");
        String after = shelf.take(plan);
        for (String name : shelf.shelf(plan).manifest(after).files().keySet()) {
            if (!name.equals(Archive.WORDS)) {
                shelf.forge(plan, before, name, shelf.plain(plan, after, name));
            }
        }
        assertThat(shelf.verify(plan, before).wrong()).containsExactly("the schema is not what it was");
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
        try {
            postgres.sql("shop", "INSERT INTO shop.orders VALUES (-2, 'late')");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void anAlteredRowIsFound(DumpFormat format) throws IOException {
        assertThat(verifyWithDumpAfter(plan(format), "UPDATE shop.orders SET price = price + 0.01 WHERE id = 77")
                        .wrong())
                .containsExactly("rows of `shop.orders` are not what they were");
    }

    @Test
    void aRowThatIsThereTwiceAndOneThatIsNotAreFound() throws IOException {
        assertThat(verifyWithDumpAfter(
                                plan(DumpFormat.CUSTOM),
                                "UPDATE \"Odd \"\"Name\"\" s\".\"a;b'c\" SET \"x y\" = 'same' WHERE \"x y\" IS NULL")
                        .wrong())
                .containsExactly("rows of `\"Odd \"\"Name\"\" s\".\"a;b'c\"` are not what they were");
    }

    /** A hash of each column would not see it: each column still holds what it held. */
    @Test
    void rowsThatExchangedAValueAreFound() throws IOException {
        postgres.sql(
                "shop",
                "CREATE TABLE shop.pairs (id bigint, what text);"
                        + "INSERT INTO shop.pairs SELECT i, 'thing ' || i FROM generate_series(1, 12) i;");
        // Of these two, the sum of what PostgreSQL hashes a record to stays the same.
        String exchange =
                "UPDATE shop.pairs SET what = CASE id WHEN 2 THEN 'thing 3' ELSE 'thing 2' END" + " WHERE id IN (2, 3)";
        assertThat(verifyWithDumpAfter(plan(DumpFormat.CUSTOM), exchange).wrong())
                .containsExactly("rows of `shop.pairs` are not what they were");
    }

    /** Values that are equal, and are not the same. */
    @Test
    void anotherValueThatIsEqualIsFound() throws IOException {
        List<String> changes = List.of(
                "n = 1.00",
                "i = '1 month'",
                "f = '-0'",
                "r = '{1.00}'",
                "j = '1.00'",
                "p = (1.0, '1 month')",
                "t = ''",
                "t = '', e = NULL"); // as many as are told
        StringBuilder tables = new StringBuilder("CREATE TYPE shop.pair AS (a numeric, b interval);");
        StringBuilder updates = new StringBuilder();
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < changes.size(); i++) {
            tables.append("""
                    CREATE TABLE shop.equal%1$d (n numeric, i interval, f float8, r numeric[], j jsonb, p shop.pair, t text, e text);
                    INSERT INTO shop.equal%1$d VALUES
                        (1.0, '30 days', 0, '{1.0}', '1.0', (1.0, '30 days'), NULL, '');
                    """.formatted(i));
            updates.append("UPDATE shop.equal%d SET %s;".formatted(i, changes.get(i)));
            wrong.add("rows of `shop.equal" + i + "` are not what they were");
        }
        postgres.sql("shop", tables.toString());
        assertThat(verifyWithDumpAfter(plan(DumpFormat.CUSTOM), updates.toString())
                        .wrong())
                .containsExactlyElementsOf(wrong);
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

    private static final String LARGE = """
            CREATE TABLE shop.large (id bigint PRIMARY KEY, what text);
            INSERT INTO shop.large SELECT i, md5(i::text) || repeat('x', 60) FROM generate_series(1, 30000) i;
            CREATE TABLE "Odd ""Name"" s"."l.*?$a|rge" (id bigserial PRIMARY KEY, what text);
            INSERT INTO "Odd ""Name"" s"."l.*?$a|rge" (what) SELECT what FROM shop.large;
            CREATE TABLE shop.largest (id bigint REFERENCES shop.large, what text);
            INSERT INTO shop.largest SELECT id, what FROM shop.large UNION ALL SELECT id, what FROM shop.large;
            CREATE INDEX ON shop.largest (what);
            SELECT lo_from_bytea(0, 'in no table');
            """;

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

    @Test
    void oneOfSeveralArchivesThatIsNotRightIsFound() throws IOException {
        postgres.sql("shop", SHOP + LARGE + "SELECT lo_unlink(oid) FROM pg_largeobject_metadata;");
        Plan plan = plan(DumpFormat.DIRECTORY);
        String id = shelf.take(plan);
        String other = shelf.take(plan);
        Path file = shelf.file(plan, id, "data-2");
        byte[] right = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(right, right.length - 1));
        assertThat(shelf.verify(plan, id).wrong()).singleElement().asString().endsWith(": it is cut off");
        byte[] altered = right.clone();
        altered[altered.length / 2] ^= 1;
        Files.write(file, altered);
        assertThat(shelf.verify(plan, id).wrong())
                .singleElement()
                .asString()
                .contains("its data-2 was altered, cut off or put in the place of another");
        Files.copy(shelf.file(plan, other, "data-2"), file, StandardCopyOption.REPLACE_EXISTING);
        assertThat(shelf.verify(plan, id).wrong()).singleElement().asString().contains("put in the place of another");
        Files.delete(file);
        assertThat(shelf.verify(plan, id).wrong()).singleElement().asString().startsWith("its data-2 has 0 bytes");
        Files.write(file, right);
        assertThat(shelf.verify(plan, id).wrong()).isEmpty();
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

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aMissingTableIsFound(DumpFormat format) throws IOException {
        assertThat(verifyWithDumpAfter(plan(format), "DROP TABLE shop.y2025").wrong())
                .contains("the table `shop.y2025` is missing, with 213 rows", "the schema is not what it was");
    }

    @Test
    void missingRowsAreFound() throws IOException {
        assertThat(verifyWithDumpAfter(plan(DumpFormat.CUSTOM), "DELETE FROM shop.orders WHERE id > 400")
                        .wrong())
                .containsExactly("`shop.orders` has 401 rows, and had 501");
    }

    @Test
    void whatIsNotInTheSchemaAnyMoreIsFound() throws IOException {
        assertThat(verifyWithDumpAfter(plan(DumpFormat.CUSTOM), "DROP INDEX shop.orders_what")
                        .wrong())
                .containsExactly("the schema is not what it was");
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void oneOfWhichSomethingChangedOnTheTargetIsFound(DumpFormat format) throws IOException {
        Plan plan = plan(format);
        String id = shelf.take(plan);
        for (String name : shelf.shelf(plan).manifest(id).files().keySet()) {
            shelf.assertDamageIsFound(plan, id, name);
        }
    }

    /** Which of its files holds rows. */
    private static String rows(DumpFormat format) {
        return format == DumpFormat.DIRECTORY ? "data-1" : Archive.WHOLE;
    }

    /** As by a disk or a cable before it was encrypted: every digest is right. */
    @ParameterizedTest
    @EnumSource(
            value = DumpFormat.class,
            names = {"CUSTOM", "DIRECTORY"})
    void corruptedCompressionIsFound(DumpFormat format) throws IOException {
        Plan plan = plan(format);
        String id = shelf.take(plan);
        byte[] content = shelf.plain(plan, id, rows(format));
        int from = content.length * 3 / 4;
        Arrays.fill(content, from, from + 64, (byte) 0x55);
        shelf.forge(plan, id, rows(format), content);
        assertThat(shelf.verify(plan, id).wrong()).singleElement().asString().startsWith("it does not restore: `");
    }

    /** As by a full disk that nobody noticed: what there is of it may well restore. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void oneThatWasCutOffBeforeItWasEncryptedIsFound(DumpFormat format) throws IOException {
        Plan plan = plan(format);
        String id = shelf.take(plan);
        byte[] content = shelf.plain(plan, id, rows(format));
        shelf.forge(plan, id, rows(format), Arrays.copyOf(content, content.length / 2));
        assertThat(shelf.verify(plan, id).wrong()).isNotEmpty();
        shelf.forge(plan, id, rows(format), new byte[0]);
        assertThat(shelf.verify(plan, id).wrong()).isNotEmpty();
    }

    /** A constraint that finds its table only where somebody has set a path, as nobody has who restores. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void oneThatRestoresWithAnErrorIsFound(DumpFormat format) throws IOException {
        postgres.sql("shop", """
                SET search_path = shop;
                CREATE TABLE allowed (id int);
                INSERT INTO allowed VALUES (1);
                CREATE FUNCTION is_allowed(int) RETURNS bool LANGUAGE plpgsql AS
                    $$ BEGIN RETURN EXISTS (SELECT FROM allowed WHERE id = $1); END $$;
                CREATE TABLE picky (id int CHECK (shop.is_allowed(id)));
                INSERT INTO picky VALUES (1);
                """);
        Plan plan = plan(format);
        assertThat(shelf.verify(plan, shelf.take(plan)).wrong())
                .singleElement()
                .asString()
                .startsWith("it does not restore: `")
                .contains("relation \"allowed\" does not exist");
    }

    @Test
    void aStatementThatFailsIsFound() throws IOException {
        Plan plan = plan(DumpFormat.PLAIN);
        String id = shelf.take(plan);
        String content = new String(shelf.plain(plan, id, Archive.WHOLE), StandardCharsets.UTF_8);
        shelf.forge(plan, id, Archive.WHOLE, (content + "\nSELECT 1/0;\n").getBytes(StandardCharsets.UTF_8));
        assertThat(shelf.verify(plan, id).wrong()).singleElement().asString().contains("division by zero");
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void oneOfAnotherSourceIsFound(DumpFormat format) throws IOException {
        postgres.sql("postgres", "DROP DATABASE IF EXISTS other");
        postgres.sql("postgres", "CREATE DATABASE other TEMPLATE shop");
        String id = shelf.take(shelf.plan(source("other", format)));
        assertThat(shelf.verify(plan(format), id).wrong())
                .singleElement()
                .asString()
                .startsWith("it was taken from `")
                .contains("/other`");
        Plan plan = plan(format);
        Plan ofAnother = new Plan(
                plan.name(),
                Resource.parse("railway:volume/v2"),
                plan.source(),
                plan.target(),
                plan.every(),
                plan.keep());
        assertThat(shelf.verify(ofAnother, shelf.take(plan)).wrong())
                .containsExactly(
                        "it was taken as a copy of `railway:volume/v1`, and the plan says `railway:volume/v2`");
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void anEmptyOneIsFound(DumpFormat format) throws IOException {
        postgres.sql("postgres", "DROP DATABASE IF EXISTS empty");
        postgres.sql("postgres", "CREATE DATABASE empty");
        Plan plan = shelf.plan(source("empty", format));
        assertThat(shelf.verify(plan, shelf.take(plan)).wrong())
                .containsExactly("it is empty: no table of it has a row");
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void oneOnTheSameDeviceIsRightAndWorthNothing(DumpFormat format) throws IOException {
        Plan plan = shelf.plan(source("shop", format), passwordFile.resolveSibling("beside"));
        Taking.Taken taken = shelf.take(plan, (_, _) -> {});
        assertThat(taken.separation()).isEqualTo(Separation.SAME);
        assertThat(shelf.verify(plan, taken.id()).wrong())
                .containsExactly("it lies on the same device as what it is a copy of");
    }

    /**
     * An older one under the name of a younger one: with its manifest, without it, and as only who has the key could.
     */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void oneThatIsOlderThanItSaysIsFound(DumpFormat format) throws IOException {
        Plan plan = plan(format);
        String old = shelf.take(plan);
        postgres.sql("shop", "INSERT INTO shop.orders VALUES (-3, 'younger')");
        String young = shelf.take(plan);
        Map<Path, byte[]> right = new HashMap<>();
        for (String name : shelf.shelf(plan).manifest(old).files().keySet()) {
            Path file = shelf.file(plan, young, name);
            right.put(file, Files.readAllBytes(file));
            Files.copy(shelf.file(plan, old, name), file, StandardCopyOption.REPLACE_EXISTING);
        }
        assertThat(shelf.verify(plan, young).restored()).isFalse();
        Path manifest = shelf.file(plan, young, Place.MANIFEST);
        right.put(manifest, Files.readAllBytes(manifest));
        Files.copy(shelf.file(plan, old, Place.MANIFEST), manifest, StandardCopyOption.REPLACE_EXISTING);
        assertThat(shelf.verify(plan, young).wrong()).singleElement().asString().contains("is not what was written");
        for (Map.Entry<Path, byte[]> file : right.entrySet()) {
            Files.write(file.getKey(), file.getValue());
        }
        shelf.forge(plan, young, rows(format), shelf.plain(plan, old, rows(format)));
        assertThat(shelf.verify(plan, young).wrong()).containsExactly("`shop.orders` has 501 rows, and had 502");
    }

    /** What is restored is a program of whoever could write to the source. */
    @Test
    void aDumpReachesNothingOfThisMachine() throws IOException {
        Path bait = Files.createDirectory(shelf.scratch.resolveSibling(shelf.scratch.getFileName() + "-bait"));
        Files.setPosixFilePermissions(bait, PosixFilePermissions.fromString("rwxrwxrwx"));
        Plan plan = plan(DumpFormat.PLAIN);
        String id = shelf.take(plan);
        String content = new String(shelf.plain(plan, id, Archive.WHOLE), StandardCharsets.UTF_8)
                + "\n\\! touch " + bait + "/by-psql\n"
                + "DO $$ BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''cat >/dev/null; touch " + bait
                + "/by-server || true''';"
                + " END $$;\n"
                + "\\! test ! -e /etc/hostname && test ! -e /home && test $(ls -d /proc/[0-9]* | wc -l) -lt 8 || kill -9 $PPID\n";
        shelf.forge(plan, id, Archive.WHOLE, content.getBytes(StandardCharsets.UTF_8));
        Attested found = shelf.verify(plan, id);
        try (Stream<Path> touched = Files.list(bait)) {
            assertThat(touched).isEmpty();
        }
        assertThat(found.wrong()).isEmpty();
        Files.delete(bait);
    }

    @Test
    void thePasswordIsInNoCommandLineAndNoEnvironment() throws IOException {
        Map<String, String> seen = new HashMap<>();
        shelf.take(plan(DumpFormat.CUSTOM), (doing, _) -> {
            for (ProcessHandle process : ProcessHandle.current().descendants().toList()) {
                for (String file : List.of("cmdline", "environ")) {
                    seen.merge(file, read(Path.of("/proc/" + process.pid(), file)), String::concat);
                }
            }
        });
        assertThat(seen.get("cmdline")).contains("pg_dump").doesNotContain("horse");
        assertThat(seen.get("environ")).contains("PGPASSFILE").doesNotContain("horse");
    }

    private static String read(Path path) {
        try {
            return Files.readString(path, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // it has ended
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

    /** What the machine does to a trial is no word about the backup. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aTrialThatIsInterruptedSaysNothing(DumpFormat format) throws IOException {
        Plan plan = plan(format);
        String id = shelf.take(plan);
        for (String moment : List.of("restoring", "counting")) {
            AtomicBoolean interrupted = new AtomicBoolean();
            assertThatThrownBy(() -> shelf.verify(plan, id, (doing, _) -> {
                        if (doing.startsWith(moment) && interrupted.compareAndSet(false, true)) {
                            shelf.interrupt();
                        }
                    }))
                    .as(moment)
                    .isInstanceOf(BackupException.class);
            assertThat(interrupted).isTrue();
        }
        assertThat(shelf.verify(plan, id).wrong()).isEmpty();
    }

    /** As systemd and an empty memory end them: from outside, and nobody has told this process. */
    @ParameterizedTest
    @ValueSource(strings = {"pg_restore", "postgres", "postgres: interlock_scratch restored", "bwrap"})
    void aTrialWhoseProgramsAreKilledSaysNothing(String victim) throws IOException {
        postgres.sql("shop", "INSERT INTO shop.orders SELECT i, md5(i::text) FROM generate_series(1000, 200000) i");
        Plan plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        AtomicBoolean killed = new AtomicBoolean();
        assertThatThrownBy(() -> shelf.verify(plan, id, (doing, bytes) -> {
                    if (bytes > 500_000 && killed.compareAndSet(false, true)) {
                        kill(victim);
                    }
                }))
                .isInstanceOf(DisturbedException.class);
        assertThat(killed).isTrue();
    }

    /** A table of jobs holds such words; the row that breaks a constraint is shown with the error. */
    @ParameterizedTest
    @EnumSource(
            value = DumpFormat.class,
            names = {"CUSTOM", "PLAIN"})
    void whatARowSaysIsNotWhatTheMachineSays(DumpFormat format) throws IOException {
        postgres.sql("shop", """
                CREATE TABLE shop.zkinds (k text); INSERT INTO shop.zkinds VALUES ('copy');
                CREATE FUNCTION shop.known(text) RETURNS bool LANGUAGE sql
                    AS 'SELECT EXISTS (SELECT FROM shop.zkinds WHERE k = $1)';
                CREATE TABLE shop.jobs (id int, kind text CHECK (shop.known(kind)), message text);
                INSERT INTO shop.jobs VALUES (1, 'copy', 'No space left on device');
                """);
        Plan plan = plan(format);
        assertThat(shelf.verify(plan, shelf.take(plan)).wrong())
                .singleElement()
                .asString()
                .contains("does not restore");
    }

    private static void kill(String program) {
        List<ProcessHandle> found = ProcessHandle.current()
                .descendants()
                .filter(process -> read(Path.of("/proc/" + process.pid() + "/comm"))
                                .strip()
                                .equals(program)
                        // As a server's processes call themselves.
                        || read(Path.of("/proc/" + process.pid() + "/cmdline")).startsWith(program + " "))
                // The server of this test is a child of its own.
                .filter(process -> read(Path.of("/proc/" + process.pid() + "/root/etc/passwd"))
                        .startsWith("scratch:"))
                .toList();
        assertThat(found).isNotEmpty();
        found.forEach(ProcessHandle::destroyForcibly);
    }

    /** Anybody with a shell can fill a disk. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aTrialThatRanOutOfRoomSaysNothing(DumpFormat format) throws Exception {
        postgres.sql(
                "shop",
                "INSERT INTO shop.orders SELECT i, repeat(md5(i::text), 20) FROM generate_series(1000, 80000) i");
        Plan plan = plan(format);
        String id = shelf.take(plan);
        assertThat(shelf.verifyAndNote(plan, id).restored()).isTrue();
        Path small = Files.createDirectory(shelf.scratch.resolveSibling(shelf.scratch.getFileName() + "-small"));
        Assumptions.assumeTrue(
                new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=96m,mode=711", "tmpfs", small.toString())
                                .start()
                                .waitFor()
                        == 0,
                "nothing can be mounted here");
        try {
            assertThatThrownBy(() -> shelf.verify(plan, id, small, (_, _) -> {}))
                    .isInstanceOf(DisturbedException.class)
                    // Where half of a page found room, PostgreSQL says only what it could not do.
                    .hasMessageMatching("(?s).*(No space left on device|could not extend file).*");
        } finally {
            new ProcessBuilder("umount", small.toString()).start().waitFor();
            Files.delete(small);
        }
        assertThat(shelf.listing(plan).youngest().orElseThrow().attested().orElseThrow())
                .matches(Attested::restored);
    }

    private static final String SEQUENCES = """
            CREATE SEQUENCE shop.numbers;
            SELECT nextval('shop.numbers') FROM generate_series(1, 12);
            CREATE SEQUENCE shop."un used" START 7;
            CREATE SEQUENCE shop.down INCREMENT -2;
            SELECT nextval('shop.down');
            CREATE TABLE shop.numbered (id int GENERATED ALWAYS AS IDENTITY, what text);
            INSERT INTO shop.numbered (what) VALUES ('one'), ('two');
            """;

    /** A number that was given to somebody before would be given once more. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aSequenceThatStandsElsewhereIsFound(DumpFormat format) throws IOException {
        postgres.sql("shop", SEQUENCES);
        assertThat(verifyWithDumpAfter(plan(format), """
                        SELECT setval('shop.numbers', 5), setval('shop."un used"', 7, true), nextval('shop.down'),
                            setval('shop.numbered_id_seq', 2, false)
                        """).wrong())
                .containsExactly(
                        "the sequence `shop.\"un used\"` stands at 7 and stood at 7 (given to nobody)",
                        "the sequence `shop.down` stands at -3 and stood at -1",
                        "the sequence `shop.numbered_id_seq` stands at 2 (given to nobody) and stood at 2",
                        "the sequence `shop.numbers` stands at 5 and stood at 12");
    }

    @Test
    void aSequenceThatIsMissingIsFound() throws IOException {
        postgres.sql("shop", SEQUENCES);
        assertThat(verifyWithDumpAfter(plan(DumpFormat.CUSTOM), "DROP SEQUENCE shop.numbers; CREATE SEQUENCE shop.more")
                        .wrong())
                .containsExactly(
                        "the schema is not what it was",
                        "the sequence `shop.numbers` is missing",
                        "there is a sequence `shop.more` that there was not");
    }

    /** No snapshot holds a sequence still: what is dumped is neither what it was before nor what it is after. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void numbersThatAreGivenWhileItIsTakenDisturbNothing(DumpFormat format) throws IOException {
        postgres.sql("shop", SEQUENCES + """
                CREATE SEQUENCE shop.circle MAXVALUE 3 CYCLE;
                CREATE SEQUENCE shop.back;
                SELECT setval('shop.back', 1000);
                """);
        Plan plan = plan(format);
        String id = shelf.take(plan, (doing, _) -> {
                    if (doing.equals("begun") || doing.equals("dumping")) {
                        give();
                    }
                })
                .id();
        Sequences sequences = ((PostgresDump) shelf.shelf(plan).manifest(id).holding())
                .sequences()
                .orElseThrow();
        assertThat(sequences.all().get("shop.numbers"))
                .hasValueSatisfying(span -> assertThat(span.from())
                        .isEqualTo(new Sequences.At(12, true))
                        .isNotEqualTo(span.to()));
        assertThat(sequences.all()).containsEntry("shop.circle", Optional.empty());
        assertThat(sequences.all()).containsEntry("shop.back", Optional.empty());
        assertThat(shelf.verify(plan, id).wrong()).isEmpty();
    }

    private static void give() {
        try {
            postgres.sql("shop", """
                    SELECT nextval('shop.numbers'), nextval('shop.down'), nextval('shop."un used"'), nextval('shop.circle'),
                        setval('shop.back', 1)
                    """);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One of an older manifest is compared without. */
    @Test
    void whereNobodyLookedAtSequencesTheyAreNotCompared() throws IOException {
        postgres.sql("shop", SEQUENCES);
        Plan plan = plan(DumpFormat.CUSTOM);
        String before = shelf.take(plan);
        postgres.sql("shop", "SELECT setval('shop.numbers', 5)");
        String after = shelf.take(plan);
        shelf.forge(plan, before, Archive.WHOLE, shelf.plain(plan, after, Archive.WHOLE));
        assertThat(shelf.verify(plan, before).wrong()).isNotEmpty();
        shelf.rewrite(plan, before, was -> with(was, ((PostgresDump) was.holding()).locale(), Optional.empty()));
        assertThat(shelf.shelf(plan).manifest(before).holding().type()).isEqualTo("interlock-backup@v3");
        assertThat(shelf.verify(plan, before).wrong()).isEmpty();
    }

    private static Manifest located(Manifest was, Optional<DatabaseLocale> locale) {
        return with(was, locale, locale.flatMap(_ -> ((PostgresDump) was.holding()).sequences()));
    }

    private static Manifest with(Manifest was, Optional<DatabaseLocale> locale, Optional<Sequences> sequences) {
        PostgresDump dump = (PostgresDump) was.holding();
        return TestingShelf.with(
                was,
                was.files(),
                new PostgresDump(
                        dump.major(),
                        dump.encoding(),
                        locale,
                        dump.format(),
                        dump.roles(),
                        dump.contents(),
                        sequences));
    }

    /** One that was taken before manifests had a locale is summed as it was then: all columns, in their order. */
    @Test
    void oneOfAnOlderManifestIsTriedAsItWasTaken() throws IOException {
        postgres.sql("postgres", "DROP DATABASE IF EXISTS before");
        postgres.sql("postgres", "CREATE DATABASE before");
        postgres.sql("before", "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (2, 'y')");
        Plan plan = shelf.plan(source("before", DumpFormat.CUSTOM));
        String id = shelf.take(plan);
        shelf.rewrite(plan, id, was -> located(was, Optional.empty()));
        assertThat(shelf.shelf(plan).manifest(id).holding().type()).isEqualTo("interlock-backup@v2");
        assertThat(shelf.verify(plan, id).wrong()).isEmpty();
        for (String other : List.of(
                "ALTER TABLE t ADD aa int DEFAULT 3", // by name it would stand between the others
                "ALTER TABLE t DROP aa; ALTER TABLE t ADD c int GENERATED ALWAYS AS (a + 1) STORED")) {
            postgres.sql("before", other);
            String next = shelf.take(plan);
            assertThat(shelf.verify(plan, next).wrong()).isEmpty();
            shelf.rewrite(plan, next, was -> located(was, Optional.empty()));
            assertThat(shelf.verify(plan, next).wrong()).containsExactly("rows of `public.t` are not what they were");
        }
    }

    /** It says nothing about the backup that this machine knows fewer languages. */
    @Test
    void aLocaleThatThisMachineHasNotIsNamed() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        for (DatabaseLocale unknown : List.of(
                new DatabaseLocale("c", "xx_XX.UTF-8", "C", Optional.empty(), Optional.empty(), "C"),
                new DatabaseLocale("c", "C", "C", Optional.empty(), Optional.empty(), "xx_XX.UTF-8"))) {
            shelf.rewrite(plan, id, was -> located(was, Optional.of(unknown)));
            assertThatThrownBy(() -> shelf.verify(plan, id))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("locale-gen")
                    .hasMessageContaining("xx_XX.UTF-8");
        }
    }

    /** The cluster that is copied is made once, and what a dump does to its copy is gone with that. */
    @Test
    void noDumpReachesWhatTheNextIsRestoredInto() throws Exception {
        Plan plan = plan(DumpFormat.PLAIN);
        String id = shelf.take(plan);
        assertThat(shelf.verify(plan, id).wrong()).isEmpty();
        Path template;
        try (Stream<Path> all = Files.list(shelf.scratch)) {
            template = all.toList().getFirst();
        }
        assertThat(template.getFileName().toString()).startsWith("cluster-");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(template)))
                .isEqualTo("rwx------");
        assertThat(Files.getAttribute(template, "unix:uid")).isEqualTo(0);
        Map<Path, String> before = digests(template);
        assertThat(before).hasSizeGreaterThan(900);
        String content = new String(shelf.plain(plan, id, Archive.WHOLE), StandardCharsets.UTF_8) + """

                CREATE ROLE evil SUPERUSER LOGIN;
                ALTER DATABASE template1 SET search_path = evil;
                \\! for d in $(find / -xdev -name PG_VERSION 2>/dev/null); do echo evil >> "$d"; done
                \\! test -z "$(find / -name 'cluster-*' 2>/dev/null)" || kill -11 $PPID
                """;
        shelf.forge(plan, id, Archive.WHOLE, content.getBytes(StandardCharsets.UTF_8));
        assertThat(shelf.verify(plan, id).wrong()).isEmpty();
        assertThat(digests(template)).isEqualTo(before);
        assertThat(shelf.verify(plan, shelf.take(plan)).wrong()).isEmpty();
    }

    private static Map<Path, String> digests(Path root) throws Exception {
        Map<Path, String> digests = new HashMap<>();
        try (Stream<Path> all = Files.walk(root)) {
            for (Path path : all.toList()) {
                String content = Files.isRegularFile(path)
                        ? HexFormat.of().formatHex(Digests.sha256().digest(Files.readAllBytes(path)))
                        : "";
                digests.put(path, content + Files.readAttributes(path, "unix:ino,mode,uid"));
            }
        }
        return digests;
    }

    /** One that does not start is made anew. */
    @Test
    void aClusterThatHasRottedIsMadeAgain() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        assertThat(shelf.verify(plan, id).wrong()).isEmpty();
        try (Stream<Path> all = Files.walk(shelf.scratch)) {
            Files.writeString(
                    all.filter(path -> path.endsWith("global/pg_control"))
                            .findFirst()
                            .orElseThrow(),
                    "rotten");
        }
        assertThatThrownBy(() -> shelf.verify(plan, id)).hasMessageContaining("did not start");
        assertThat(shelf.verify(plan, id).wrong()).isEmpty();
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
