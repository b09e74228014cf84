package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Resource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real dumps of a real server, restored for real; and each way in which a backup can be worth nothing. */
class BackupTest {

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

    private final SecureRandom random = new SecureRandom();
    private final Children children = new Children();
    private Path passwordFile;
    private Path shelves;
    private Path scratch;
    private Encryption encryption;

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
        // Another device than the server's, as a backup's should be.
        Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isWritable(memory), "there is no second device to write to");
        shelves = Files.createTempDirectory(memory, "shelves");
        scratch = Files.createTempDirectory("il");
        Files.setPosixFilePermissions(scratch, java.nio.file.attribute.PosixFilePermissions.fromString("rwx--x--x"));
        passwordFile = own.resolve("password");
        PrivateFiles.write(passwordFile, (TestingPostgres.PASSWORD + "\n").getBytes(StandardCharsets.UTF_8));
        Path key = own.resolve("backup.key");
        Encryption.newKey(key);
        encryption = Encryption.of(key);
        postgres.sql("shop", SHOP);
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        children.close();
        try (Stream<Path> left = Files.list(scratch)) {
            assertThat(left).isEmpty();
        }
        PrivateFiles.removeTree(shelves);
        PrivateFiles.removeTree(scratch);
    }

    private Plan plan(DumpFormat format) {
        return plan("shop", format, shelves);
    }

    private Plan plan(String database, DumpFormat format, Path target) {
        return new Plan(
                "shop-db",
                Resource.parse("railway:volume/v1"),
                new Source.Postgres(
                        postgres.source(database, passwordFile), format, format == DumpFormat.DIRECTORY ? 3 : 1),
                new Target.Directory(target),
                Duration.ofHours(24),
                Retention.USUAL);
    }

    private Taking.Taken take(Plan plan) throws IOException {
        return take(plan, (_, _) -> {});
    }

    private Taking.Taken take(Plan plan, Progress progress) throws IOException {
        return new Taking(plan, encryption, scratch, Optional.empty(), children, Clock.systemUTC(), random)
                .take(progress);
    }

    private Attested verify(Plan plan, String id) throws IOException {
        return new Verification(plan, encryption, scratch, Optional.empty(), children, Clock.systemUTC(), random)
                .verify(id, (_, _) -> {});
    }

    private Shelf shelf(Plan plan) throws IOException {
        return Shelf.of(plan, encryption, Clock.systemUTC());
    }

    private static Path directory(Plan plan) {
        return ((Target.Directory) plan.target()).path().resolve(plan.name());
    }

    private static Path file(Plan plan, String id, String name) {
        return directory(plan).resolve(id).resolve(name);
    }

    private byte[] dump(Plan plan, String id) throws IOException {
        Shelf shelf = shelf(plan);
        try (InputStream in = shelf.decrypted(Files.newInputStream(file(plan, id, Archive.WHOLE)), id, Archive.WHOLE)) {
            return in.readAllBytes();
        }
    }

    /** As only somebody with the key could: {@code content} in the place of what was dumped, and all digests right. */
    private void forge(Plan plan, String id, byte[] content) throws IOException {
        Shelf shelf = shelf(plan);
        Manifest was = shelf.manifest(id);
        ByteArrayOutputStream encrypted = new ByteArrayOutputStream();
        try (OutputStream out = encryption.into(encrypted, plan.name(), id, Archive.WHOLE)) {
            out.write(content);
        }
        byte[] bytes = encrypted.toByteArray();
        Manifest.StoredFile file = new Manifest.StoredFile(
                bytes.length,
                java.util.HexFormat.of().formatHex(SchemaText.sha256().digest(bytes)),
                content.length);
        Files.write(file(plan, id, Archive.WHOLE), bytes);
        rewrite(plan, with(was, Map.of(Archive.WHOLE, file), was.separation(), was.origin()));
    }

    private void rewrite(Plan plan, Manifest manifest) throws IOException {
        Path file = file(plan, manifest.id(), Shelf.MANIFEST);
        Files.delete(file);
        try (OutputStream out =
                encryption.into(Files.newOutputStream(file), plan.name(), manifest.id(), Shelf.MANIFEST)) {
            out.write(manifest.json().canonical());
        }
    }

    private static Manifest with(
            Manifest was, Map<String, Manifest.StoredFile> files, Separation separation, String origin) {
        return new Manifest(was.plan(), was.id(), was.of(), was.takenAt(), origin, separation, files, was.holding());
    }

    /** What was taken before {@code change}, with the dump of what was there after it. */
    private Attested verifyWithDumpAfter(Plan plan, String change) throws IOException {
        String before = take(plan).id();
        postgres.sql("shop", change);
        String after = take(plan).id();
        forge(plan, before, dump(plan, after));
        return verify(plan, before);
    }

    @Test
    void whatWasTakenIsRestoredWhole() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
        Taking.Taken taken = take(plan);
        assertThat(taken.amount()).isEqualTo(new Amount.Rows(4, 501 + 400 + 3));
        Attested found = verify(plan, taken.id());
        assertThat(found.wrong()).isEmpty();
        assertThat(found.restored()).isTrue();
        assertThat(found.json().whole("rows")).isEqualTo(904);
        assertThat(found.json().text("separation")).isEqualTo("apart");
    }

    @Test
    void aDumpInSqlIsRestoredWhole() throws IOException {
        Plan plan = plan(DumpFormat.PLAIN);
        assertThat(verify(plan, take(plan).id()).wrong()).isEmpty();
    }

    /** What is written while it is taken is in neither the dump nor the counts. */
    @Test
    void dumpAndCountsSeeOneMoment() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
        AtomicBoolean written = new AtomicBoolean();
        String id = take(plan, (_, _) -> {
                    if (!written.getAndSet(true)) {
                        insert();
                    }
                })
                .id();
        assertThat(written).isTrue();
        assertThat(shelf(plan).manifest(id).holding().amount()).isEqualTo(new Amount.Rows(4, 904));
        assertThat(verify(plan, id).wrong()).isEmpty();
    }

    private static void insert() {
        try {
            postgres.sql("shop", "INSERT INTO shop.orders VALUES (-2, 'late')");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void anAlteredRowIsFound() throws IOException {
        assertThat(verifyWithDumpAfter(
                                plan(DumpFormat.CUSTOM), "UPDATE shop.orders SET price = price + 0.01 WHERE id = 77")
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
        assertThat(verify(plan, take(plan).id()).wrong()).isEmpty();
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
        Taking.Taken taken = take(plan);
        Manifest manifest = shelf(plan).manifest(taken.id());
        assertThat(manifest.files()).containsOnlyKeys("schema", "data-1", "data-2", "data-3");
        assertThat(manifest.files().values()).allMatch(file -> file.plainBytes() > 2_000);
        assertThat(((PostgresDump) manifest.holding()).contents().largeObjects())
                .isPositive();
        assertThat(taken.amount()).isEqualTo(new Amount.Rows(7, 904 + 4 * 30_000));
        assertThat(verify(plan, taken.id()).wrong()).isEmpty();
        try (Stream<Path> files = Files.walk(shelves)) {
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
        String id = take(plan, (_, _) -> {
                    if (!written.getAndSet(true)) {
                        insert();
                    }
                })
                .id();
        assertThat(shelf(plan).manifest(id).holding().amount()).isEqualTo(new Amount.Rows(7, 904 + 4 * 30_000));
        assertThat(verify(plan, id).wrong()).isEmpty();
    }

    @Test
    void oneOfSeveralArchivesThatIsNotRightIsFound() throws IOException {
        postgres.sql("shop", SHOP + LARGE + "SELECT lo_unlink(oid) FROM pg_largeobject_metadata;");
        Plan plan = plan(DumpFormat.DIRECTORY);
        String id = take(plan).id();
        String other = take(plan).id();
        Path file = file(plan, id, "data-2");
        byte[] right = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(right, right.length - 1));
        assertThat(verify(plan, id).wrong()).singleElement().asString().endsWith(": it is cut off");
        byte[] altered = right.clone();
        altered[altered.length / 2] ^= 1;
        Files.write(file, altered);
        assertThat(verify(plan, id).wrong())
                .singleElement()
                .asString()
                .contains("its data-2 was altered, cut off or put in the place of another");
        Files.copy(file(plan, other, "data-2"), file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertThat(verify(plan, id).wrong()).singleElement().asString().contains("put in the place of another");
        Files.delete(file);
        assertThat(verify(plan, id).wrong()).singleElement().asString().startsWith("its data-2 has 0 bytes");
        Files.write(file, right);
        assertThat(verify(plan, id).wrong()).isEmpty();
    }

    /** A dump of several, of which one cannot go on. */
    @Test
    void oneOfSeveralDumpsThatFailsIsTheEndOfAll() throws IOException {
        postgres.sql("shop", SHOP + LARGE + "SELECT lo_unlink(oid) FROM pg_largeobject_metadata;");
        Plan plan = plan(DumpFormat.DIRECTORY);
        AtomicBoolean killed = new AtomicBoolean();
        assertThatThrownBy(() -> take(plan, (doing, _) -> {
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
        assertThat(shelf(plan).ids()).isEmpty();
    }

    @Test
    void aMissingTableIsFound() throws IOException {
        assertThat(verifyWithDumpAfter(plan(DumpFormat.CUSTOM), "DROP TABLE shop.y2025")
                        .wrong())
                .contains("the table `shop.y2025` is missing, with 213 rows");
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

    @Test
    void aDumpThatWasCutOffIsFound() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
        String id = take(plan).id();
        try (FileChannel file = FileChannel.open(file(plan, id, Archive.WHOLE), StandardOpenOption.WRITE)) {
            file.truncate(file.size() - 1000);
        }
        assertThat(verify(plan, id).wrong()).singleElement().asString().endsWith(": it is cut off");
    }

    @Test
    void aDumpOfWhichOneBitChangedIsFound() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
        String id = take(plan).id();
        Path file = file(plan, id, Archive.WHOLE);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        assertThat(verify(plan, id).wrong())
                .containsExactly("it does not restore: its dump was altered, cut off or put in the place of another");
    }

    /** As by a disk or a cable before it was encrypted: every digest is right. */
    @Test
    void corruptedCompressionIsFound() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
        String id = take(plan).id();
        byte[] content = dump(plan, id);
        int from = content.length * 3 / 4;
        java.util.Arrays.fill(content, from, from + 64, (byte) 0x55);
        forge(plan, id, content);
        assertThat(verify(plan, id).wrong()).singleElement().asString().startsWith("it does not restore: `");
    }

    @Test
    void aDumpThatRestoresWithAnErrorIsFound() throws IOException {
        Plan plan = plan(DumpFormat.PLAIN);
        String id = take(plan).id();
        String content = new String(dump(plan, id), StandardCharsets.UTF_8);
        forge(plan, id, (content + "\nSELECT 1/0;\n").getBytes(StandardCharsets.UTF_8));
        assertThat(verify(plan, id).wrong()).singleElement().asString().contains("division by zero");
    }

    @Test
    void oneOfAnotherDatabaseIsFound() throws IOException {
        postgres.sql("postgres", "DROP DATABASE IF EXISTS other");
        postgres.sql("postgres", "CREATE DATABASE other TEMPLATE shop");
        Plan other = plan("other", DumpFormat.CUSTOM, shelves);
        String id = take(other).id();
        assertThat(verify(plan(DumpFormat.CUSTOM), id).wrong())
                .singleElement()
                .asString()
                .startsWith("it was taken from `")
                .contains("/other`");
    }

    @Test
    void anEmptyOneIsFound() throws IOException {
        postgres.sql("postgres", "DROP DATABASE IF EXISTS empty");
        postgres.sql("postgres", "CREATE DATABASE empty");
        Plan plan = plan("empty", DumpFormat.CUSTOM, shelves);
        assertThat(verify(plan, take(plan).id()).wrong()).containsExactly("it is empty: no table of it has a row");
    }

    @Test
    void oneOnTheSameDeviceIsRightAndWorthNothing() throws IOException {
        Path beside = directory.resolve("beside");
        Plan plan = plan("shop", DumpFormat.CUSTOM, beside);
        Taking.Taken taken = take(plan);
        assertThat(taken.sameDevice()).isTrue();
        assertThat(verify(plan, taken.id()).wrong())
                .containsExactly("it lies on the same device as what it is a copy of");
    }

    /** An older one under the name of a younger one. */
    @Test
    void oneUnderTheNameOfAnotherIsFound() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
        String old = take(plan).id();
        String young = take(plan).id();
        for (String name : List.of(Shelf.MANIFEST, Archive.WHOLE)) {
            Files.copy(
                    file(plan, old, name), file(plan, young, name), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
        Attested found = verify(plan, young);
        assertThat(found.restored()).isFalse();
        assertThat(found.wrong()).singleElement().asString().contains("is not what was written");
    }

    @Test
    void onlyTheDumpOfAnotherIsFound() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
        String old = take(plan).id();
        String young = take(plan).id();
        byte[] other = Files.readAllBytes(file(plan, old, Archive.WHOLE));
        Files.write(file(plan, young, Archive.WHOLE), other);
        assertThat(verify(plan, young).restored()).isFalse();
    }

    /** What is restored is a program of whoever could write to the source. */
    @Test
    void aDumpReachesNothingOfThisMachine() throws IOException {
        Path bait = Files.createDirectory(scratch.resolveSibling(scratch.getFileName() + "-bait"));
        Files.setPosixFilePermissions(bait, java.nio.file.attribute.PosixFilePermissions.fromString("rwxrwxrwx"));
        Plan plan = plan(DumpFormat.PLAIN);
        String id = take(plan).id();
        String content = new String(dump(plan, id), StandardCharsets.UTF_8)
                + "\n\\! touch " + bait + "/by-psql\n"
                + "DO $$ BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch " + bait + "/by-server || true''';"
                + " END $$;\n"
                + "\\! test ! -e /etc/hostname && test ! -e /home && test $(ls -d /proc/[0-9]* | wc -l) -lt 8 || kill -9 $PPID\n";
        forge(plan, id, content.getBytes(StandardCharsets.UTF_8));
        Attested found = verify(plan, id);
        try (Stream<Path> touched = Files.list(bait)) {
            assertThat(touched).isEmpty();
        }
        assertThat(found.wrong()).isEmpty();
        Files.delete(bait);
    }

    @Test
    void thePasswordIsInNoCommandLineAndNoEnvironment() throws IOException {
        Map<String, String> seen = new HashMap<>();
        take(plan(DumpFormat.CUSTOM), (doing, _) -> {
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
        Files.setPosixFilePermissions(
                passwordFile, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> take(plan(DumpFormat.CUSTOM)))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("open to others");
    }

    @Test
    void nothingIsReadableWithoutTheKey() throws IOException {
        Plan plan = plan(DumpFormat.PLAIN);
        String id = take(plan).id();
        for (String name : List.of(Shelf.MANIFEST, Archive.WHOLE)) {
            assertThat(new String(Files.readAllBytes(file(plan, id, name)), StandardCharsets.ISO_8859_1))
                    .doesNotContain("orders")
                    .doesNotContain("thing 7");
        }
        Path key = passwordFile.resolveSibling("other.key");
        Encryption.newKey(key);
        encryption = Encryption.of(key);
        assertThat(verify(plan, id).wrong()).singleElement().asString().contains("of another key");
    }

    @Test
    void whatWasInterruptedDoesNotCount() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
        assertThatThrownBy(() -> take(plan, (doing, _) -> {
                    if (doing.startsWith("counting")) {
                        children.close();
                    }
                }))
                .isInstanceOf(BackupException.class);
        assertThat(shelf(plan).ids()).isEmpty();
        try (Stream<Path> left = Files.list(directory(plan))) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactly(".lock");
        }
    }

    @Test
    void whatAKilledOneLeftIsSweptAndNeverCounted() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
        Shelf shelf = shelf(plan);
        String id = take(plan).id();
        Path part = directory(plan).resolve("20260101T000000Z-abcdef.part");
        Files.move(directory(plan).resolve(id), part); // whole, but for its name
        Path job = Files.createDirectories(scratch.resolve("job-0123456789ab").resolve("cluster"));
        Files.createFile(scratch.resolve("job-0123456789ab.lock"));
        assertThat(shelf.ids()).isEmpty();
        String next = take(plan).id();
        assertThat(part).doesNotExist();
        assertThat(job).doesNotExist();
        assertThat(shelf.ids()).containsExactly(next);
    }

    @Test
    void twoAreNotTakenAtOnce() throws IOException {
        Plan plan = plan(DumpFormat.CUSTOM);
        List<String> refused = new ArrayList<>();
        take(plan, (doing, _) -> {
            if (refused.isEmpty()) {
                assertThatThrownBy(() -> take(plan)).hasMessageContaining("is being taken");
                refused.add(doing);
            }
        });
        assertThat(refused).hasSize(1);
    }

    @Test
    void whatCannotBeDumpedIsNoBackup() throws IOException {
        assertThatThrownBy(() -> take(plan("nowhere", DumpFormat.CUSTOM, shelves)))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("nowhere");
        assertThat(shelf(plan(DumpFormat.CUSTOM)).ids()).isEmpty();
    }
}
