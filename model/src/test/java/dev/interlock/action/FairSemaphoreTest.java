package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.WaitLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FairSemaphoreTest {

    private static Thread started(Runnable work) {
        Thread thread = Thread.startVirtualThread(work);
        while (thread.getState() != Thread.State.WAITING && thread.isAlive()) {
            WaitLoop.pause();
        }
        return thread;
    }

    @Test
    void whoKeepsWhatTheyHaveKeepsNobodyElseWaiting() throws InterruptedException {
        FairSemaphore room = new FairSemaphore(4);
        assertThat(room.acquire("a", Duration.ZERO)).isTrue();
        assertThat(room.acquire("a", Duration.ZERO)).isTrue();
        assertThat(room.acquire("a", Duration.ZERO)).isFalse();
        assertThat(room.acquire("b", Duration.ZERO)).isTrue();
        assertThat(room.acquire("c", Duration.ZERO)).isTrue();
        assertThat(room.acquire("d", Duration.ZERO)).isFalse();
        Thread waiting = started(() -> room.acquire("a"));
        room.release("a");
        waiting.join();
        assertThat(room.acquire("d", Duration.ZERO)).isFalse();
    }

    /** With three permits, a holder may have two, and one is left to others. */
    @Test
    void halfOfThreeIsTwo() {
        FairSemaphore room = new FairSemaphore(3);
        assertThat(room.acquire("a", Duration.ZERO)).isTrue();
        assertThat(room.acquire("a", Duration.ZERO)).isTrue();
        assertThat(room.acquire("a", Duration.ZERO)).isFalse();
        assertThat(room.acquire("b", Duration.ZERO)).isTrue();
    }

    /** With one permit, nobody can have half: the waiting holders take turns. */
    @Test
    void whoComesOftenWaitsBehindThemselves() throws InterruptedException {
        FairSemaphore room = new FairSemaphore(1);
        room.acquire("flood");
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        List<Thread> waiting = new ArrayList<>();
        for (String holder : List.of("flood", "flood", "flood", "b", "c", "b")) {
            waiting.add(started(() -> {
                room.acquire(holder);
                order.add(holder);
                room.release(holder);
            }));
        }
        room.release("flood");
        for (Thread thread : waiting) {
            thread.join();
        }
        assertThat(order).containsExactly("flood", "b", "c", "flood", "b", "flood");
    }

    /** A waiter that gives up, or is interrupted, uses no slot. */
    @Test
    void whoGivesUpIsForgotten() {
        FairSemaphore room = new FairSemaphore(1);
        room.acquire("a");
        CompletableFuture<Boolean> isIn = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            Thread.currentThread().interrupt();
            isIn.complete(room.acquire("b", Duration.ofHours(1)));
        });
        assertThat(isIn.join()).isFalse();
        assertThat(room.acquire("c", Duration.ZERO)).isFalse();
        room.release("a");
        assertThat(room.acquire("d", Duration.ZERO)).isTrue();
    }

    /** The number of one holder's waiters is limited; another holder may wait too. */
    @Test
    void noMoreOfOneWaitThanMay() throws InterruptedException {
        FairSemaphore room = new FairSemaphore(1, 2);
        assertThat(room.acquire("flood")).isTrue();
        List<Thread> waiting = new ArrayList<>();
        for (String holder : List.of("flood", "flood", "b", "b")) {
            waiting.add(started(() -> {
                assertThat(room.acquire(holder)).isTrue();
                room.release(holder);
            }));
        }
        assertThat(room.acquire("flood")).isFalse();
        assertThat(room.acquire("flood", Duration.ofHours(1))).isFalse();
        assertThat(room.acquire("b")).isFalse();
        room.release("flood");
        for (Thread thread : waiting) {
            thread.join();
        }
        assertThat(room.acquire("flood")).isTrue();
        room.release("flood");
        assertThat(room.acquire("b", Duration.ZERO)).isTrue();
    }

    @Test
    void whoWantsItAllTheSameIsNotInterruptedOutOfIt() throws InterruptedException {
        FairSemaphore room = new FairSemaphore(1);
        room.acquire("a");
        CompletableFuture<Boolean> isInterrupted = new CompletableFuture<>();
        Thread waiting = started(() -> {
            room.acquire("b");
            isInterrupted.complete(Thread.currentThread().isInterrupted());
            room.release("b");
        });
        waiting.interrupt();
        assertThat(room.acquire("c", Duration.ZERO)).isFalse();
        room.release("a");
        waiting.join();
        assertThat(isInterrupted.join()).isTrue();
        assertThat(room.acquire("c", Duration.ZERO)).isTrue();
    }
}
