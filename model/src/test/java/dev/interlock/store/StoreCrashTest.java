package dev.interlock.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.testing.CaseCount;
import dev.interlock.testing.MemoryDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The power goes off while the store writes, and a disk gives other bytes back than were written. */
@Tag("random")
class StoreCrashTest {

    private static final Schema NOTES =
            new Schema("notes", 1, "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT");

    /** The unit that a disk writes whole or not at all. */
    private static final int SECTOR = 512;

    @TempDir(factory = MemoryDirectory.class)
    private Path directory;

    static LongStream seeds() {
        long first = Long.getLong("interlock.seed", new SecureRandom().nextInt());
        return LongStream.range(first, first + Long.getLong("interlock.seeds", CaseCount.of(100)));
    }

    private static void write(Database database, int id, Random random) {
        String text = "x".repeat(random.nextInt(3000));
        database.write(sql -> sql.update("INSERT INTO notes (id, text) VALUES (?, ?)", id, text));
    }

    private static long count(Database database) {
        return database.read(sql -> sql.one(row -> row.getLong(1), "SELECT count(*) FROM notes"))
                .orElseThrow();
    }

    /** What was committed was forced. Of the transaction after it, any sectors have reached the disk. */
    @ParameterizedTest
    @MethodSource("seeds")
    void aCommittedTransactionSurvivesAnyPartOfTheNext(long seed) throws Exception {
        Random random = new Random(seed);
        Path file = directory.resolve("store.db");
        Path log = directory.resolve("store.db-wal");
        int committed = 1 + random.nextInt(12);
        byte[] database;
        byte[] durable;
        byte[] next;
        try (Database store = Database.open(file, List.of(NOTES))) {
            for (int i = 0; i < committed; i++) {
                write(store, i, random);
            }
            database = Files.readAllBytes(file);
            durable = Files.readAllBytes(log);
            write(store, committed, random);
            next = Files.readAllBytes(log);
        }
        Path crashed = Files.createDirectory(directory.resolve("crashed")).resolve("store.db");
        Files.write(crashed, database);
        Files.write(crashed.resolveSibling("store.db-wal"), survivor(durable, next, random));
        try (Database store = Database.open(crashed, List.of(NOTES))) {
            assertThat(count(store)).as("seed %d", seed).isBetween((long) committed, committed + 1L);
            write(store, 1000, random);
            Optional<String> integrity = store.read(sql -> sql.one(row -> row.getString(1), "PRAGMA integrity_check"));
            assertThat(integrity).as("seed %d", seed).contains("ok");
        }
    }

    private static byte[] survivor(byte[] durable, byte[] next, Random random) {
        byte[] bytes = Arrays.copyOf(durable, random.nextBoolean() ? next.length : durable.length);
        for (int at = 0; at < bytes.length; at += SECTOR) {
            int end = Math.min(bytes.length, at + SECTOR);
            if (random.nextBoolean()) {
                System.arraycopy(next, at, bytes, at, end - at);
            }
        }
        return bytes;
    }

    /** People need to know which file it is, and what a new one would lack. */
    @Test
    void aDamagedStoreIsNamedWithTheNextStep() throws IOException {
        Path file = directory.resolve("store.db");
        Files.write(
                file,
                "this is no database, and longer than its header".repeat(200).getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> Database.open(file, List.of(NOTES)))
                .isInstanceOf(StoreUnavailableException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("move it away")
                .hasMessageContaining("restored from the ledger");
    }
}
