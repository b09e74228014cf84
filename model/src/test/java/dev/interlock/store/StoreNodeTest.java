package dev.interlock.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.store.StoreNode.NodeTimes;
import dev.interlock.testing.TestingCertificate;
import dev.interlock.testing.TestingDatabaseServer;
import dev.interlock.testing.TripCounter;
import dev.interlock.testing.WaitLoop;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gateways that share a database write one after the other, follow each other, and serve nothing while they do not. */
@Tag("process")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StoreNodeTest {

    private static final List<Schema> NOTES = List.of(
            new Schema("notes", 1, "CREATE TABLE notes (id TEXT PRIMARY KEY, used INTEGER NOT NULL DEFAULT 0) STRICT"));
    private static final int RACERS = 4;

    /** A gateway that is frozen: it renews nothing, and believes in its term. */
    private static final NodeTimes FROZEN = new NodeTimes(Duration.ofDays(1), Duration.ofDays(1), Duration.ofMillis(1));

    private static final NodeTimes QUICK =
            new NodeTimes(Duration.ofMillis(10), Duration.ofDays(1), Duration.ofMillis(1));

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

    private static StoreNode join(PostgresServer store, String name, NodeTimes times) throws InterruptedException {
        return StoreNode.await(store, name, "1.2.3", times, _ -> {});
    }

    @Test
    void aSecondProcessOfOneNameWaitsAndSaysWhyAndTakesOver() throws Exception {
        PostgresServer store = server.store();
        BlockingQueue<String> said = new LinkedBlockingQueue<>();
        FutureTask<StoreNode> second = new FutureTask<>(() -> StoreNode.await(store, "a", "", QUICK, said::add));
        try (Database first = Database.open(store, join(store, "a", QUICK), NOTES)) {
            Thread.ofVirtual().start(second);
            assertThat(said.take()).contains("another process serves as `a` from the store", "`origin`");
            assertThat(second.isDone()).isFalse();
            add(first, "a");
        }
        StoreNode node = second.get();
        try (Database database = Database.open(store, node, NOTES)) {
            assertThat(use(database, "a")).isTrue();
        }
        assertThat(said).as("the first ended in order").noneMatch(words -> words.contains("takes over"));
        assertThat(node.isHeld()).isFalse();
        assertThat(node.lost()).isNotDone();
    }

    @Test
    void whoMovesAStoreIsAlone() throws Exception {
        PostgresServer store = server.store();
        try (StoreNode _ = join(store, "a", QUICK);
                StoreNode _ = join(store, "b", QUICK)) {
            assertThatThrownBy(() -> StoreNode.alone(store))
                    .isInstanceOf(StoreUnavailableException.class)
                    .hasMessageContaining("`a`, `b` serve from");
        }
        BlockingQueue<String> said = new LinkedBlockingQueue<>();
        FutureTask<StoreNode> other = new FutureTask<>(() -> StoreNode.await(store, "b", "", QUICK, said::add));
        try (StoreNode _ = StoreNode.alone(store)) {
            Thread.ofVirtual().start(other);
            assertThat(said.take()).contains("is being moved");
        }
        other.get().close();
    }

    /** It was stopped by Ctrl-Z between the copy and the mark: what the gateway wrote since is not in the copy. */
    @Test
    void whoMovesAStoreWritesNoMoreOnceAGatewayHasJoined() throws Exception {
        PostgresServer store = server.store();
        StoreNode mover = StoreNode.alone(store, FROZEN);
        try (Database moving = Database.open(store, mover, NOTES)) {
            add(moving, "a");
            endSessionOf(store);
            List<String> said = new ArrayList<>();
            StoreNode.await(store, "b", "", QUICK, said::add).close();
            assertThat(said).anyMatch(words -> words.contains("takes over from one"));
            assertThat(mover.mayWrite()).isTrue();
            assertThatThrownBy(() -> use(moving, "a"))
                    .isInstanceOf(StoreUnavailableException.class)
                    .hasMessageContaining("the store was moved");
        }
    }

    /** What has ended by the clocks of the others would go on there. */
    @Test
    void whoseClockIsFarBehindServesNothing() throws Exception {
        PostgresServer store = server.store();
        String clock = store.user() + ".clock_timestamp()";
        value("CREATE FUNCTION " + clock
                + " RETURNS timestamptz LANGUAGE sql AS $$ SELECT now() + interval '1 minute' $$; ALTER ROLE "
                + store.user() + " SET search_path = " + store.user() + ", pg_catalog; SELECT 1");
        try (StoreNode node = join(store, "a", QUICK)) {
            node.follow(List.of(), () -> {});
            while (!node.standstill().orElseThrow().contains("far behind the database's")) {
                WaitLoop.pause();
            }
            value("DROP FUNCTION " + clock + "; SELECT 1");
            awaitHeld(node, true);
        }
    }

    @Test
    void whatNeedsNothingOfTheStoreGoesOnForItsGrace() throws Exception {
        PostgresServer store = server.store();
        NodeTimes times = new NodeTimes(Duration.ofMillis(10), Duration.ofMillis(300), Duration.ofMillis(301));
        Duration grace = Duration.ofDays(1);
        AtomicInteger stops = new AtomicInteger();
        try (TripCounter way = new TripCounter(store);
                StoreNode node = join(way.store(), "a", times)) {
            assertThat(node.serves(grace)).as("nothing follows yet").isFalse();
            node.follow(List.of(), stops::incrementAndGet);
            awaitHeld(node, true);
            way.cut(true);
            awaitHeld(node, false);
            assertThat(node.serves(Duration.ZERO)).isFalse();
            assertThat(node.serves(grace)).isTrue();
            int before = stops.get();
            while (stops.get() < before + 2 || node.serves(Duration.ofMillis(1))) {
                WaitLoop.pause(); // what was sent in the grace is cut off at its end
            }
            way.cut(false);
            awaitHeld(node, true);
            String clock = store.user() + ".clock_timestamp()";
            value("CREATE FUNCTION " + clock
                    + " RETURNS timestamptz LANGUAGE sql AS $$ SELECT now() + interval '1 minute' $$; ALTER ROLE "
                    + store.user() + " SET search_path = " + store.user() + ", pg_catalog; SELECT 1");
            way.cut(true);
            way.cut(false);
            while (node.serves(grace)) { // it is not out of reach
                WaitLoop.pause();
            }
        }
    }

    /** Its process must end, so that another one begins; and it has not ended in order. */
    @Test
    void whoseFollowerDiesHasLostItsMembership() throws Exception {
        PostgresServer store = server.store();
        try (StoreNode node = join(store, "a", QUICK)) {
            StoreListener broken = () -> {
                throw new StackOverflowError();
            };
            node.follow(List.of(broken), () -> {});
            endSessionOf(store);
            assertThat(node.lost().get()).contains("failed");
            List<String> said = new ArrayList<>();
            StoreNode.await(store, "a", "", QUICK, said::add).close();
            assertThat(said).anyMatch(words -> words.contains("takes over from one"));
        }
    }

    /** Its session ended, so another gateway took over. It does not know, and the database refuses it. */
    @Test
    @Tag("promise")
    void theDatabaseRefusesWhatAnEarlierHolderWrites() throws Exception {
        PostgresServer store = server.store();
        StoreNode frozen = join(store, "a", FROZEN);
        try (Database old = Database.open(store, frozen, NOTES)) {
            add(old, "a");
            endSessionOf(store);
            List<String> said = new ArrayList<>();
            try (Database next = Database.open(store, StoreNode.await(store, "a", "", QUICK, said::add), NOTES)) {
                assertThat(said).anyMatch(words -> words.contains("takes over from one"));
                assertThat(frozen.mayWrite()).isTrue();
                assertThatThrownBy(() -> use(old, "a"))
                        .isInstanceOf(StoreUnavailableException.class)
                        .hasMessageContaining("took over");
                assertThat(used(next)).isEmpty();
                assertThat(use(next, "a")).isTrue();
                assertThat(frozen.mayWrite()).as("it has found out").isFalse();
                assertThat(frozen.lost().get()).contains("took over");
            }
        }
    }

    /** Who waited for the frozen one has not waited to the end, so the next one waits as well. */
    @Test
    void whoDidNotWaitToTheEndLeavesTheWaitToTheNext() throws Exception {
        PostgresServer store = server.store();
        try (StoreNode frozen = join(store, "a", FROZEN)) {
            endSessionOf(store);
            BlockingQueue<String> said = new LinkedBlockingQueue<>();
            NodeTimes patient = new NodeTimes(Duration.ofMillis(10), Duration.ofDays(1), Duration.ofDays(1));
            Thread second = Thread.ofPlatform().start(() -> {
                try {
                    StoreNode.await(store, "a", "", patient, said::add);
                } catch (InterruptedException _) {
                    said.add("stopped");
                }
            });
            assertThat(said.take()).contains("takes over from one");
            second.interrupt();
            assertThat(said.take()).isEqualTo("stopped");
            second.join();
            assertThat(frozen.mayWrite()).isTrue();
            try (StoreNode _ = StoreNode.await(store, "a", "", QUICK, said::add)) {
                assertThat(said).anyMatch(words -> words.contains("takes over from one"));
            }
        }
    }

    /** What the old holder began before has locked its term until it ends; the new one follows it. */
    @Test
    void aNewHolderWaitsForTheTransactionOfTheLast() throws Exception {
        PostgresServer store = server.store();
        try (Database old = Database.open(store, join(store, "a", FROZEN), NOTES)) {
            add(old, "a");
            FutureTask<StoreNode> next = new FutureTask<>(() -> join(store, "a", QUICK));
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

    @Test
    void whoHasLostItsMembershipWhileItWaitedDoesNotWaitForItself() throws Exception {
        PostgresServer store = server.store();
        BlockingQueue<String> said = new LinkedBlockingQueue<>();
        NodeTimes slow = new NodeTimes(Duration.ofDays(1), Duration.ZERO, Duration.ZERO);
        Thread waiting = Thread.ofPlatform().start(() -> {
            try {
                StoreNode.await(store, "a", "", slow, said::add);
            } catch (InterruptedException _) {
                said.add("stopped");
            }
        });
        assertThat(said.take()).contains("was lost");
        waiting.interrupt();
        waiting.join();
        StoreNode.await(store, "a", "", QUICK, said::add).close(); // once the server has noticed
    }

    /** One clock stands still while a machine sleeps, and the other may be set. */
    @Test
    void whoSleptMayServeNoMore() {
        StoreNode.Moment renewed = new StoreNode.Moment(1_000_000_000, 50_000);
        Duration validity = Duration.ofSeconds(5);
        assertThat(renewed.isWithin(validity, new StoreNode.Moment(5_900_000_000L, 54_900)))
                .isTrue();
        assertThat(renewed.isWithin(validity, new StoreNode.Moment(1_000_000_001, 3_600_000)))
                .isFalse();
        assertThat(renewed.isWithin(validity, new StoreNode.Moment(6_000_000_000L, 50_000)))
                .isFalse();
        assertThat(renewed.isWithin(validity, new StoreNode.Moment(1_000_000_001, 45_000)))
                .as("set back")
                .isFalse();
    }

    @Test
    void whoCannotRenewMayWriteNoMoreAndAnotherWaitsLonger() throws Exception {
        assertThat(NodeTimes.USUAL.validity()).isLessThan(NodeTimes.USUAL.silence());
        PostgresServer store = server.store();
        try (StoreNode node =
                join(store, "a", new NodeTimes(Duration.ofDays(1), Duration.ofMillis(500), Duration.ofDays(1)))) {
            while (node.mayWrite()) {
                WaitLoop.pause();
            }
            assertThatThrownBy(() -> Database.open(store, node, NOTES))
                    .isInstanceOf(StoreUnavailableException.class)
                    .hasMessageContaining("may not write");
        }
    }

    /** One that remembers what it is told, in order. */
    private static final class Listener implements StoreListener {

        private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
        private volatile boolean fails;
        private final Semaphore slow = new Semaphore(Integer.MAX_VALUE);
        private volatile Supplier<Optional<String>> waits = Optional::empty;

        @Override
        public Optional<String> awaited() {
            return waits.get();
        }

        @Override
        public void changed(String kind, Set<String> keys) {
            if (fails) {
                throw new StoreUnavailableException("the rows cannot be read");
            }
            slow.acquireUninterruptibly();
            slow.release();
            told.add(kind + keys);
        }

        @Override
        public void reload() {
            if (fails) {
                throw new StoreUnavailableException("the rows cannot be read");
            }
            told.add("all");
        }
    }

    private static void addAndTell(Database database, String id) {
        database.write(sql -> {
            sql.changed("note", id);
            return sql.update("INSERT INTO notes (id) VALUES (?)", id);
        });
    }

    private static void awaitHeld(StoreNode node, boolean isHeld) {
        while (node.isHeld() != isHeld) {
            WaitLoop.pause();
        }
    }

    /** Three gateways, which all write, and follow each other. */
    private final class Fleet implements AutoCloseable {

        private final PostgresServer store = server.store();
        private final List<StoreNode> nodes = new ArrayList<>();
        private final List<Database> databases = new ArrayList<>();
        private final List<Listener> listeners = new ArrayList<>();
        private final BlockingQueue<String> stopped = new LinkedBlockingQueue<>();

        Fleet() throws Exception {
            for (String name : List.of("a", "b", "c")) {
                StoreNode node = join(store, name, NodeTimes.USUAL);
                Listener listener = new Listener();
                nodes.add(node);
                databases.add(Database.open(store, node, NOTES));
                assertThat(node.isHeld()).as("nothing follows yet").isFalse();
                node.follow(List.of(listener), () -> stopped.add(name));
                listeners.add(listener);
                awaitHeld(node, true);
            }
        }

        @Override
        public void close() {
            databases.forEach(Database::close);
        }
    }

    @Test
    @Tag("promise")
    void ofManyThatRaceAtSeveralGatewaysOneWins() throws Exception {
        try (Fleet fleet = new Fleet()) {
            add(fleet.databases.getFirst(), "a");
            AtomicInteger wins = new AtomicInteger();
            List<Thread> racers = IntStream.range(0, 100)
                    .mapToObj(i -> Thread.ofVirtual().start(() -> {
                        if (use(fleet.databases.get(i % 3), "a")) {
                            wins.incrementAndGet();
                        }
                    }))
                    .toList();
            for (Thread racer : racers) {
                racer.join();
            }
            assertThat(wins).hasValue(1);
        }
    }

    /** What is read in a transaction that writes is true until it ends, whoever else writes. */
    @Test
    void noWriteOfAnotherGatewayComesBetween() throws Exception {
        try (Fleet fleet = new Fleet()) {
            int each = 20;
            List<Thread> writers = fleet.databases.stream()
                    .map(database -> Thread.ofVirtual().start(() -> {
                        for (int i = 0; i < each; i++) {
                            database.write(sql -> {
                                long count = sql.one(row -> row.getLong(1), "SELECT count(*) FROM notes")
                                        .orElseThrow();
                                return sql.update("INSERT INTO notes (id, used) VALUES (?, ?)", "n" + count, count);
                            });
                        }
                    }))
                    .toList();
            for (Thread writer : writers) {
                writer.join();
            }
            assertThat(fleet.databases
                            .getFirst()
                            .<List<Long>>read(
                                    sql -> sql.all(row -> row.getLong(1), "SELECT used FROM notes ORDER BY used")))
                    .isEqualTo(LongStream.range(0, 3 * each).boxed().toList());
        }
    }

    @Test
    void whatOneWritesAllAreToldInOrderAndNothingOfWhatFailed() throws Exception {
        try (Fleet fleet = new Fleet()) {
            addAndTell(fleet.databases.get(0), "first");
            assertThatThrownBy(() -> addAndTell(fleet.databases.get(1), "first"))
                    .isInstanceOf(StoreUnavailableException.class);
            addAndTell(fleet.databases.get(1), "second");
            for (Listener listener : fleet.listeners) {
                String told = listener.told.take();
                if (!told.equals("note[first, second]")) {
                    assertThat(told).isEqualTo("note[first]");
                    assertThat(listener.told.take()).isEqualTo("note[second]");
                }
            }
            StoreFleet seen = StoreFleet.read(fleet.databases.get(2));
            assertThat(seen.nodes())
                    .extracting(node -> node.name() + " " + node.version() + " " + node.isSilent())
                    .containsExactly("a 1.2.3 false", "b 1.2.3 false", "c 1.2.3 false");
        }
    }

    /** A kill may be among what it has not followed yet. */
    @Test
    @Tag("promise")
    void whoHasNotFollowedServesNothing() throws Exception {
        try (Fleet fleet = new Fleet()) {
            Listener slow = fleet.listeners.get(1);
            slow.slow.acquireUninterruptibly(Integer.MAX_VALUE);
            addAndTell(fleet.databases.get(0), "kill");
            awaitHeld(fleet.nodes.get(1), false);
            assertThat(fleet.stopped.take()).isEqualTo("b");
            assertThat(fleet.nodes.get(0).isHeld()).isTrue();
            slow.slow.release(Integer.MAX_VALUE);
            awaitHeld(fleet.nodes.get(1), true);
            assertThat(slow.told).containsExactly("note[kill]");
        }
    }

    /** Also one that writes nothing finds out. */
    @Test
    void whoIsNoMemberAnyMoreServesNothing() throws Exception {
        try (Fleet fleet = new Fleet()) {
            value("UPDATE " + fleet.store.user() + ".store_order SET tokens = tokens - 'b' RETURNING number");
            assertThat(fleet.nodes.get(1).lost().get()).contains("took over");
            assertThat(fleet.nodes.get(1).isHeld()).isFalse();
            assertThat(fleet.stopped.take()).isEqualTo("b");
            assertThat(fleet.nodes.get(0).lost()).isNotDone();
        }
    }

    @Test
    void whoCannotFollowServesNothingUntilItHasReadAllAgain() throws Exception {
        try (Fleet fleet = new Fleet()) {
            Listener failing = fleet.listeners.get(1);
            failing.fails = true;
            addAndTell(fleet.databases.get(0), "kill");
            awaitHeld(fleet.nodes.get(1), false);
            assertThat(fleet.nodes.get(1).standstill()).contains("the rows cannot be read");
            failing.fails = false;
            awaitHeld(fleet.nodes.get(1), true);
            assertThat(failing.told).containsExactly("all");
        }
    }

    /** The database falls silent, and does not break a connection. */
    @Test
    @Tag("promise")
    void whoGetsNoAnswerServesNothing() throws Exception {
        try (Fleet fleet = new Fleet();
                Connection lock = fleet.store.open("")) {
            lock.setAutoCommit(false);
            lock.createStatement().execute("LOCK TABLE store_order");
            for (StoreNode node : fleet.nodes) {
                awaitHeld(node, false);
                assertThat(node.standstill()).isPresent();
            }
            assertThat(List.of(fleet.stopped.take(), fleet.stopped.take(), fleet.stopped.take()))
                    .containsExactlyInAnyOrder("a", "b", "c");
            lock.rollback();
            fleet.nodes.forEach(node -> awaitHeld(node, true));
        }
    }

    @Test
    @Tag("promise")
    void whoLosesTheDatabaseServesNothingAndComesBackOnceItHasReadAllAgain() throws Exception {
        try (Fleet fleet = new Fleet()) {
            addAndTell(fleet.databases.get(0), "a");
            assertThat(fleet.databases.get(2).<Boolean>write(_ -> true)).isTrue(); // it has connections
            assertThat(used(fleet.databases.get(2))).isEmpty();
            for (Listener listener : fleet.listeners) {
                assertThat(listener.told.take()).isEqualTo("note[a]");
            }
            server.kill();
            try {
                for (StoreNode node : fleet.nodes) {
                    awaitHeld(node, false);
                }
                assertThat(fleet.stopped.take()).isIn("a", "b", "c");
                Database cut = fleet.databases.getFirst();
                assertThatThrownBy(() -> used(cut)).isInstanceOf(StoreUnavailableException.class);
                assertThatThrownBy(() -> add(cut, "b")).isInstanceOf(StoreUnavailableException.class);
            } finally {
                server.start();
            }
            fleet.nodes.forEach(node -> awaitHeld(node, true));
            for (Listener listener : fleet.listeners) {
                assertThat(listener.told).containsOnly("all");
            }
            for (StoreNode node : fleet.nodes) {
                assertThat(node.lost()).isNotDone();
            }
            Database again = fleet.databases.get(2);
            assertThat(used(again)).as("by no connection that broke").isEmpty();
            assertThat(use(again, "a")).isTrue();
        }
    }

    /** Returns the names of those from whom the database has not heard for a while, empty if there are none. */
    private static String silent(Fleet fleet) {
        return value("SELECT coalesce(string_agg(name, '' ORDER BY name), '') FROM " + fleet.store.user()
                + ".store_node WHERE heard < now() - interval '3 seconds'");
    }

    /** Each waits for the others, and all are seen to be back before any of them serves. */
    @Test
    @Tag("promise")
    void allComeBackTogetherAfterAnOutage() throws Exception {
        try (Fleet fleet = new Fleet();
                Connection lock = fleet.store.open("")) {
            fleet.listeners.forEach(listener ->
                    listener.waits = () -> Optional.of(silent(fleet)).filter(names -> !names.isEmpty()));
            lock.setAutoCommit(false);
            lock.createStatement().execute("LOCK TABLE store_order");
            fleet.nodes.forEach(node -> awaitHeld(node, false));
            while (!silent(fleet).equals("abc")) {
                WaitLoop.pause();
            }
            endSessionOf(fleet.store);
            lock.rollback();
            fleet.nodes.forEach(node -> awaitHeld(node, true));
            assertThat(silent(fleet)).isEmpty();
            fleet.listeners.forEach(listener ->
                    assertThat(listener.told).as("nobody read twice").containsOnlyOnce("all"));
        }
    }

    /** It follows meanwhile, and others hear of it; it serves and writes nothing. */
    @Test
    void whoWaitsForOthersServesNothing() throws Exception {
        try (Fleet fleet = new Fleet()) {
            Listener waiting = fleet.listeners.get(1);
            StoreNode node = fleet.nodes.get(1);
            waiting.waits = () -> Optional.of("it waits for d");
            endSessionOf(fleet.store);
            assertThat(waiting.told.take()).isEqualTo("all");
            awaitHeld(node, false);
            awaitHeld(fleet.nodes.get(0), true);
            addAndTell(fleet.databases.get(0), "a");
            assertThat(waiting.told.take()).isEqualTo("note[a]");
            assertThat(node.standstill()).contains("it waits for d");
            assertThat(node.mayWrite()).isFalse();
            assertThat(node.serves(Duration.ofDays(1))).as("the store answers").isFalse();
            assertThat(silent(fleet)).isEmpty();
            waiting.waits = Optional::empty;
            awaitHeld(node, true);
            assertThat(waiting.told).isEmpty();
        }
    }

    /** Old changes are forgotten, and a database that failed over may have forgotten new ones. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE %1$s.store_change SET at = now() - interval '2 hours'",
                "WITH old AS (UPDATE %1$s.store_order SET number = number - 5 RETURNING number) DELETE FROM %1$s.store_change c USING old WHERE c.number > old.number"
            })
    void whoMissesChangesReadsAllAgain(String loss) throws Exception {
        try (Fleet fleet = new Fleet();
                NodeSession session = NodeSession.open(fleet.store)) {
            addAndTell(fleet.databases.get(0), "a");
            Listener listener = fleet.listeners.get(2);
            assertThat(listener.told.take()).isEqualTo("note[a]");
            awaitFollowed(fleet);
            listener.slow.acquireUninterruptibly(Integer.MAX_VALUE);
            addAndTell(fleet.databases.get(0), "b");
            awaitHeld(fleet.nodes.get(2), false); // it is at "b"
            addAndTell(fleet.databases.get(0), "c");
            value(loss.formatted(fleet.store.user()) + "; SELECT 1");
            session.forget();
            listener.slow.release(Integer.MAX_VALUE);
            assertThat(listener.told.take()).isEqualTo("note[b]");
            assertThat(listener.told.take()).isEqualTo("all");
            awaitHeld(fleet.nodes.get(2), true);
            addAndTell(fleet.databases.get(1), "d");
            assertThat(listener.told.take()).isEqualTo("note[d]");
        }
    }

    private static void awaitFollowed(Fleet fleet) {
        while (!StoreFleet.read(fleet.databases.getFirst()).nodes().stream()
                .allMatch(node -> node.number()
                        == StoreFleet.read(fleet.databases.getFirst()).number())) {
            WaitLoop.pause();
        }
    }

    /** The power goes off while many use the same things up: each is used at most once, and none is forgotten. */
    @Test
    void whatIsUsedUpStaysSoOverACrash() throws Exception {
        PostgresServer store = server.store();
        List<String> ids = IntStream.range(0, 400).mapToObj(i -> "n" + i).toList();
        Map<String, Integer> wins = new ConcurrentHashMap<>();
        try (Database database = Database.open(store, join(store, "a", QUICK), NOTES)) {
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
        try (Database database = Database.open(store, join(store, "a", QUICK), NOTES)) {
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
        StoreNode node = join(store, "a", NodeTimes.USUAL);
        assertThatThrownBy(() -> Database.open(store, node, NOTES))
                .isInstanceOf(StoreUnavailableException.class)
                .hasMessageContaining("`" + setting + "`");
    }

    @Test
    void aServerThatDoesNotForceItsFilesIsRefused() throws Exception {
        PostgresServer store = server.store();
        server.kill();
        try {
            server.start("fsync=off");
            StoreNode node = join(store, "a", NodeTimes.USUAL);
            assertThatThrownBy(() -> Database.open(store, node, NOTES)).hasMessageContaining("fsync");
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
            StoreNode.alone(at(store, "localhost", own)).close();
            TestingCertificate other = TestingCertificate.forName("localhost");
            for (PostgresServer wrong : List.of(at(store, "localhost", other), at(store, "127.0.0.1", own))) {
                assertThatThrownBy(() -> StoreNode.alone(wrong))
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
