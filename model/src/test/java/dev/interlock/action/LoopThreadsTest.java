package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The first two need the flag that {@link LoopThreads} names, and the third holds without it. */
final class LoopThreadsTest {

    private static final boolean IS_OPEN = Object.class.getModule().isOpen("java.lang", LoopThreads.class.getModule());

    @Test
    void aThreadRunsOnItsLoopUntilItLeaves() throws Exception {
        assumeThat(IS_OPEN).isTrue();
        List<String> carriers = new ArrayList<>();
        try (ExecutorService loop = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("loop").factory())) {
            Thread thread = LoopThreads.unstarted(loop, () -> {
                carriers.add(carrier());
                Thread.yield();
                carriers.add(carrier());
                LoopThreads.leave();
                carriers.add(carrier());
                Thread.yield();
                carriers.add(carrier());
            });
            thread.start();
            thread.join();
        }
        assertThat(carriers.subList(0, 2)).containsOnly("loop");
        assertThat(carriers.subList(2, 4)).doesNotContain("loop");
    }

    @Test
    void aThreadWhoseLoopHasEndedGoesOnElsewhere() throws Exception {
        assumeThat(IS_OPEN).isTrue();
        CountDownLatch waiting = new CountDownLatch(1);
        AtomicInteger left = new AtomicInteger(1);
        ExecutorService loop = Executors.newSingleThreadExecutor();
        Thread thread = LoopThreads.unstarted(
                task -> {
                    if (left.getAndDecrement() <= 0) {
                        throw new RejectedExecutionException();
                    }
                    loop.execute(task);
                },
                () -> {
                    try {
                        waiting.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
        thread.start();
        waiting.countDown();
        thread.join();
        loop.close();
        assertThat(thread.getState()).isEqualTo(Thread.State.TERMINATED);
    }

    @Test
    void leavingNoLoopChangesNothing() throws Exception {
        LoopThreads.leave();
        Thread thread = Thread.ofVirtual().start(LoopThreads::leave);
        thread.join();
        assertThat(thread.getState()).isEqualTo(Thread.State.TERMINATED);
    }

    /** Returns the name of the thread that carries the current one. */
    private static String carrier() {
        String text = Thread.currentThread().toString();
        return text.substring(text.indexOf('@') + 1);
    }
}
