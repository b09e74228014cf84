package dev.interlock.housekeeping;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60) // no test waits by the clock; one that hangs has failed
class HousekeepingTest {

    @Test
    void aFailedTaskIsRetried() throws Exception {
        CountDownLatch runs = new CountDownLatch(3);
        Runnable failing = () -> {
            runs.countDown();
            throw new IllegalStateException("a bug");
        };
        try (Housekeeping _ = Housekeeping.start(Task.every(Duration.ofMillis(1), "failing", failing))) {
            runs.await();
        }
    }

    @Test
    void aFailedStepBlocksNoOther() {
        AtomicInteger done = new AtomicInteger();
        Runnable failing = () -> {
            throw new IllegalStateException("a bug");
        };
        Task.every(Duration.ofDays(1), "steps", failing, done::incrementAndGet).run();
        assertThat(done).hasValue(1);
    }
}
