package dev.interlock.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.store.StoreTerm.TermTimes;
import dev.interlock.testing.TestingCertificate;
import dev.interlock.testing.TestingDatabaseServer;
import dev.interlock.testing.WaitLoop;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One gateway at a time serves from a database, and what it has used up once is used up for each that follows. */
@Tag("process")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StoreTermTest {

    private static final List<Schema> NOTES = List.of(
            new Schema("notes", 1, "CREATE TABLE notes (id TEXT PRIMARY KEY, used INTEGER NOT NULL DEFAULT 0) STRICT"));
    private static final int RACERS = 4;

    /** A gateway that is frozen: it renews nothing, and believes in its term. */
    private static final TermTimes FROZEN = new TermTimes(Duration.ofDays(1), Duration.ofDays(1), Duration.ofMillis(1));

    private static final TermTimes QUICK =
            new TermTimes(Duration.ofMillis(10), Duration.ofDays(1), Duration.ofMillis(1));

    private static TestingDatabaseServer server;

    @TempDir
    Path directory;

    @BeforeAll
    static void start() throws Exception {
        server = new TestingDatabaseServer();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static int add(Database database, String id) {
        return database.write(sql -> sql.update("INSERT INTO notes (id) VALUES (?)", id));
    }

    private static boolean use(Database database, String id) {
        return database.write(sql -> sql.update("UPDATE notes SET used = 1 WHERE id = ? AND used = 0", id)) == 1;
    }

    private static List<String> used(Database database) {
        return database.read(sql -> sql.all(row -> row.getString(1), "SELECT id FROM notes WHERE used = 1"));
    }

    @Test
    void aSecondGatewayWaitsAndSaysForWhomAndTakesOver() throws Exception {
        PostgresServer store = server.store();
        BlockingQueue<String> said = new LinkedBlockingQueue<>();
        FutureTask<StoreTerm> second =
                new FutureTask<>(() -> StoreTerm.await(store, "interlock.example/b", QUICK, said::add));
        try (Database first =
                Database.open(store, StoreTerm.await(store, "interlock.example/a", QUICK, _ -> {}), NOTES)) {
            Thread.ofVirtual().start(second);
            assertThat(said.take()).contains("`interlock.example/a` serves from the store");
            assertThat(second.isDone()).isFalse();
            add(first, "a");
        }
        StoreTerm term = second.get();
        try (Database database = Database.open(store, term, NOTES)) {
            assertThat(use(database, "a")).isTrue();
        }
        assertThat(said).as("the first ended in order").noneMatch(words -> words.contains("takes over"));
        assertThat(term.isHeld()).isFalse();
        assertThat(term.lost()).isNotDone();
    }

    @Test
    void whoDoesNotWaitIsRefused() throws Exception {
        PostgresServer store = server.store();
        try (StoreTerm _ = StoreTerm.await(store, "a", _ -> {})) {
            assertThatThrownBy(() -> StoreTerm.take(store, "b"))
                    .isInstanceOf(StoreUnavailableException.class)
                    .hasMessageContaining("`a` serves");
        }
    }

    /** Its session ended, so another gateway took over. It does not know, and the database refuses it. */
    @Test
    @Tag("promise")
    void theDatabaseRefusesWhatAnEarlierHolderWrites() throws Exception {
        PostgresServer store = server.store();
        StoreTerm frozen = StoreTerm.await(store, "a", FROZEN, _ -> {});
        try (Database old = Database.open(store, frozen, NOTES)) {
            add(old, "a");
            endSessionOf(store);
            List<String> said = new ArrayList<>();
            try (Database next = Database.open(store, StoreTerm.await(store, "b", QUICK, said::add), NOTES)) {
                assertThat(said).anyMatch(words -> words.contains("takes over from `a`"));
                assertThat(frozen.isHeld()).isTrue();
                assertThatThrownBy(() -> use(old, "a"))
                        .isInstanceOf(StoreUnavailableException.class)
                        .hasMessageContaining("took over");
                assertThat(used(next)).isEmpty();
                assertThat(use(next, "a")).isTrue();
                assertThat(frozen.isHeld()).as("it has found out").isFalse();
                assertThat(frozen.lost().get()).contains("took over");
            }
        }
    }

    /** Who waited for the frozen one has not waited to the end, so the next one waits as well. */
    @Test
    void whoDidNotWaitToTheEndLeavesTheWaitToTheNext() throws Exception {
        PostgresServer store = server.store();
        try (StoreTerm frozen = StoreTerm.await(store, "a", FROZEN, _ -> {})) {
            endSessionOf(store);
            BlockingQueue<String> said = new LinkedBlockingQueue<>();
            TermTimes patient = new TermTimes(Duration.ofMillis(10), Duration.ofDays(1), Duration.ofDays(1));
            Thread second = Thread.ofPlatform().start(() -> {
                try {
                    StoreTerm.await(store, "b", patient, said::add);
                } catch (InterruptedException _) {
                    said.add("stopped");
                }
            });
            assertThat(said.take()).contains("takes over from `a`");
            second.interrupt();
            assertThat(said.take()).isEqualTo("stopped");
            second.join();
            assertThat(frozen.isHeld()).isTrue();
            try (StoreTerm _ = StoreTerm.await(store, "c", QUICK, said::add)) {
                assertThat(said).anyMatch(words -> words.contains("takes over from"));
            }
        }
    }

    /** What the old holder began before has locked its term until it ends; the new one follows it. */
    @Test
    void aNewHolderWaitsForTheTransactionOfTheLast() throws Exception {
        PostgresServer store = server.store();
        try (Database old = Database.open(store, StoreTerm.await(store, "a", FROZEN, _ -> {}), NOTES)) {
            add(old, "a");
            FutureTask<StoreTerm> next = new FutureTask<>(() -> StoreTerm.await(store, "b", QUICK, _ -> {}));
            old.write(sql -> {
                int changed = sql.update("UPDATE notes SET used = 1 WHERE id = 'a' AND used = 0");
                endSessionOf(store);
                Thread.ofVirtual().start(next);
                awaitWaiting(store, next);
                assertThat(next.isDone()).isFalse();
                return changed;
            });
            try (Database database = Database.open(store, next.get(), NOTES)) {
                assertThat(use(database, "a")).isFalse();
            }
        }
    }

    /** Ends the session that holds the lock, as the database does with one that fell silent. */
    private static void endSessionOf(PostgresServer store) {
        value(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND usename = '"
                        + store.user() + "'");
    }

    private static void awaitWaiting(PostgresServer store, FutureTask<?> holder) {
        while (!holder.isDone()
                && value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = '"
                                + store.user() + "'")
                        .equals("0")) {
            WaitLoop.pause();
        }
    }

    private static String value(String query) {
        try {
            return server.value(query);
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** After a failover to a replica that had not yet heard of the term. */
    @Test
    void aNumberThatIsGivenAgainIsNotTheOldHolders() throws Exception {
        PostgresServer store = server.store();
        try (Database old = Database.open(store, StoreTerm.await(store, "a", FROZEN, _ -> {}), NOTES)) {
            add(old, "a");
            endSessionOf(store);
            value("UPDATE " + store.user() + ".store_term SET term = term - 1 RETURNING term");
            try (Database next = Database.open(store, StoreTerm.await(store, "b", QUICK, _ -> {}), NOTES)) {
                assertThatThrownBy(() -> use(old, "a")).hasMessageContaining("took over");
                assertThat(use(next, "a")).isTrue();
            }
        }
    }

    @Test
    void whoHasLostItsTermWhileItWaitedDoesNotWaitForItself() throws Exception {
        PostgresServer store = server.store();
        BlockingQueue<String> said = new LinkedBlockingQueue<>();
        TermTimes slow = new TermTimes(Duration.ofDays(1), Duration.ZERO, Duration.ZERO);
        Thread waiting = Thread.ofPlatform().start(() -> {
            try {
                StoreTerm.await(store, "a", slow, said::add);
            } catch (InterruptedException _) {
                said.add("stopped");
            }
        });
        assertThat(said.take()).contains("was lost");
        waiting.interrupt();
        waiting.join();
        StoreTerm.await(store, "b", QUICK, said::add).close(); // once the server has noticed
    }

    /** One clock stands still while a machine sleeps, and the other may be set. */
    @Test
    void whoSleptMayServeNoMore() {
        StoreTerm.Moment renewed = new StoreTerm.Moment(1_000_000_000, 50_000);
        Duration validity = Duration.ofSeconds(5);
        assertThat(renewed.isWithin(validity, new StoreTerm.Moment(5_900_000_000L, 54_900)))
                .isTrue();
        assertThat(renewed.isWithin(validity, new StoreTerm.Moment(1_000_000_001, 3_600_000)))
                .isFalse();
        assertThat(renewed.isWithin(validity, new StoreTerm.Moment(6_000_000_000L, 50_000)))
                .isFalse();
        assertThat(renewed.isWithin(validity, new StoreTerm.Moment(1_000_000_001, 45_000)))
                .as("set back")
                .isFalse();
    }

    @Test
    void whoCannotRenewMayServeNoMoreAndAnotherWaitsLonger() throws Exception {
        assertThat(TermTimes.USUAL.validity()).isLessThan(TermTimes.USUAL.silence());
        PostgresServer store = server.store();
        try (StoreTerm term = StoreTerm.await(
                store, "a", new TermTimes(Duration.ofDays(1), Duration.ofMillis(500), Duration.ofDays(1)), _ -> {})) {
            while (term.isHeld()) {
                WaitLoop.pause();
            }
            assertThatThrownBy(() -> Database.open(store, term, NOTES))
                    .isInstanceOf(StoreUnavailableException.class)
                    .hasMessageContaining("may not write");
        }
    }

    @Test
    void whoLosesTheDatabaseServesNoMore() throws Exception {
        PostgresServer store = server.store();
        StoreTerm term = StoreTerm.await(store, "a", QUICK, _ -> {});
        try (Database database = Database.open(store, term, NOTES)) {
            server.kill();
            assertThat(term.lost().get()).contains("the store `" + store);
            assertThat(term.isHeld()).isFalse();
            assertThatThrownBy(() -> used(database)).isInstanceOf(StoreUnavailableException.class);
            assertThatThrownBy(() -> add(database, "a")).isInstanceOf(StoreUnavailableException.class);
        } finally {
            server.start();
        }
    }

    /** The power goes off while many use the same things up: each is used at most once, and none is forgotten. */
    @Test
    void whatIsUsedUpStaysSoOverACrash() throws Exception {
        PostgresServer store = server.store();
        List<String> ids = IntStream.range(0, 400).mapToObj(i -> "n" + i).toList();
        Map<String, Integer> wins = new ConcurrentHashMap<>();
        try (Database database = Database.open(store, StoreTerm.await(store, "a", QUICK, _ -> {}), NOTES)) {
            database.write(sql -> {
                ids.forEach(id -> sql.update("INSERT INTO notes (id) VALUES (?)", id));
                return true;
            });
            CountDownLatch some = new CountDownLatch(100);
            List<Thread> racers = race(database, ids, wins, some);
            some.await();
            server.kill();
            for (Thread racer : racers) {
                racer.join();
            }
        } finally {
            server.start();
        }
        assertThat(wins).hasSizeGreaterThanOrEqualTo(100);
        try (Database database = Database.open(store, StoreTerm.await(store, "a", QUICK, _ -> {}), NOTES)) {
            assertThat(used(database)).containsAll(wins.keySet());
            for (Thread racer : race(database, ids, wins, new CountDownLatch(0))) {
                racer.join();
            }
            assertThat(used(database)).hasSize(ids.size());
        }
        assertThat(wins.values()).containsOnly(1);
    }

    private static List<Thread> race(
            Database database, List<String> ids, Map<String, Integer> wins, CountDownLatch some) {
        return IntStream.range(0, RACERS)
                .mapToObj(_ -> Thread.ofVirtual().start(() -> {
                    for (String id : ids) {
                        try {
                            if (use(database, id)) {
                                wins.merge(id, 1, Integer::sum);
                                some.countDown();
                            }
                        } catch (StoreUnavailableException _) {
                            return; // the crash
                        }
                    }
                }))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"off", "local", "remote_write"})
    void aServerThatMayForgetACommitIsRefused(String setting) throws Exception {
        PostgresServer store = server.store();
        server.value("ALTER ROLE " + store.user() + " SET synchronous_commit = " + setting + "; SELECT 1");
        StoreTerm term = StoreTerm.await(store, "a", _ -> {});
        assertThatThrownBy(() -> Database.open(store, term, NOTES))
                .isInstanceOf(StoreUnavailableException.class)
                .hasMessageContaining("`" + setting + "`");
    }

    @Test
    void aServerThatDoesNotForceItsFilesIsRefused() throws Exception {
        PostgresServer store = server.store();
        server.kill();
        try {
            server.start("fsync=off");
            StoreTerm term = StoreTerm.await(store, "a", _ -> {});
            assertThatThrownBy(() -> Database.open(store, term, NOTES)).hasMessageContaining("fsync");
        } finally {
            server.kill();
            server.start();
        }
    }

    @Test
    void beyondLoopbackTheCertificateMustBeForTheName() throws Exception {
        PostgresServer store = server.store();
        TestingCertificate own = TestingCertificate.forName("localhost");
        server.kill();
        try {
            server.start(server.tls(own));
            StoreTerm.take(at(store, "localhost", own), "a").close();
            TestingCertificate other = TestingCertificate.forName("localhost");
            for (PostgresServer wrong : List.of(at(store, "localhost", other), at(store, "127.0.0.1", own))) {
                assertThatThrownBy(() -> StoreTerm.take(wrong, "a"))
                        .isInstanceOf(StoreUnavailableException.class)
                        .hasMessageContaining("check its address, its certificate");
            }
        } finally {
            server.kill();
            server.start();
        }
        PostgresServer remote = new PostgresServer(
                "db.example.com", 5432, "interlock", "interlock", Optional.empty(), Optional.empty());
        assertThat(remote.properties("")).containsEntry("sslmode", "verify-full");
    }

    private PostgresServer at(PostgresServer store, String host, TestingCertificate authority) throws Exception {
        Path file = Files.createTempFile(directory, "ca", ".pem");
        Files.writeString(file, authority.pem());
        return new PostgresServer(
                host, store.port(), store.database(), store.user(), Optional.empty(), Optional.of(file));
    }
}
