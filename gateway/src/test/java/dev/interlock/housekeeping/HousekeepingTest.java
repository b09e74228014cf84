package dev.interlock.housekeeping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.store.StoreUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
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

    @Test
    void anOutageOfTheStoreIsOneLineForEachTry() {
        List<LogRecord> logged = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                logged.add(record);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(Task.class.getName());
        logger.addHandler(handler);
        try {
            Task.every(Duration.ofDays(1), "upkeep", () -> {
                        throw new StoreUnavailableException("the store cannot be reached");
                    })
                    .run();
        } finally {
            logger.removeHandler(handler);
        }
        assertThat(logged).singleElement().satisfies(record -> {
            assertThat(record.getMessage()).isEqualTo("`upkeep` waits: the store cannot be reached");
            assertThat(record.getThrown()).isNull();
        });
    }
}
