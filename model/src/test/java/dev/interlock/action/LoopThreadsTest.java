package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** All but the last need the flag that {@link LoopThreads} names. */
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
                LoopThreads.leave();
                carriers.add(carrier());
                Thread.yield();
                carriers.add(carrier());
            });
            thread.start();
            thread.join();
        }
        assertThat(carriers.getFirst()).isEqualTo("loop");
        assertThat(carriers.subList(1, 3)).doesNotContain("loop");
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
                    while (waiting.getCount() > 0) {
                        LoopThreads.park();
                    }
                });
        thread.start();
        awaitWaiting(thread);
        waiting.countDown();
        LockSupport.unpark(thread);
        thread.join();
        loop.close();
        assertThat(thread.getState()).isEqualTo(Thread.State.TERMINATED);
    }

    @Test
    void aLoopThatWaitsForALockIsNotNeededByTheThreadBeforeIt() throws Exception {
        assumeThat(IS_OPEN).isTrue();
        Object monitor = new Object();
        assertThatBothGetIt(taken -> {
            synchronized (monitor) {
                taken.run();
            }
        });
        ReentrantLock lock = new ReentrantLock();
        assertThatBothGetIt(taken -> {
            lock.lock();
            try {
                taken.run();
            } finally {
                lock.unlock();
            }
        });
    }

    /** A virtual thread of a loop waits for {@code lock}, and then the loop itself does, while a third has it. */
    private static void assertThatBothGetIt(Consumer<Runnable> lock) throws Exception {
        AtomicReference<Thread> carrier = new AtomicReference<>();
        ExecutorService loop = Executors.newSingleThreadExecutor(task -> {
            carrier.set(Thread.ofPlatform().daemon().unstarted(task));
            return carrier.get();
        });
        CountDownLatch got = new CountDownLatch(2);
        Thread first = LoopThreads.unstarted(loop, () -> lock.accept(got::countDown));
        lock.accept(() -> {
            first.start();
            awaitWaiting(first);
            CountDownLatch begun = new CountDownLatch(1);
            loop.execute(() -> {
                begun.countDown();
                lock.accept(got::countDown);
            });
            while (begun.getCount() > 0) {
                Thread.onSpinWait();
            }
            awaitWaiting(carrier.get());
        });
        assertThat(got.await(10, TimeUnit.SECONDS)).isTrue();
        loop.shutdown();
    }

    private static void awaitWaiting(Thread thread) {
        while (thread.getState() != Thread.State.BLOCKED && thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aThreadThatWaitsByItselfStaysOnItsLoop() throws Exception {
        assumeThat(IS_OPEN).isTrue();
        List<String> carriers = new ArrayList<>();
        AtomicBoolean isOver = new AtomicBoolean();
        try (ExecutorService loop = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("loop").factory())) {
            Thread thread = LoopThreads.unstarted(loop, () -> {
                while (!isOver.get()) {
                    LoopThreads.park();
                }
                carriers.add(carrier());
                LockSupport.parkNanos(1);
                carriers.add(carrier());
            });
            thread.start();
            awaitWaiting(thread);
            isOver.set(true);
            LockSupport.unpark(thread);
            thread.join();
        }
        assertThat(carriers.getFirst()).isEqualTo("loop");
        assertThat(carriers.getLast()).isNotEqualTo("loop");
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
