package dev.interlock.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.testing.StoreEngine;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("process")
class StoreCopyTest {

    private static final List<Schema> SCHEMAS = List.of(
            new Schema("notes", 1, """
                    CREATE TABLE notes (id TEXT PRIMARY KEY, text BLOB NOT NULL, number INTEGER,
                        word TEXT GENERATED ALWAYS AS (json_extract(CAST(text AS TEXT), '$.word')) VIRTUAL) STRICT""", "CREATE TABLE notes_of (note TEXT NOT NULL REFERENCES notes (id)) STRICT"),
            new Schema("notes", 2, "ALTER TABLE notes ADD COLUMN more INTEGER NOT NULL DEFAULT 7"));

    private static final long MOVE = 7;

    @TempDir
    Path directory;

    private Database postgres() throws Exception {
        PostgresServer store = StoreEngine.server().store();
        return Database.open(store, StoreNode.alone(store), SCHEMAS);
    }

    private Database file(String name) {
        return Database.open(directory.resolve(name), SCHEMAS);
    }

    private static void fill(Database database, int rows) {
        database.write(sql -> {
            for (int i = 0; i < rows; i++) {
                sql.update(
                        "INSERT INTO notes (id, text, number) VALUES (?, ?, ?)",
                        "n" + i,
                        ("{\"word\":\"é" + i + "\"}").getBytes(StandardCharsets.UTF_8),
                        i == 0 ? null : Long.MAX_VALUE - i);
                sql.update("INSERT INTO notes_of VALUES (?)", "n" + i);
            }
            return true;
        });
    }

    private static List<String> rows(Database database) {
        return database.read(sql -> sql.all(
                row -> row.getString(1) + " " + row.getString(2) + " " + row.getObject(3) + " " + row.getLong(4) + " "
                        + row.getString(5),
                "SELECT id, word, number, more, note FROM notes JOIN notes_of ON note = id ORDER BY id"));
    }

    @Test
    void everythingMovesThereAndBack() throws Exception {
        StoreCopy copy = new StoreCopy(SCHEMAS);
        try (Database from = file("a.db");
                Database there = postgres();
                Database back = file("b.db")) {
            fill(from, 1200); // more than are sent at once
            copy.begin(there, MOVE);
            assertThat(StoreCopy.isRetired(there)).as("not whole yet").isTrue();
            assertThat(copy.copy(from, there)).isEqualTo(Map.of("notes", 1200L, "notes_of", 1200L));
            StoreCopy.revive(there);
            assertThat(StoreCopy.isRetired(there)).isFalse();
            copy.copy(there, back);
            assertThat(rows(there)).hasSize(1200).isEqualTo(rows(from));
            assertThat(rows(back)).isEqualTo(rows(from));
        }
    }

    /** Agents may write such texts. SQLite stores them, so PostgreSQL must not refuse them. */
    @ParameterizedTest
    @ValueSource(strings = {"\\u0000", "\\\\u0000", "\\\\\\u0000"})
    void textsThatPostgresDoesNotKnowMoveAsWell(String odd) throws Exception {
        try (Database from = file("a.db");
                Database there = postgres();
                Database back = file("b.db")) {
            String json = "{\"odd\":\"" + odd + "\",\"word\":\"plain\"}";
            from.write(sql -> sql.update(
                    "INSERT INTO notes (id, text) VALUES (?, ?)", "n\0", json.getBytes(StandardCharsets.UTF_8)));
            from.write(sql -> sql.update("INSERT INTO notes_of VALUES (?)", "n\0"));
            StoreCopy copy = new StoreCopy(SCHEMAS);
            copy.copy(from, there);
            assertThat(rows(there)).singleElement().asString().contains(" plain ");
            copy.copy(there, back);
            assertThat(rows(back)).singleElement().asString().contains(" plain ");
            assertThat(there.<Integer>write(sql -> sql.update("DELETE FROM notes_of WHERE note = ?", "n\0")))
                    .isEqualTo(1);
        }
    }

    @Test
    void aStoreInUseIsNotOverwrittenAndOneThatMovedAwayIs() throws Exception {
        StoreCopy copy = new StoreCopy(SCHEMAS);
        try (Database from = file("a.db");
                Database there = postgres()) {
            fill(from, 3);
            fill(there, 1);
            assertThatThrownBy(() -> copy.begin(there, MOVE))
                    .isInstanceOf(StoreUnavailableException.class)
                    .hasMessageContaining("in use");
            StoreCopy.retire(there, MOVE);
            copy.begin(there, MOVE);
            copy.copy(from, there);
            assertThat(rows(there)).isEqualTo(rows(from));
        }
    }

    @Test
    void aCopyThatFailsLeavesNothing() throws Exception {
        StoreCopy copy = new StoreCopy(SCHEMAS);
        try (Database from = file("a.db");
                Database there = postgres()) {
            fill(from, 3);
            there.write(sql -> sql.update("ALTER TABLE notes_of ADD CHECK (note <> 'n2')"));
            copy.begin(there, MOVE);
            assertThatThrownBy(() -> copy.copy(from, there)).isInstanceOf(StoreUnavailableException.class);
            assertThat(rows(there)).isEmpty();
            assertThat(StoreCopy.isRetired(there)).isTrue();
        }
    }
}
