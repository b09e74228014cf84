package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Tile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests errors of the machine, such as a lack of memory: nobody waits for ever, and nothing is accepted any more. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
class LedgerErrorsTest {

    @TempDir
    Path directory;

    private TestLedgers ledgers;

    @BeforeEach
    void prepare() {
        ledgers = new TestLedgers(directory);
    }

    private static SegmentFile failing(SegmentFile file, AtomicBoolean full) {
        return new SegmentFile() {
            @Override
            public void write(byte[] bytes, long position) throws IOException {
                if (full.get()) {
                    throw new OutOfMemoryError("Java heap space");
                }
                file.write(bytes, position);
            }

            @Override
            public void force() throws IOException {
                file.force();
            }

            @Override
            public void close() throws IOException {
                file.close();
            }
        };
    }

    @Test
    void waitingAppendsLearnOfAnError() throws Exception {
        AtomicBoolean full = new AtomicBoolean();
        try (Ledger ledger =
                Ledger.open(ledgers.config(false), new SecureRandom(), path -> failing(DiskFile.open(path), full))) {
            ledger.append(TestLedgers.refused(0));
            full.set(true);
            assertThatThrownBy(() -> ledger.append(TestLedgers.refused(1)))
                    .isInstanceOf(LedgerUnavailableException.class);
            full.set(false);
            assertThatThrownBy(() -> ledger.append(TestLedgers.refused(2)))
                    .isInstanceOf(LedgerUnavailableException.class)
                    .hasMessageContaining("accepts no more receipts");
            assertThat(ledger.status().refusing()).isPresent();
        }
        try (Ledger again = ledgers.open()) {
            again.append(TestLedgers.refused(3));
        }
    }

    @Test
    void aFailedPublisherIsReported() throws Exception {
        LedgerConfig config = ledgers.config(false);
        Files.createDirectories(config.state());
        LogKey key = LogKey.open(config.state(), config.origin(), true, new SecureRandom());
        try (ReceiptIndex index = ReceiptIndex.open(config.state().resolve("index.sqlite"))) {
            LedgerRecovery.RecoveredLedger found = new LedgerRecovery(config, key.publicKey(), index).run();
            Publisher publisher = new Publisher(config, key, index, found, _ -> {}, _ -> {
                throw new OutOfMemoryError("Java heap space");
            });
            publisher.start();
            assertThat(publisher.isAlive()).isTrue();
            publisher.accept(List.of(new CommittedReceipt(
                    0, LogEntry.of(TestLedgers.refused(0)), new CommittedReceipt.FramePosition(0, 0, 1))));
            TestLedgers.await(() -> !publisher.isAlive());
            assertThat(publisher.failing()).isPresent();
            publisher.close();
        }
    }

    /** The checkpoint of a round comes after its rows. If that fails, the round comes again, with later receipts. */
    @Test
    void bundlesThatComeAgainChangeNothing() throws Exception {
        Files.createDirectories(directory.resolve("state"));
        Path file = directory.resolve("state/index.sqlite");
        List<CommittedReceipt> round = new ArrayList<>();
        round.add(committed(0, TestLedgers.receipt(0, Receipt.Kind.INTENT)));
        round.add(committed(1, TestLedgers.receipt(1, Receipt.Kind.INTENT)));
        round.add(committed(2, TestLedgers.receipt(2, Receipt.Kind.INTENT)));
        round.add(committed(3, TestLedgers.outcome(3, 2)));
        fill(round, Tile.WIDTH);
        try (ReceiptIndex index = ReceiptIndex.open(file)) {
            index.add(round);
            assertThat(index.openIntents()).containsExactly(0L, 1L);
            round.add(committed(Tile.WIDTH, TestLedgers.outcome(Tile.WIDTH, 0)));
            fill(round, 2 * Tile.WIDTH);
            index.add(round);
            assertThat(index.openIntents()).containsExactly(1L);
            assertThat(index.bundles(ReceiptKeys.outcomes(0))).containsExactly(1L, 0L);
            assertThat(index.size()).isEqualTo(2L * Tile.WIDTH);
        }
        try (ReceiptIndex index = ReceiptIndex.open(file)) {
            assertThat(index.openIntents()).as("after a restart").containsExactly(1L);
            List<CommittedReceipt> third = new ArrayList<>();
            third.add(committed(2 * Tile.WIDTH, TestLedgers.outcome(2 * Tile.WIDTH, 1)));
            for (int i = 2 * Tile.WIDTH + 1; i < 3 * Tile.WIDTH; i++) {
                third.add(committed(i, TestLedgers.refused(i)));
            }
            index.add(third);
            assertThat(index.openIntents()).isEmpty();
        }
    }

    private static void fill(List<CommittedReceipt> round, int to) throws IOException {
        for (int i = round.size(); i < to; i++) {
            round.add(committed(i, TestLedgers.refused(i)));
        }
    }

    private static CommittedReceipt committed(long leaf, Receipt receipt) throws IOException {
        return new CommittedReceipt(leaf, LogEntry.of(receipt), new CommittedReceipt.FramePosition(0, (int) leaf, 1));
    }

    @Test
    void withoutAPublisherNothingIsAppended() throws Exception {
        LedgerConfig config = ledgers.config(false);
        Journal journal = Journal.create(
                Files.createDirectories(config.evidence().resolve("segments")), config.segmentBytes(), DiskFile::open);
        AtomicBoolean publishing = new AtomicBoolean(true);
        try (Committer committer =
                new Committer(journal, _ -> {}, () -> 0, publishing::get, Duration.ZERO, ReserveTest.plenty())) {
            committer.start();
            committer.append(TestLedgers.refused(0));
            assertThat(committer.refusing()).isEmpty();
            publishing.set(false);
            assertThatThrownBy(() -> committer.append(TestLedgers.refused(1)))
                    .isInstanceOf(LedgerUnavailableException.class);
            assertThat(committer.refusing()).as("so that it shows").isPresent();
        }
    }

    /** A full disk causes this: tiles need free space, and the segment has its own. */
    @Test
    void aStalledCheckpointIsReportedUntilItMoves() throws Exception {
        LedgerConfig config = ledgers.config(false);
        Journal journal = Journal.create(
                Files.createDirectories(config.evidence().resolve("segments")), 16 * 1024 * 1024, DiskFile::open);
        AtomicLong published = new AtomicLong();
        try (Committer committer =
                new Committer(journal, _ -> {}, published::get, () -> true, Duration.ZERO, ReserveTest.plenty())) {
            committer.start();
            int taken = 0;
            while (committer.refusing().isEmpty() && taken < 10_000) {
                committer.appendOwed(TestLedgers.refused(taken));
                taken++;
                if (taken % 512 == 0) {
                    int all = taken;
                    TestLedgers.await(() -> committer.size() == all);
                }
            }
            assertThat(taken).isBetween(6145, 9_999);
            assertThat(committer.refusing()).isPresent();
            assertThatThrownBy(() -> committer.append(TestLedgers.refused(0)))
                    .isInstanceOf(LedgerUnavailableException.class)
                    .hasMessageContaining("the checkpoint has not advanced");
            committer.appendOwed(TestLedgers.refused(taken)); // it can still be written, and its intent has been

            published.set(committer.size());
            assertThat(committer.refusing()).isEmpty();
            committer.append(TestLedgers.refused(10_000));
        }
    }

    @Test
    void anIndexThatCannotBeOpenedLeavesNoConnectionBehind() throws Exception {
        Path damaged =
                Files.writeString(directory.resolve("index.sqlite"), "this is no database, but long enough".repeat(99));
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + damaged);
        assertThatThrownBy(() -> ReceiptIndex.IndexFile.prepared(connection)).isInstanceOf(SQLException.class);
        assertThat(connection.isClosed()).isTrue();
    }
}
