package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class ReserveTest {

    private static final Path EVIDENCE = Path.of("/evidence");
    private static final Path STATE = Path.of("/state");

    private final AtomicLong nanos = new AtomicLong();
    private final TestingRoom disks = new TestingRoom();

    /** Disks of which only the free space matters. */
    private static final class TestingRoom implements DiskReserve.DiskSpaceProbe {
        long evidence = DiskReserve.LITTLE;
        long state = DiskReserve.LITTLE;
        boolean fails;
        int asked;

        @Override
        public Object of(Path path) {
            return path;
        }

        @Override
        public long freeBytes(Path path) throws IOException {
            asked++;
            if (fails) {
                throw new IOException("mount point not found");
            }
            return path.equals(EVIDENCE) ? evidence : state;
        }
    }

    static DiskReserve plenty() {
        return new DiskReserve(List.of(), new TestingRoom(), () -> 0);
    }

    private DiskReserve reserve() {
        return new DiskReserve(List.of(EVIDENCE, STATE), disks, nanos::get);
    }

    @Test
    void theFullestDiskCounts() {
        DiskReserve reserve = reserve();
        assertThat(reserve.refusing()).isEmpty();
        disks.state = DiskReserve.KEPT - 1;
        assertThat(reserve.freeBytes()).isEqualTo(DiskReserve.KEPT - 1);
        assertThat(reserve.refusing()).isPresent();
        disks.state = DiskReserve.KEPT;
        assertThat(reserve.freeBytes()).isEqualTo(DiskReserve.KEPT);
        assertThat(reserve.refusing()).isEmpty();
    }

    @Test
    void freeSpaceIsNotReadForEachReceipt() {
        DiskReserve reserve = reserve();
        int before = disks.asked;
        for (int i = 0; i < 1000; i++) {
            reserve.written(DiskReserve.BYTES / 1001);
            assertThat(reserve.refusing()).isEmpty();
        }
        assertThat(disks.asked).isEqualTo(before);
    }

    @Test
    void freeSpaceIsReadAfterManyBytesOrSomeTime() {
        DiskReserve reserve = reserve();
        disks.evidence = 0;
        reserve.written(DiskReserve.BYTES);
        assertThat(reserve.refusing()).isPresent();
        disks.evidence = DiskReserve.LITTLE;
        assertThat(reserve.refusing()).isPresent();
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(reserve.refusing()).isEmpty();
    }

    /** In some containers the file system is not found; a full disk refuses by itself. */
    @Test
    void unknownFreeSpaceBlocksNothing() {
        disks.fails = true;
        DiskReserve reserve = reserve();
        assertThat(reserve.refusing()).isEmpty();
        assertThat(reserve.freeBytes()).isEqualTo(Long.MAX_VALUE);
    }
}
