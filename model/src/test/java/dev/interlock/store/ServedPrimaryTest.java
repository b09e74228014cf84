package dev.interlock.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.testing.TestingDatabaseServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gateway follows its database to a promoted replica, and never back to the primary that this one replaced. */
@Tag("process")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ServedPrimaryTest {

    @TempDir
    Path directory;

    private StoreNode join(PostgresServer store, BlockingQueue<String> said) throws InterruptedException {
        return StoreNode.await(store, "a", "", Optional.of(directory.resolve("primary")), said::add);
    }

    private String refused(PostgresServer store) throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>();
        FutureTask<StoreNode> waiting = new FutureTask<>(() -> join(store, said));
        Thread thread = Thread.ofVirtual().start(waiting);
        String reason = said.take();
        thread.interrupt();
        thread.join();
        assertThat(waiting.state()).isEqualTo(FutureTask.State.FAILED);
        return reason;
    }

    private static void await(StoreNode node, boolean isHeld) throws InterruptedException {
        while (node.isHeld() != isHeld) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aPromotedReplicaIsFollowedAndItsOldPrimaryIsRefused() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>();
        try (TestingDatabaseServer first = new TestingDatabaseServer()) {
            PostgresServer store = first.store();
            join(store, said).close();
            try (TestingDatabaseServer second = first.replica()) {
                second.promote();
                PostgresServer promoted = second.store(store.user());
                join(promoted, said).close();
                assertThat(said).isEmpty();
                assertThat(refused(store)).contains("served from timeline 2, and this one is on 1", "Stop it");
                join(promoted, said).close();
                Files.delete(directory.resolve("primary")); // people went back on purpose
                join(store, said).close();
                assertThat(Files.readString(directory.resolve("primary")))
                        .containsPattern("^[0-9]+ 1 [0-9a-f-]{36}\n$");
            }
        }
    }

    /** The cluster and the number of the timeline are the same, and so is all that was written before. */
    @Test
    void ofTwoReplicasThatWerePromotedFromOneTimelineOnlyTheFirstIsServedFrom() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>();
        Path seen = directory.resolve("primary");
        try (TestingDatabaseServer first = new TestingDatabaseServer()) {
            PostgresServer store = first.store();
            join(store, said).close();
            try (TestingDatabaseServer second = first.replica();
                    TestingDatabaseServer third = first.replica()) {
                first.kill();
                second.promote();
                third.promote();
                join(second.store(store.user()), said).close();
                String served = Files.readString(seen);
                for (int i = 0; i < 2; i++) {
                    assertThat(refused(third.store(store.user()))).contains("two replicas were promoted", "stop one");
                    assertThat(third.value(
                                    "SELECT count(*) FROM " + store.user() + ".store_primary WHERE timeline = 2"))
                            .isEqualTo("0"); // nothing was written there
                    assertThat(Files.readString(seen)).isEqualTo(served);
                    join(second.store(store.user()), said).close();
                }
                Path other = directory.resolve("other"); // of a gateway that has met the third alone
                StoreNode.await(third.store(store.user()), "b", "", Optional.of(other), said::add)
                        .close();
                assertThat(refused(third.store(store.user()))).contains("two replicas were promoted");
                second.kill();
                Files.delete(seen); // people took the third
                join(third.store(store.user()), said).close();
                assertThat(Files.readString(seen)).isEqualTo(Files.readString(other));
                assertThat(said).isEmpty();
            }
        }
    }

    /** A gateway that waits for the end of a move draws before it asks whether it may serve. */
    @Test
    void aMoveGoesOnWhileAGatewayWaitsForItsEnd() throws Exception {
        try (TestingDatabaseServer first = new TestingDatabaseServer()) {
            PostgresServer store = first.store();
            try (StoreNode mover = StoreNode.alone(store)) {
                assertThat(refused(store)).contains("is being moved");
                mover.requirePrimary(store.open(""));
            }
        }
    }

    /** As by a version that knew only cluster and timeline. */
    @Test
    void whatAnOlderVersionHasServedFromIsKnown() throws Exception {
        Path seen = directory.resolve("primary");
        try (TestingDatabaseServer first = new TestingDatabaseServer()) {
            PostgresServer store = first.store();
            join(store, new LinkedBlockingQueue<>()).close();
            String served = Files.readString(seen);
            Files.writeString(seen, served.substring(0, served.lastIndexOf(' ')) + "\n");
            join(store, new LinkedBlockingQueue<>()).close();
            assertThat(Files.readString(seen)).isEqualTo(served);
        }
    }

    @Test
    void anotherClusterIsRefusedUntilPeopleSayThatTheyMovedThere() throws Exception {
        try (TestingDatabaseServer first = new TestingDatabaseServer();
                TestingDatabaseServer second = new TestingDatabaseServer()) {
            BlockingQueue<String> said = new LinkedBlockingQueue<>();
            join(first.store(), said).close();
            assertThat(refused(second.store()))
                    .contains("another cluster", directory.resolve("primary").toString());
            Files.writeString(directory.resolve("primary"), "garbled");
            assertThat(refused(first.store())).contains("names no primary");
            Files.delete(directory.resolve("primary"));
            join(second.store(), said).close();
        }
    }

    /** The server stays at its address, as behind a name that leads to whoever answers. */
    @Test
    void aRunningGatewayStandsStillAtAnOldPrimaryAndServesAgainAtTheNewOne() throws Exception {
        try (TestingDatabaseServer first = new TestingDatabaseServer()) {
            PostgresServer store = first.store();
            try (StoreNode node = join(store, new LinkedBlockingQueue<>())) {
                node.follow(List.of(), () -> {});
                await(node, true);
                Path seen = directory.resolve("primary");
                String primary = Files.readString(seen);
                Files.writeString(seen, primary.replace(" 1 ", " 2 ")); // as if another one had been promoted
                first.kill();
                first.start();
                await(node, false);
                while (!node.standstill().orElse("").contains("old primary")) {
                    Thread.onSpinWait();
                }
                Files.delete(seen); // people went back on purpose: from now on this one is known
                await(node, true);
                assertThat(Files.readString(seen)).isEqualTo(primary);
            }
        }
    }

    @Test
    void aConnectionToAnotherPrimaryThanTheSessionIsNotUsed() throws Exception {
        try (TestingDatabaseServer first = new TestingDatabaseServer()) {
            PostgresServer store = first.store();
            try (TestingDatabaseServer second = first.replica();
                    StoreNode node = join(store, new LinkedBlockingQueue<>())) {
                node.requirePrimary(store.open(""));
                second.promote();
                assertThatThrownBy(() ->
                                node.requirePrimary(second.store(store.user()).open("")))
                        .hasMessageContaining("two primaries");
            }
        }
    }
}
