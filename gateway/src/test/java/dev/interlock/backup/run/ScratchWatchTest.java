package dev.interlock.backup.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.kept.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What stays free, and what is too much to have been restored. */
class ScratchWatchTest {

    private static final long GIGABYTE = 1L << 30;

    private static final DiskSpace LARGE = new DiskSpace(1000 * GIGABYTE, 500 * GIGABYTE, 1000, 500);

    private static DiskSpace free(long bytes) {
        return new DiskSpace(LARGE.bytes(), bytes, LARGE.files(), LARGE.freeFiles());
    }

    @Test
    void whatItHoldsMayBeRestored() {
        assertThat(ScratchWatch.trouble(LARGE, free(480 * GIGABYTE), 20 * GIGABYTE))
                .isEmpty();
        assertThat(ScratchWatch.trouble(LARGE, free(480 * GIGABYTE - 1), 20 * GIGABYTE)
                        .orElseThrow())
                .contains(
                        "20480 MB were filled there since it began, and what it holds takes 20480 MB at the very most");
    }

    /** Somebody may have made room meanwhile. */
    @Test
    void moreThanThereWasIsNoTrouble() {
        assertThat(ScratchWatch.trouble(LARGE, free(600 * GIGABYTE), 0)).isEmpty();
    }

    @Test
    void aGigabyteStaysFreeOrATenth() {
        assertThat(ScratchWatch.trouble(LARGE, free(GIGABYTE), Long.MAX_VALUE)).isEmpty();
        assertThat(ScratchWatch.trouble(LARGE, free(GIGABYTE - 1), Long.MAX_VALUE)
                        .orElseThrow())
                .contains("only 1023 MB are free");
        DiskSpace small = new DiskSpace(GIGABYTE, GIGABYTE / 10, 0, 0);
        assertThat(ScratchWatch.trouble(small, small, 0)).isEmpty();
        assertThat(ScratchWatch.trouble(small, new DiskSpace(GIGABYTE, GIGABYTE / 10 - 1, 0, 0), GIGABYTE))
                .isPresent();
    }

    @Test
    void aTenthOfTheFilesStaysFree() {
        assertThat(ScratchWatch.trouble(LARGE, new DiskSpace(LARGE.bytes(), LARGE.freeBytes(), 1000, 100), 0))
                .isEmpty();
        assertThat(ScratchWatch.trouble(LARGE, new DiskSpace(LARGE.bytes(), LARGE.freeBytes(), 1000, 99), 0)
                        .orElseThrow())
                .contains("only 99 more files");
    }

    /** Of what others serve nothing may be known, which is no word that it is full. */
    @Test
    void whatKnowsNoSizeIsNotFull() {
        DiskSpace unknown = new DiskSpace(0, 0, 0, 0);
        assertThat(ScratchWatch.trouble(unknown, unknown, 0)).isEmpty();
    }

    @Test
    void aFileSystemIsRead() throws IOException {
        Path here = Path.of("").toAbsolutePath();
        DiskSpace found = DiskSpace.at(here);
        assertThat(found.bytes()).isEqualTo(Files.getFileStore(here).getTotalSpace());
        assertThat(found.freeBytes()).isPositive().isLessThan(found.bytes());
        assertThat(found.freeFiles()).isLessThanOrEqualTo(found.files());
    }

    /** Who writes in this process is no program that could be ended. */
    @Test
    @Timeout(60)
    void whatFillsTooMuchIsEndedAndGoesNoFurther(@TempDir Path directory) throws Exception {
        List<Long> heard = new ArrayList<>();
        CountDownLatch ended = new CountDownLatch(1);
        try (SmallDisk small = SmallDisk.at(directory.resolve("small"), 100);
                ScratchWatch watch = ScratchWatch.begin(small.path(), 8 << 20, ended::countDown)) {
            Progress progress = watch.over((_, bytes) -> heard.add(bytes));
            progress.at("restoring", 1);
            watch.requireRoom();
            Files.write(small.path().resolve("more"), new byte[(8 << 20) + 1]);
            ended.await();
            assertThatThrownBy(() -> progress.at("restoring", 2))
                    .hasCauseInstanceOf(DisturbedException.class)
                    .hasMessageContaining("8 MB were filled there since it began");
            assertThatThrownBy(watch::requireRoom)
                    .isInstanceOf(DisturbedException.class)
                    .hasMessageContaining("in `" + small.path() + "`: ");
        }
        assertThat(heard).containsExactly(1L);
    }
}
