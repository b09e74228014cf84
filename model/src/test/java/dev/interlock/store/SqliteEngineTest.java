package dev.interlock.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteEngineTest {

    private static final Schema NOTES = new Schema("notes", 1, "CREATE TABLE notes (id TEXT PRIMARY KEY) STRICT");

    @TempDir
    Path directory;

    private Database open(Schema... schemas) {
        return Database.open(directory.resolve("state.db"), List.of(schemas));
    }

    @Test
    void everyFileOfTheStoreIsItsOwnersAlone() throws Exception {
        Path file = directory.resolve("state.db");
        Files.createFile(file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        try (Database database = open(NOTES)) {
            database.write(sql -> sql.update("INSERT INTO notes VALUES ('a')"));
            for (String name : List.of("state.db", "state.db-wal", "state.db-shm")) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(name))))
                        .as(name)
                        .isEqualTo("rw-------");
            }
        }
    }

    @Test
    void everyCommitIsSyncedAndForeignKeysHold() {
        try (Database database = open(NOTES)) {
            assertThat(pragma(database, "synchronous")).isEqualTo("2");
            assertThat(pragma(database, "journal_mode")).isEqualTo("wal");
            assertThat(pragma(database, "foreign_keys")).isEqualTo("1");
        }
    }

    private static String pragma(Database database, String name) {
        return database.write(
                sql -> sql.one(row -> row.getString(1), "PRAGMA " + name).orElseThrow());
    }

    @Test
    void aFileThatIsNoDatabaseIsAnUnavailableStore() throws Exception {
        Files.writeString(directory.resolve("state.db"), "not a database, by any reading of the word ".repeat(50));
        assertThatThrownBy(() -> open(NOTES)).isInstanceOf(StoreUnavailableException.class);
    }
}
