package dev.interlock;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
class ScheduleTest {

    @Test
    void aTaskThatFailsIsTriedAgain() throws Exception {
        CountDownLatch runs = new CountDownLatch(3);
        Runnable failing = () -> {
            runs.countDown();
            throw new IllegalStateException("a bug");
        };
        try (Schedule _ = Schedule.every(Duration.ofMillis(1), "failing", failing)) {
            runs.await();
        }
    }
}
