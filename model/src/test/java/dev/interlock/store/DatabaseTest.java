package dev.interlock.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.interlock.action.QueueTimeoutException;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.WaitLoop;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DatabaseTest {

    private static final Schema NOTES = new Schema("notes", 1, "CREATE TABLE notes (id TEXT PRIMARY KEY) STRICT");

    @TempDir
    Path directory;

    private Database database;

    @BeforeEach
    void open() {
        database = StoreEngine.open(directory.resolve("notes.db"), List.of(NOTES));
    }

    @AfterEach
    void close() {
        database.close();
    }

    private Database open(Schema... schemas) {
        return StoreEngine.open(directory.resolve("state.db"), List.of(schemas));
    }

    private static int add(Database database, String id) {
        return database.write(sql -> sql.update("INSERT INTO notes VALUES (?)", id));
    }

    private static List<String> ids(Database database) {
        return database.read(sql -> sql.all(row -> row.getString(1), "SELECT id FROM notes ORDER BY id"));
    }

    @Test
    void keepsWhatWasWrittenOverAReopening() {
        try (Database database = open(NOTES)) {
            add(database, "a");
        }
        try (Database database = open(NOTES)) {
            assertThat(ids(database)).containsExactly("a");
        }
    }

    /** A driver sends so many in several parts, and the commit with the last. */
    @Test
    void nothingRemainsOfStatementsSentTogetherOfWhichOneFails() {
        add(database, "there");
        for (int failing : List.of(0, 1, 300, 999)) {
            assertThatThrownBy(() -> database.write(sql -> {
                        for (int i = 0; i < 1_000; i++) {
                            sql.later("INSERT INTO notes VALUES (?)", i == failing ? "there" : "n" + i);
                        }
                        return true;
                    }))
                    .isInstanceOf(StoreUnavailableException.class);
            assertThat(ids(database)).containsExactly("there");
        }
    }

    /** Otherwise a server rolls back, and a driver reports a commit. */
    @Test
    void whoGoesOnAfterAStatementThatFailedCommitsNothing() {
        add(database, "there");
        assertThatThrownBy(() -> database.write(sql -> {
                    sql.update("INSERT INTO notes VALUES ('before')");
                    try {
                        sql.update("INSERT INTO notes VALUES ('there')");
                    } catch (StoreUnavailableException _) {
                        return false;
                    }
                    return true;
                }))
                .isInstanceOf(StoreUnavailableException.class)
                .hasMessageContaining("notes");
        assertThat(ids(database)).containsExactly("there");
    }

    @Test
    void nothingRemainsOfWorkThatThrew() {
        assertThatThrownBy(() -> database.write(sql -> {
                    sql.update("INSERT INTO notes VALUES ('half')");
                    throw new IllegalArgumentException("stop");
                }))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(ids(database)).isEmpty();
        add(database, "next");
        assertThat(ids(database)).containsExactly("next");
    }

    @Test
    void aFailingStatementIsAnUnavailableStoreAndTheNextCallWorks() {
        add(database, "a");
        assertThatThrownBy(() -> add(database, "a")).isInstanceOf(StoreUnavailableException.class);
        assertThat(add(database, "b")).isEqualTo(1);
    }

    @Test
    void aReaderCannotWrite() {
        assertThatThrownBy(() -> database.read(sql -> sql.update("INSERT INTO notes VALUES ('a')")))
                .isInstanceOf(StoreUnavailableException.class);
        assertThat(ids(database)).isEmpty();
    }

    @Test
    void aReaderSeesTheLastCommitWhileAWriterWorks() throws Exception {
        CountDownLatch written = new CountDownLatch(1);
        CountDownLatch seen = new CountDownLatch(1);
        Thread writer = Thread.ofVirtual()
                .start(() -> database.write(sql -> {
                    sql.update("INSERT INTO notes VALUES ('a')");
                    written.countDown();
                    await(seen);
                    return true;
                }));
        written.await();
        assertThat(ids(database)).isEmpty();
        seen.countDown();
        writer.join();
        assertThat(ids(database)).containsExactly("a");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void exactlyOneOfManyRacingWritersWins() throws Exception {
        List<Thread> racers = IntStream.range(0, 50)
                .mapToObj(i -> Thread.ofVirtual()
                        .start(() -> database.write(sql -> sql.update(
                                "INSERT INTO notes SELECT ? WHERE NOT EXISTS (SELECT 1 FROM notes)", "n" + i))))
                .toList();
        for (Thread racer : racers) {
            racer.join();
        }
        assertThat(ids(database)).hasSize(1);
    }

    private static Thread waiting(Runnable work) {
        Thread thread = Thread.startVirtualThread(work);
        while (thread.getState() != Thread.State.TIMED_WAITING && thread.isAlive()) {
            WaitLoop.pause();
        }
        return thread;
    }

    /**
     * A waiting writer follows two writes of agents at most, however many are queued; no lease delays another's writes.
     */
    @Test
    void whoMustWriteWaitsForTwoOfAgents() throws Exception {
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        database.write(_ -> {
            for (String lease : List.of("flood", "other", "flood", "flood", "flood", "other", "third")) {
                threads.add(waiting(() -> database.writeForLease(lease, _ -> order.add(lease))));
            }
            threads.add(waiting(() -> database.write(_ -> order.add("somebody"))));
            return true;
        });
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(order).startsWith("flood", "other", "somebody").hasSize(8);
    }

    @Test
    void whoseTurnDoesNotComeHasWrittenNothingAndIsInNobodysWay() throws Exception {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        database.writeForLease("flood", _ -> {
            Thread late = waiting(() -> thrown.set(catchThrowable(
                    () -> database.writeForLease("flood", sql -> sql.update("INSERT INTO notes VALUES ('late')")))));
            late.interrupt();
            return join(late);
        });
        assertThat(thrown.get()).isInstanceOf(StoreUnavailableException.class).hasMessageContaining("interrupted");
        assertThat(ids(database)).isEmpty();
        assertThat(database.<Integer>writeForLease("flood", sql -> sql.update("INSERT INTO notes VALUES ('a')")))
                .isEqualTo(1);
    }

    @Test
    void ofOneLeaseNoMoreWaitThanMay() throws Exception {
        List<Thread> threads = new ArrayList<>();
        List<String> written = Collections.synchronizedList(new ArrayList<>());
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        database.writeForLease("flood", _ -> {
            for (int i = 0; i < Database.AGENTS_WAITING; i++) {
                threads.add(waiting(() -> database.writeForLease("flood", _ -> written.add("one"))));
            }
            return join(Thread.startVirtualThread(() -> thrown.set(
                    catchThrowable(() -> database.writeForLease("flood", _ -> written.add("one too many"))))));
        });
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(thrown.get()).isInstanceOf(QueueTimeoutException.class);
        assertThat(written).hasSize(Database.AGENTS_WAITING).doesNotContain("one too many");
    }

    private static boolean join(Thread thread) {
        try {
            thread.join();
            return true;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatFailsForALeaseLeavesItsTurn() {
        add(database, "a");
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(
                            () -> database.writeForLease("lease", sql -> sql.update("INSERT INTO notes VALUES ('a')")))
                    .isInstanceOf(StoreUnavailableException.class);
        }
        assertThat(database.<Integer>writeForLease("lease", sql -> sql.update("INSERT INTO notes VALUES ('b')")))
                .isEqualTo(1);
    }

    @Test
    void aWriteInsideAWriteIsABug() {
        assertThatThrownBy(() -> database.write(_ -> add(database, "a"))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> database.write(_ -> database.writeForLease("lease", _ -> true)))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> database.writeForLease("lease", _ -> database.writeForLease("lease", _ -> true)))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void migratesOneStepAfterAnother() {
        Schema second = new Schema("notes", 2, "ALTER TABLE notes ADD COLUMN text TEXT");
        try (Database database = open(NOTES)) {
            add(database, "a");
        }
        try (Database database = open(NOTES, second)) {
            assertThat(database.<Integer>write(sql -> sql.update("UPDATE notes SET text = 'x'")))
                    .isEqualTo(1);
        }
        assertThatThrownBy(() -> open(NOTES))
                .isInstanceOf(StoreUnavailableException.class)
                .hasMessageContaining("another version");
    }

    @Test
    void aClosedStoreIsUnavailable() {
        database.close();
        assertThatThrownBy(() -> add(database, "a")).isInstanceOf(StoreUnavailableException.class);
        assertThatThrownBy(() -> ids(database)).isInstanceOf(StoreUnavailableException.class);
    }
}
