package dev.interlock.front.http;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Room for so many answers in memory, of which nobody has more than half: a client that does not take its own would
 * otherwise keep everybody else's waiting, whose calls have been made already.
 *
 * <p>Threading: guarded by itself.
 */
final class VeiledRoom {

    private final int most;
    private final Map<String, Integer> held = new HashMap<>();
    private int all;

    VeiledRoom(int most) {
        this.most = most;
    }

    /** Waits for a place for {@code holder}; false if none was free within {@code patience}. */
    synchronized boolean enter(String holder, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        try {
            while (all >= most || held.getOrDefault(holder, 0) >= most / 2) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        all++;
        held.merge(holder, 1, Integer::sum);
        return true;
    }

    synchronized void leave(String holder) {
        all--;
        held.computeIfPresent(holder, (_, number) -> number == 1 ? null : number - 1);
        notifyAll();
    }
}
