package dev.interlock.housekeeping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.TestingClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class IdleMemoryTest {

    private static final long BEFORE = 60 << 20;
    private static final long AFTER_LOAD = 256 << 20;

    private final TestingClock clock = new TestingClock();
    private long receipts = 7;
    private long heap = BEFORE;
    private long left = BEFORE;
    private int asked;
    private final IdleMemory idle = new IdleMemory(() -> receipts, () -> heap, clock::nanos, () -> {
        asked++;
        heap = left;
    });

    private void pass(Duration time) {
        clock.pass(time);
        idle.run();
    }

    private void load() {
        receipts += 1_000;
        heap = AFTER_LOAD;
        pass(Duration.ofSeconds(5));
    }

    @Test
    void memoryIsGivenBackOnceAfterALoad() {
        load();
        pass(IdleMemory.IDLE);
        assertThat(heap).isEqualTo(BEFORE);
        pass(IdleMemory.IDLE);
        heap = AFTER_LOAD; // people looked at the console
        pass(IdleMemory.IDLE);
        assertThat(asked).isEqualTo(1);
        load();
        pass(IdleMemory.IDLE);
        assertThat(asked).isEqualTo(2);
    }

    @Test
    void nothingStopsCallsThatComeInTheSameMinute() {
        for (int i = 0; i < 10; i++) {
            load();
            pass(IdleMemory.IDLE.minusNanos(1));
        }
        assertThat(asked).isZero();
    }

    @Test
    void aHeapThatDidNotGrowIsLeftAlone() {
        receipts++;
        pass(Duration.ZERO);
        pass(IdleMemory.IDLE);
        assertThat(asked).isZero();
    }

    @Test
    void whatLivesIsNotCollectedAfterEachCall() {
        left = AFTER_LOAD;
        for (int i = 0; i < 3; i++) {
            load();
            pass(IdleMemory.IDLE);
        }
        assertThat(asked).isEqualTo(1);
    }
}
