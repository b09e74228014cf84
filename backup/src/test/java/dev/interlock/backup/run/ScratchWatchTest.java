package dev.interlock.backup.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.run.ScratchWatch.DiskSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the reserve that stays free. */
class ScratchWatchTest {

    private static final long GIBIBYTE = 1L << 30;

    private static final DiskSpace LARGE = new DiskSpace(1000 * GIBIBYTE, 500 * GIBIBYTE, 1000, 500);

    private static DiskSpace free(long bytes) {
        return new DiskSpace(LARGE.bytes(), bytes, LARGE.files(), LARGE.freeFiles());
    }

    @Test
    void aGibibyteStaysFreeOrATenth() {
        assertThat(ScratchWatch.trouble(free(GIBIBYTE))).isEmpty();
        assertThat(ScratchWatch.trouble(free(GIBIBYTE - 1)).orElseThrow()).contains("only 1023 MiB are free");
        DiskSpace small = new DiskSpace(GIBIBYTE, GIBIBYTE / 10, 0, 0);
        assertThat(ScratchWatch.trouble(small)).isEmpty();
        assertThat(ScratchWatch.trouble(new DiskSpace(GIBIBYTE, GIBIBYTE / 10 - 1, 0, 0)))
                .isPresent();
    }

    @Test
    void aTenthOfTheFilesStaysFree() {
        assertThat(ScratchWatch.trouble(new DiskSpace(LARGE.bytes(), LARGE.freeBytes(), 1000, 100)))
                .isEmpty();
        assertThat(ScratchWatch.trouble(new DiskSpace(LARGE.bytes(), LARGE.freeBytes(), 1000, 99))
                        .orElseThrow())
                .contains("only 99 more files");
    }

    @Test
    void aFileSystemIsRead() throws IOException {
        Path here = Path.of("").toAbsolutePath();
        DiskSpace found = DiskSpace.at(here);
        assertThat(found.bytes()).isEqualTo(Files.getFileStore(here).getTotalSpace());
        assertThat(found.freeBytes()).isPositive().isLessThan(found.bytes());
        assertThat(found.freeFiles()).isLessThanOrEqualTo(found.files());
    }

    /** A writer in this process is no program that could be killed. */
    @Test
    @Timeout(300)
    @Tag("process")
    void whatFillsTooMuchIsEndedAndGoesNoFurther(@TempDir Path directory) throws Exception {
        List<Long> heard = new ArrayList<>();
        CountDownLatch ended = new CountDownLatch(1);
        try (SmallDisk small = SmallDisk.at(directory.resolve("small"), 100);
                ScratchWatch watch = ScratchWatch.begin(small.path(), ended::countDown)) {
            Progress progress = watch.over((_, bytes) -> heard.add(bytes));
            progress.at("restoring", 1);
            watch.requireRoom();
            Files.write(small.path().resolve("more"), new byte[95 << 20]);
            ended.await();
            assertThatThrownBy(() -> progress.at("restoring", 2))
                    .hasCauseInstanceOf(InconclusiveException.class)
                    .hasMessageContaining("are free there");
            assertThatThrownBy(watch::requireRoom)
                    .isInstanceOf(InconclusiveException.class)
                    .hasMessageContaining("in `" + small.path() + "`: ");
        }
        assertThat(heard).containsExactly(1L);
    }

    /** A disk may be full before anybody has seen it fill. */
    @Test
    void whatCameToItsEndOnAFullDiskIsNotBelieved() throws Exception {
        AtomicReference<DiskSpace> now = new AtomicReference<>(LARGE);
        Thread own = Thread.currentThread();
        try (ScratchWatch watch = ScratchWatch.begin(
                Path.of("scratch"), () -> {}, _ -> Thread.currentThread().equals(own) ? now.get() : LARGE)) {
            now.set(free(0));
            assertThatThrownBy(watch::requireRoomToTheEnd)
                    .isInstanceOf(InconclusiveException.class)
                    .hasMessageContaining("are free there");
        }
    }

    /** The last check finds a full disk, and the restore test had its result before. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Timeout(300)
    void whatIsOverIsNotEnded(boolean inGoodTime) throws Exception {
        AtomicInteger looks = new AtomicInteger();
        CompletableFuture<Thread> looking = new CompletableFuture<>();
        Semaphore go = new Semaphore(0);
        AtomicBoolean ended = new AtomicBoolean();
        ScratchWatch watch = ScratchWatch.begin(Path.of("scratch"), () -> ended.set(true), _ -> {
            if (looks.incrementAndGet() != 3) {
                return LARGE;
            }
            looking.complete(Thread.currentThread());
            go.acquireUninterruptibly();
            return free(0);
        });
        Thread last = looking.get();
        if (inGoodTime) {
            watch.requireRoomToTheEnd();
        }
        watch.close();
        go.release();
        last.join();
        assertThat(ended).isFalse();
        watch.requireRoom();
    }
}
