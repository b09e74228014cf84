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
            WaitLoop.aMoment();
        }
        return thread;
    }

    @Test
    void whoKeepsWhatTheyHaveKeepsNobodyElseWaiting() throws InterruptedException {
        FairSemaphore room = new FairSemaphore(4);
        assertThat(room.enter("a", Duration.ZERO)).isTrue();
        assertThat(room.enter("a", Duration.ZERO)).isTrue();
        assertThat(room.enter("a", Duration.ZERO)).isFalse();
        assertThat(room.enter("b", Duration.ZERO)).isTrue();
        assertThat(room.enter("c", Duration.ZERO)).isTrue();
        assertThat(room.enter("d", Duration.ZERO)).isFalse();
        Thread waiting = started(() -> room.enter("a"));
        room.leave("a");
        waiting.join();
        assertThat(room.enter("d", Duration.ZERO)).isFalse();
    }

    /** With three permits, a holder may have two, and one is left to others. */
    @Test
    void halfOfThreeIsTwo() {
        FairSemaphore room = new FairSemaphore(3);
        assertThat(room.enter("a", Duration.ZERO)).isTrue();
        assertThat(room.enter("a", Duration.ZERO)).isTrue();
        assertThat(room.enter("a", Duration.ZERO)).isFalse();
        assertThat(room.enter("b", Duration.ZERO)).isTrue();
    }

    /** With one permit, nobody can have half: the waiting holders take turns. */
    @Test
    void whoComesOftenWaitsBehindThemselves() throws InterruptedException {
        FairSemaphore room = new FairSemaphore(1);
        room.enter("flood");
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        List<Thread> waiting = new ArrayList<>();
        for (String holder : List.of("flood", "flood", "flood", "b", "c", "b")) {
            waiting.add(started(() -> {
                room.enter(holder);
                order.add(holder);
                room.leave(holder);
            }));
        }
        room.leave("flood");
        for (Thread thread : waiting) {
            thread.join();
        }
        assertThat(order).containsExactly("flood", "b", "c", "flood", "b", "flood");
    }

    /** A waiter that gives up, or is interrupted, uses no slot. */
    @Test
    void whoGivesUpIsForgotten() {
        FairSemaphore room = new FairSemaphore(1);
        room.enter("a");
        CompletableFuture<Boolean> isIn = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            Thread.currentThread().interrupt();
            isIn.complete(room.enter("b", Duration.ofHours(1)));
        });
        assertThat(isIn.join()).isFalse();
        assertThat(room.enter("c", Duration.ZERO)).isFalse();
        room.leave("a");
        assertThat(room.enter("d", Duration.ZERO)).isTrue();
    }

    /** The number of one holder's waiters is limited; another holder may wait too. */
    @Test
    void noMoreOfOneWaitThanMay() throws InterruptedException {
        FairSemaphore room = new FairSemaphore(1, 2);
        assertThat(room.enter("flood")).isTrue();
        List<Thread> waiting = new ArrayList<>();
        for (String holder : List.of("flood", "flood", "b", "b")) {
            waiting.add(started(() -> {
                assertThat(room.enter(holder)).isTrue();
                room.leave(holder);
            }));
        }
        assertThat(room.enter("flood")).isFalse();
        assertThat(room.enter("flood", Duration.ofHours(1))).isFalse();
        assertThat(room.enter("b")).isFalse();
        room.leave("flood");
        for (Thread thread : waiting) {
            thread.join();
        }
        assertThat(room.enter("flood")).isTrue();
        room.leave("flood");
        assertThat(room.enter("b", Duration.ZERO)).isTrue();
    }

    @Test
    void whoWantsItAllTheSameIsNotInterruptedOutOfIt() throws InterruptedException {
        FairSemaphore room = new FairSemaphore(1);
        room.enter("a");
        CompletableFuture<Boolean> isInterrupted = new CompletableFuture<>();
        Thread waiting = started(() -> {
            room.enter("b");
            isInterrupted.complete(Thread.currentThread().isInterrupted());
            room.leave("b");
        });
        waiting.interrupt();
        assertThat(room.enter("c", Duration.ZERO)).isFalse();
        room.leave("a");
        waiting.join();
        assertThat(isInterrupted.join()).isTrue();
        assertThat(room.enter("c", Duration.ZERO)).isTrue();
    }
}
