package dev.interlock.backup.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.kept.FileTree;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.kept.SqliteCopy;
import dev.interlock.backup.place.BackupStorage;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.RestoreSandbox;
import dev.interlock.backup.run.ScratchDirectory;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.RestoreResult;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests SQLite files that are copied during writes and restored for real, and each way in which a copy can be
 * worthless.
 */
@Tag("process")
class SqliteBackupTest {

    private static final String SHOP = """
            CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL, price REAL, photo BLOB, extra,
                twice GENERATED ALWAYS AS (id * 2) STORED);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
                INSERT INTO orders (what, price, photo, extra) SELECT 'thing ' || i, i / 7.0, randomblob(i), i FROM n;
            CREATE INDEX orders_what ON orders (lower(what));
            CREATE TABLE "odd ""name"" ; '" ("x y" TEXT PRIMARY KEY, "a""b" INTEGER) WITHOUT ROWID;
            INSERT INTO "odd ""name"" ; '" VALUES ('same', 1), ('other', NULL);
            CREATE TABLE twins (a, b);
            INSERT INTO twins VALUES ('same', 1), ('same', 1), (NULL, x'00ff'), ('', 9223372036854775807);
            CREATE VIEW cheap AS SELECT * FROM orders WHERE price < 10;
            CREATE TRIGGER no_more AFTER DELETE ON orders BEGIN SELECT 1; END;
            CREATE VIRTUAL TABLE words USING fts5(word);
            INSERT INTO words VALUES ('one'), ('two');
            PRAGMA user_version = 7;
            """;

    @TempDir
    private Path directory;

    private BackupFixture shelf;
    private Path file;
    private BackupPlanConfig plan;

    @BeforeEach
    void prepare() throws Exception {
        shelf = new BackupFixture(directory);
        file = Files.createDirectory(directory.resolve("shop ? # %")).resolve("shop #1?.db");
        sql(file, "PRAGMA journal_mode = WAL", SHOP);
        plan = shelf.plan(new BackupSource.Sqlite(file));
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    private static Connection open(Path file) throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:file:" + file.toUri().getRawPath());
    }

    private static void sql(Path file, String... scripts) throws SQLException {
        try (Connection connection = open(file);
                Statement statement = connection.createStatement()) {
            for (String script : scripts) {
                statement.executeUpdate(script);
            }
        }
    }

    private static String value(Path file, String sql) throws SQLException {
        try (Connection connection = open(file);
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            return rows.getString(1);
        }
    }

    /** Tests a backup from before {@code change}, with the copy from after it. */
    private BackupAttestation verifyWithCopyAfter(String change) throws Exception {
        String before = shelf.take(plan);
        sql(file, change);
        String after = shelf.take(plan);
        shelf.forge(plan, before, SqliteCopy.FILE, shelf.plain(plan, after, SqliteCopy.FILE));
        return shelf.verify(plan, before);
    }

    @Test
    void aBackupIsRestoredCompletely() throws Exception {
        BackupRun.BackupResult taken = shelf.take(plan, (_, _) -> {});
        assertThat(taken.separation()).isNotEqualTo(Separation.SAME);
        SqliteCopy copy = (SqliteCopy) shelf.shelf(plan).manifest(taken.id()).holding();
        assertThat(copy.contents().tables())
                .containsKeys("orders", "odd \"name\" ; '", "twins", "sqlite_sequence", "words_content")
                .doesNotContainKeys("words", "cheap");
        assertThat(copy.contents().tables().get("orders").rows()).isEqualTo(500);
        BackupAttestation found = shelf.verify(plan, taken.id());
        assertThat(found.faults()).isEmpty();
        assertThat(found.amount()).isEqualTo(taken.amount());
        assertThat(found.json().text("separation")).isEqualTo("unknown"); // memory is no disk
    }

    @Test
    void aDatabaseWithoutWalIsRestoredCompletely() throws Exception {
        sql(file, "PRAGMA journal_mode = DELETE");
        assertThat(shelf.verify(plan, shelf.take(plan)).faults()).isEmpty();
        try (Stream<Path> all = Files.list(file.resolveSibling("."))) {
            assertThat(all).hasSize(1);
        }
    }

    /** Rows that are written meanwhile are in neither the copy nor the counts, committed or not. */
    @Test
    void copyAndCountsSeeOneMoment() throws Exception {
        try (Connection writer = open(file);
                Statement statement = writer.createStatement()) {
            statement.executeUpdate("INSERT INTO twins VALUES ('before', 1)");
            writer.setAutoCommit(false);
            statement.executeUpdate("INSERT INTO twins VALUES ('never', 2)");
            AtomicBoolean written = new AtomicBoolean();
            String id = shelf.take(plan, (doing, _) -> {
                        if (doing.startsWith("counting") && !written.getAndSet(true)) {
                            commit(writer);
                        }
                    })
                    .id();
            assertThat(written).isTrue();
            SqliteCopy copy = (SqliteCopy) shelf.shelf(plan).manifest(id).holding();
            assertThat(copy.contents().tables().get("twins").rows()).isEqualTo(5);
            assertThat(shelf.verify(plan, id).faults()).isEmpty();
        }
        assertThat(value(file, "SELECT count(*) FROM twins")).isEqualTo("6");
    }

    private static void commit(Connection writer) {
        try {
            writer.commit();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void anAlteredRowIsFound() throws Exception {
        assertThat(verifyWithCopyAfter("UPDATE orders SET price = price + 0.01 WHERE id = 77")
                        .faults())
                .containsExactly("rows of `orders` have changed");
    }

    /** The bytes are equal, and the values are not. */
    @Test
    void aValueOfAnotherTypeIsFound() throws Exception {
        for (String change : List.of(
                "UPDATE orders SET extra = CAST(extra AS TEXT) WHERE id = 9",
                "UPDATE orders SET extra = CAST(extra AS REAL) WHERE id = 8",
                "UPDATE orders SET extra = CAST('8' AS BLOB) WHERE id = 7",
                "UPDATE orders SET extra = '8' WHERE id = 7",
                "UPDATE orders SET extra = CAST(x'ff' AS TEXT) WHERE id = 6",
                "UPDATE orders SET extra = CAST(x'fe' AS TEXT) WHERE id = 6")) {
            assertThat(verifyWithCopyAfter(change).faults())
                    .as(change)
                    .containsExactly("rows of `orders` have changed");
        }
    }

    @Test
    void rowsThatExchangedAValueAreFound() throws Exception {
        String exchange =
                "UPDATE orders SET what = CASE id WHEN 2 THEN 'thing 3' ELSE 'thing 2' END WHERE id IN (2, 3)";
        assertThat(verifyWithCopyAfter(exchange).faults()).containsExactly("rows of `orders` have changed");
    }

    @Test
    void missingRowsAndTablesAreFound() throws Exception {
        assertThat(verifyWithCopyAfter("DELETE FROM orders WHERE id > 400").faults())
                .containsExactly("`orders` has 400 rows, and had 500");
        assertThat(verifyWithCopyAfter("DROP TABLE twins").faults())
                .containsExactlyInAnyOrder("the table `twins` is missing, with 4 rows", "the schema differs");
    }

    @Test
    void missingSchemaObjectsAreFound() throws Exception {
        for (String change : List.of(
                "DROP INDEX orders_what", "DROP TRIGGER no_more", "DROP VIEW cheap", "PRAGMA user_version = 8")) {
            assertThat(verifyWithCopyAfter(change).faults()).as(change).containsExactly("the schema differs");
        }
    }

    @Test
    void oneOfWhichSomethingChangedOnTheTargetIsFound() throws Exception {
        String id = shelf.take(plan);
        String younger = shelf.take(plan);
        shelf.assertDamageIsFound(plan, id);
        for (String name : List.of(BackupStorage.MANIFEST, SqliteCopy.FILE)) {
            Files.copy(
                    shelf.file(plan, id, name), shelf.file(plan, younger, name), StandardCopyOption.REPLACE_EXISTING);
        }
        assertThat(shelf.verify(plan, younger).faults())
                .singleElement()
                .asString()
                .contains("differs from what was written");
    }

    /** A disk or a cable may damage it before encryption: every digest is right. */
    @Test
    void whatWentWrongBeforeItWasEncryptedIsFound() throws Exception {
        String id = shelf.take(plan);
        byte[] packed = shelf.plain(plan, id, SqliteCopy.FILE);
        byte[] content = shelf.unpacked(plan, id, SqliteCopy.FILE);

        byte[] compression = packed.clone();
        Arrays.fill(compression, packed.length / 2, packed.length / 2 + 64, (byte) 0x55);
        shelf.forge(plan, id, SqliteCopy.FILE, compression);
        assertThat(shelf.verify(plan, id).faults())
                .containsExactly("it cannot be restored: its database cannot be decompressed");
        shelf.forge(plan, id, SqliteCopy.FILE, Arrays.copyOf(packed, packed.length / 2));
        assertThat(shelf.verify(plan, id).faults())
                .containsExactly("it cannot be restored: its database cannot be decompressed");

        shelf.forge(plan, id, SqliteCopy.FILE, BackupFixture.packed(Arrays.copyOf(content, content.length / 2)));
        assertThat(shelf.verify(plan, id).faults()).isNotEmpty().allMatch(why -> !why.contains("cannot be restored"));
        byte[] page = content.clone();
        Arrays.fill(page, content.length / 2, content.length / 2 + 4096, (byte) 0x55);
        shelf.forge(plan, id, SqliteCopy.FILE, BackupFixture.packed(page));
        assertThat(shelf.verify(plan, id).faults()).isNotEmpty();
        shelf.forge(
                plan,
                id,
                SqliteCopy.FILE,
                BackupFixture.packed("no database at all".repeat(100).getBytes(StandardCharsets.UTF_8)));
        assertThat(shelf.verify(plan, id).faults()).singleElement().asString().startsWith("SQLite cannot read it: ");
        shelf.forge(plan, id, SqliteCopy.FILE, BackupFixture.packed(new byte[0]));
        assertThat(shelf.verify(plan, id).faults()).contains("the table `twins` is missing, with 4 rows");

        shelf.forge(plan, id, SqliteCopy.FILE, packed);
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
    }

    /** An index that says other things than its table does not change a row. */
    @Test
    void anIndexThatIsWrongIsFound() throws Exception {
        String id = shelf.take(plan);
        Path copy = directory.resolve("copy.db");
        Files.write(copy, shelf.unpacked(plan, id, SqliteCopy.FILE));
        // SQLite's own way of making one, for tests: https://www.sqlite.org/imposter.html is another.
        sql(
                copy,
                "PRAGMA writable_schema = ON",
                "UPDATE sqlite_schema SET sql = replace(sql, 'lower(what)', 'upper(what)') WHERE name = 'orders_what'");
        shelf.forge(plan, id, SqliteCopy.FILE, BackupFixture.packed(Files.readAllBytes(copy)));
        assertThat(shelf.verify(plan, id).faults())
                .anyMatch(why -> why.contains("orders_what"))
                .contains("the schema differs");
    }

    @Test
    void anEmptyOneAndOneOfAnotherFileAreFound() throws Exception {
        Path other = directory.resolve("other.db");
        sql(other, "CREATE TABLE none (a)");
        BackupPlanConfig others = shelf.plan(new BackupSource.Sqlite(other));
        String id = shelf.take(others);
        assertThat(shelf.verify(others, id).faults()).containsExactly("it is empty: no table has a row");
        sql(other, "INSERT INTO none VALUES (1)");
        String next = shelf.take(others);
        assertThatThrownBy(() -> shelf.verify(plan, next))
                .hasMessageContaining("it is of `sqlite " + other + "`, and the plan now says `sqlite " + file + "`");
    }

    @Test
    void oneOfAnotherKindIsFound() throws Exception {
        String id = shelf.take(plan);
        shelf.rewrite(plan, id, was -> BackupFixture.with(was, was.files(), new FileTree(1, new Amount.Files(1, 1))));
        assertThat(shelf.verify(plan, id).faults())
                .singleElement()
                .asString()
                .startsWith("it contains something other than the plan's source");
    }

    @Test
    void oneOnTheSameDeviceIsRightAndWorthNothing() throws Exception {
        BackupPlanConfig beside = shelf.plan(plan.source(), directory.resolve("beside"));
        BackupRun.BackupResult taken = shelf.take(beside, (_, _) -> {});
        assertThat(taken.separation()).isEqualTo(Separation.SAME);
        assertThat(shelf.verify(beside, taken.id()).faults()).containsExactly("it is on the same device as its source");
    }

    @Test
    void aFileThatIsNoDatabaseGivesNoBackup() throws Exception {
        Path text = Files.writeString(directory.resolve("text"), "no database".repeat(100));
        assertThatThrownBy(() -> shelf.take(shelf.plan(new BackupSource.Sqlite(text))))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("not a database");
        Path link = Files.createSymbolicLink(directory.resolve("link.db"), file);
        assertThatThrownBy(() -> shelf.take(shelf.plan(new BackupSource.Sqlite(link))))
                .hasMessageContaining("if it is a link, name its target");
        assertThatThrownBy(() -> shelf.take(shelf.plan(new BackupSource.Sqlite(directory.resolve("none")))))
                .hasMessageContaining("there is no file");
        assertThat(shelf.shelf(plan).ids()).isEmpty();
    }

    @Test
    void anInterruptedBackupDoesNotCount() throws Exception {
        for (String moment : List.of("copying", "counting orders", "encrypting")) {
            assertThatThrownBy(() -> shelf.take(plan, (doing, _) -> {
                        if (doing.startsWith(moment)) {
                            shelf.interrupt();
                            throw new IllegalStateException("interrupted");
                        }
                    }))
                    .as(moment)
                    .isInstanceOfAny(BackupException.class, IllegalStateException.class);
            assertThat(shelf.shelf(plan).ids()).isEmpty();
        }
    }

    /** It is read as its owner: with their rights, and leaving no file that they could not write. */
    @Test
    void theFileOfAnotherUserStaysTheirs() throws Exception {
        assumeTrue(RestoreSandbox.isRoot(), "only root reads the files of others");
        Path home = file.resolveSibling(".").toRealPath();
        for (Path path : List.of(home, file)) {
            Files.setAttribute(path, "unix:uid", 61_240);
            Files.setAttribute(path, "unix:gid", 61_241);
        }
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx------"));
        for (Path above = home.getParent(); !above.equals(Path.of("/tmp")) && above.getNameCount() > 1; ) {
            Files.setPosixFilePermissions(above, PosixFilePermissions.fromString("rwxr-xr-x"));
            above = above.getParent();
        }
        String id = shelf.take(plan);
        try (Stream<Path> all = Files.list(home)) {
            assertThat(all).allMatch(path -> uid(path) == 61_240);
        }
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
        Path again = directory.resolve("again.db");
        assertThat(shelf.recover(plan, id, again).wrong()).isEmpty();
        assertThat(uid(again)).isEqualTo(61_240);
    }

    /** A user makes root copy a file that they may not read, by a link from before or during the copy. */
    @Test
    void nobodysLinkLeadsToTheFileOfAnother() throws Exception {
        assumeTrue(RestoreSandbox.isRoot(), "only root reads the files of others");
        Path other = Files.createDirectories(directory.resolve("other/data")).resolve("shop.db");
        Path theirs = Files.createDirectories(directory.resolve("theirs/data")).resolve("shop.db");
        for (Path database : List.of(other, theirs)) {
            sql(database, SHOP);
        }
        for (Path path : List.of(theirs.getParent().getParent(), theirs.getParent(), theirs)) {
            Files.setAttribute(path, "unix:uid", 61_240);
        }
        for (Path above = directory; above.getNameCount() > 1; above = above.getParent()) {
            Files.setPosixFilePermissions(above, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        BackupPlanConfig plan = shelf.plan(new BackupSource.Sqlite(theirs));
        shelf.take(plan);
        assertThatThrownBy(() -> shelf.take(plan, (doing, _) -> {
                    if (doing.equals("begun")) {
                        turn(theirs.getParent(), other.getParent());
                    } else if (doing.startsWith("counting orders")) {
                        turnBack(theirs.getParent());
                    }
                }))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("was replaced while it was copied");
        turn(theirs.getParent(), other.getParent());
        assertThatThrownBy(() -> shelf.take(plan))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("leads through a link");
    }

    private static void turn(Path directory, Path to) {
        try {
            Files.move(directory, directory.resolveSibling("moved"));
            Files.createSymbolicLink(directory, to);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void turnBack(Path directory) {
        try {
            Files.delete(directory);
            Files.move(directory.resolveSibling("moved"), directory);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The file has only a page or two on its disk. */
    @Test
    void whatIsLongerThanScratchIsNotCopied() throws Exception {
        Path holes = directory.resolve("holes.db");
        sql(holes, "PRAGMA page_size = 65536", "CREATE TABLE t (a)");
        int pages = 1 << 25; // 2 TiB
        try (RandomAccessFile opened = new RandomAccessFile(holes.toFile(), "rw")) {
            opened.setLength(pages * 65_536L);
            opened.seek(28); // https://www.sqlite.org/fileformat.html#in_header_database_size
            opened.writeInt(pages);
        }
        assertThatThrownBy(() -> shelf.take(shelf.plan(new BackupSource.Sqlite(holes)), (doing, bytes) -> {
                    if (doing.equals("copying") && bytes > 1 << 28) {
                        throw new IllegalStateException("it is copied");
                    }
                }))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("a copy of it takes " + pages * 65_536L + " bytes of scratch, which has ");
    }

    private static int uid(Path path) {
        try {
            return (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A hostile file may control SQLite, and still reaches nothing of this machine. */
    @Test
    void whatReadsItSeesNothingElse() throws Exception {
        Path bait = directory.resolve("bait.db");
        sql(bait, SHOP);
        Files.setPosixFilePermissions(bait, PosixFilePermissions.fromString("rw-r--r--"));
        try (ChildProcesses children = new ChildProcesses();
                ScratchDirectory own = ScratchDirectory.make(shelf.scratch, new java.security.SecureRandom())) {
            int runner = RestoreSandbox.runner(RestoreSandbox.DEFAULT_USER);
            SqliteSandbox sandbox = SqliteSandbox.make(children, own.path(), runner, runner, List.of());
            for (String name : List.of(bait.toString(), "/etc/hostname", "/home")) {
                Json.Members found = sandbox.run(List.of("check", name), (_, _) -> {});
                assertThat(found.texts("wrong")).singleElement().asString().contains("unable to open");
            }
        }
    }

    @Test
    void itComesBackUnderAnotherNameAndNothingIsOverwritten() throws Exception {
        String id = shelf.take(plan);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        String open = shelf.take(plan);
        Path again = directory.resolve("again.db");
        RestoreResult done = shelf.recover(plan, open, again);
        assertThat(done.wrong()).isEmpty();
        assertThat(value(again, "SELECT group_concat(what) FROM orders WHERE id < 3"))
                .isEqualTo("thing 1,thing 2");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(again)))
                .isEqualTo("rw-r-----");

        assertThatThrownBy(() -> shelf.recover(plan, id, again))
                .hasMessageContaining("existing data is never overwritten");
        Path third = directory.resolve("third.db");
        Files.createFile(directory.resolve("third.db-wal"));
        assertThatThrownBy(() -> shelf.recover(plan, id, third)).hasMessageContaining("third.db-wal` exists");
        assertThatThrownBy(() -> shelf.recover(plan, id, directory.resolve("no/where/x.db")))
                .hasMessageContaining("there is no directory");
        assertThat(third).doesNotExist();
    }

    @Test
    void oneThatIsNotRightGetsNoName() throws Exception {
        String before = shelf.take(plan);
        sql(file, "DELETE FROM orders WHERE id = 5");
        shelf.forge(plan, before, SqliteCopy.FILE, shelf.plain(plan, shelf.take(plan), SqliteCopy.FILE));
        Path again = directory.resolve("again.db");
        RestoreResult done = shelf.recover(plan, before, again);
        assertThat(done.wrong()).containsExactly("`orders` has 499 rows, and had 500");
        assertThat(again).doesNotExist();
        assertThat(value(Path.of(done.left().orElseThrow()), "SELECT count(*) FROM orders"))
                .isEqualTo("499");

        // The leftovers block nobody, and a user who makes that name meanwhile keeps their file.
        Path stored = shelf.file(plan, before, SqliteCopy.FILE);
        byte[] altered = Files.readAllBytes(stored);
        altered[altered.length / 2] ^= 1;
        Files.write(stored, altered);
        assertThatThrownBy(() -> shelf.recover(plan, before, again)).isInstanceOf(BackupException.class);
        String right = shelf.take(plan);
        assertThatThrownBy(() -> shelf.recover(plan, right, again, (doing, _) -> {
                    if (doing.equals("naming")) {
                        write(again);
                    }
                }))
                .hasMessageContaining("existing data is never overwritten");
        assertThat(again).hasContent("mine");
        Files.delete(again);
        assertThat(shelf.recover(plan, right, again).wrong()).isEmpty();
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).noneMatch(path -> path.toString().contains("interlock-restoring"));
        }
    }

    private static void write(Path path) {
        try {
            Files.writeString(path, "mine");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An attacker who controls the check of a hostile file can only be silent, because they cannot count. */
    @Test
    void anEmptyCheckResultIsNoSuccess() throws Exception {
        String id = shelf.take(plan);
        SqliteCopy copy = (SqliteCopy) shelf.shelf(plan).manifest(id).holding();
        Json.Members silent = Json.object().withTexts("wrong", List.of());
        assertThat(SqliteSourceHandler.wrong(silent, copy)).containsExactly("its check did not report its content");
        Json.Members full = silent.with("contents", copy.contents().json());
        assertThat(SqliteSourceHandler.wrong(full, copy)).isEmpty();
    }
}
