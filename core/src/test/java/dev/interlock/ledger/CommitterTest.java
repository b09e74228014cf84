package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests more receipts at once than the disk can write. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
class CommitterTest {

    private static final int MANY = 3 * Committer.MAX_WAITING;

    @TempDir
    Path directory;

    private Committer committer(SegmentFile.SegmentFileOpener disk, LongSupplier published) throws IOException {
        LedgerConfig config = new TestLedgers(directory).config(false);
        Path segments = Files.createDirectories(config.evidence().resolve("segments"));
        Committer committer = new Committer(
                Journal.create(segments, 16 * 1024 * 1024, disk),
                _ -> {},
                published,
                () -> true,
                Duration.ofMinutes(1),
                ReserveTest.plenty());
        committer.start();
        return committer;
    }

    private static List<Future<?>> appendMany(Committer committer, ExecutorService threads)
            throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(MANY);
        List<Future<?>> appends = IntStream.range(0, MANY)
                .<Future<?>>mapToObj(i -> threads.submit(() -> {
                    begun.countDown();
                    committer.append(TestLedgers.refused(i));
                    return i;
                }))
                .toList();
        begun.await();
        return appends;
    }

    private static void assertTaken(List<Future<?>> appends) throws Exception {
        for (Future<?> append : appends) {
            append.get();
        }
    }

    @Test
    void noAppendThatWaitsForACheckpointIsRefused() throws Exception {
        AtomicLong published = new AtomicLong();
        try (Committer committer = committer(DiskFile::open, published::get);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i <= Committer.MAX_UNPUBLISHED; i++) {
                committer.appendOwed(TestLedgers.refused(i));
            }
            TestLedgers.await(() -> committer.size() > Committer.MAX_UNPUBLISHED);
            List<Future<?>> appends = appendMany(committer, threads);
            published.set(Integer.MAX_VALUE);
            assertTaken(appends);
            assertThat(committer.size()).isEqualTo(Committer.MAX_UNPUBLISHED + 1 + MANY);
        }
    }

    /** A rejected outcome would leave its intent open for ever. */
    @Test
    void owedReceiptsAreAcceptedDespiteAFullQueue() throws Exception {
        AtomicBoolean slow = new AtomicBoolean();
        CountDownLatch done = new CountDownLatch(1);
        try (Committer committer = committer(path -> slowly(DiskFile.open(path), slow, done), () -> Integer.MAX_VALUE);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            slow.set(true);
            List<Future<?>> appends = appendMany(committer, threads);
            try {
                for (int i = 0; i < MANY; i++) {
                    committer.appendOwed(TestLedgers.outcome(MANY + i, i));
                }
            } finally {
                done.countDown();
            }
            assertTaken(appends);
            TestLedgers.await(() -> committer.size() == 2L * MANY);
        }
    }

    private static SegmentFile slowly(SegmentFile file, AtomicBoolean slow, CountDownLatch done) {
        return new SegmentFile() {
            @Override
            public void write(byte[] bytes, long position) throws IOException {
                file.write(bytes, position);
            }

            @Override
            public void force() throws IOException {
                try {
                    if (slow.get()) {
                        done.await();
                    }
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                file.force();
            }

            @Override
            public void close() throws IOException {
                file.close();
            }
        };
    }
}
