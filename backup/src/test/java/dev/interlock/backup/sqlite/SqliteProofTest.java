package dev.interlock.backup.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.ProofFixture;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests proofs of SQLite files that others write to. */
@Timeout(300)
@Tag("process")
class SqliteProofTest {

    @TempDir
    private Path directory;

    private ProofFixture fixture;
    private Path file;
    private BackupSource source;

    @BeforeEach
    void prepare() throws IOException, SQLException {
        fixture = new ProofFixture(directory);
        file = Files.createDirectory(directory.resolve("data")).resolve("cart.db");
        source = new BackupSource.Sqlite(file);
        sql(
                "PRAGMA journal_mode = WAL",
                "CREATE TABLE cart (id INTEGER PRIMARY KEY, what, price REAL)",
                "CREATE INDEX prices ON cart (price)",
                "CREATE TABLE \"odd \"\" name\" (b BLOB, t TEXT, n)",
                "INSERT INTO cart (what, price) VALUES ('one', 1.5), ('two', NULL), (x'00ff', 2)",
                "INSERT INTO \"odd \"\" name\" VALUES (x'31', '1', 1)");
    }

    @AfterEach
    void close() throws IOException {
        if (fixture != null) {
            fixture.close();
        }
    }

    private Connection open(Path database) throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + database);
    }

    private void sql(String... all) throws SQLException {
        sql(file, all);
    }

    private void sql(Path database, String... all) throws SQLException {
        try (Connection connection = open(database);
                Statement statement = connection.createStatement()) {
            for (String one : all) {
                statement.execute(one);
            }
        }
    }

    /** Its newest rows are in the log beside it, and a writer is in the middle of a transaction. */
    @Test
    @Tag("promise")
    void whatIsWrittenMeanwhileDoesNotMatter() throws IOException, SQLException {
        try (Connection writer = open(file);
                Statement statement = writer.createStatement()) {
            statement.execute("INSERT INTO cart (what) VALUES ('in the log')");
            statement.execute("BEGIN IMMEDIATE");
            statement.execute("INSERT INTO cart (what) VALUES ('not yet')");
            BackupAttestation found = fixture.run(source, fixture.restic());
            assertThat(found.faults()).isEmpty();
            assertThat(found.json().whole("tables")).isEqualTo(2);
            assertThat(found.json().whole("rows")).isEqualTo(5);
            assertThat(found.json().whole("changed")).isZero();
        }
    }

    /** Another tool gets a consistent copy too. */
    @Test
    void anotherToolBacksUpTheSameCopy() throws IOException {
        assertThat(fixture.run(source, fixture.scripts("cp $INTERLOCK_COPY $to/cart", ""))
                        .faults())
                .isEmpty();
    }

    @Test
    void everyFaultOfACopyIsFound() throws IOException, SQLException {
        Path bad = directory.resolve("bad.db");
        for (List<String> fault : List.of(
                List.of("UPDATE cart SET price = 1 WHERE id = 1", "the content of `cart` differs"),
                List.of("DELETE FROM cart WHERE id = 1", "`cart` has 2 rows, and had 3 rows"),
                List.of("DROP INDEX prices", "`schema` differs"))) {
            Files.deleteIfExists(bad);
            sql("VACUUM INTO '" + bad + "'");
            sql(bad, fault.getFirst());
            BackupAttestation found =
                    fixture.run(source, fixture.scripts("touch $to/x", "cp " + bad + " $INTERLOCK_INTO/"));
            assertThat(String.join("; ", found.faults())).as(fault.getFirst()).contains(fault.getLast());
        }
        for (List<String> fault : List.of(
                List.of("head -c 9000 " + bad + " > $INTERLOCK_INTO/x", "it cannot be restored: "),
                List.of("ln -s /etc/passwd $INTERLOCK_INTO/x", "it was not restored as one file"),
                List.of("true", "it was not restored as one file"))) {
            BackupAttestation found = fixture.run(source, fixture.scripts("touch $to/x", fault.getFirst()));
            assertThat(String.join("; ", found.faults())).as(fault.getFirst()).contains(fault.getLast());
        }
    }

    @Test
    void onlyAFileIsCopied() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        assertThatThrownBy(() -> fixture.run(new BackupSource.Sqlite(link), fixture.restic()))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("is not a file");
        assertThatThrownBy(() -> fixture.run(new BackupSource.Sqlite(directory.resolve("none")), fixture.restic()))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("there is no file");
    }
}
