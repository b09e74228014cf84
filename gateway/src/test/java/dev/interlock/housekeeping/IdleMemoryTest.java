package dev.interlock.housekeeping;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class IdleMemoryTest {

    private static final long BEFORE = 60 << 20;
    private static final long AFTER_LOAD = 256 << 20;

    private long receipts = 7;
    private long heap = BEFORE;
    private long left = BEFORE;
    private int asked;
    private final IdleMemory idle = new IdleMemory(() -> receipts, () -> heap, () -> {
        asked++;
        heap = left;
    });

    private void run(int times) {
        for (int i = 0; i < times; i++) {
            idle.run();
        }
    }

    private void load() {
        receipts += 1_000;
        heap = AFTER_LOAD;
        run(1);
    }

    @Test
    void memoryIsGivenBackOnceAfterALoad() {
        load();
        run(IdleMemory.STILL);
        assertThat(heap).isEqualTo(BEFORE);
        run(IdleMemory.STILL);
        heap = AFTER_LOAD; // people looked at the console
        run(IdleMemory.STILL);
        assertThat(asked).isEqualTo(1);
        load();
        run(IdleMemory.STILL);
        assertThat(asked).isEqualTo(2);
    }

    @Test
    void nothingStopsCallsThatComeInTheSameMinute() {
        for (int i = 0; i < 10; i++) {
            load();
            run(IdleMemory.STILL - 1);
        }
        assertThat(asked).isZero();
    }

    @Test
    void aHeapThatDidNotGrowIsLeftAlone() {
        receipts++;
        run(1);
        run(IdleMemory.STILL);
        assertThat(asked).isZero();
    }

    @Test
    void whatLivesIsNotCollectedAfterEachCall() {
        left = AFTER_LOAD;
        for (int i = 0; i < 3; i++) {
            load();
            run(IdleMemory.STILL);
        }
        assertThat(asked).isEqualTo(1);
    }
}
