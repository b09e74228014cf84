package dev.interlock.action;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A fair semaphore with several holders. No holder gets more than half of the permits, rounded up. Waiting holders take
 * turns, each with its oldest request. So a busy holder only delays itself.
 *
 * <p>Threading: guarded by itself.
 */
public final class FairSemaphore {

    /**
     * Maximum long texts that are read at once in one place. Each may take some tens of MB of the gateway's heap of 256
     * for a moment, on a machine with any number of processors.
     */
    public static final int MOST_READING = 3;

    private final ReentrantLock lock = new ReentrantLock();
    private final int most;
    private final int ofOne;
    private final int mostWaiting;
    private final Map<String, Integer> held = new HashMap<>();

    /** The holders in the order of their turns. */
    private final Map<String, Deque<Turn>> waiting = new LinkedHashMap<>();

    private int all;

    private final class Turn {
        private final Condition come = lock.newCondition();
        private boolean granted;
    }

    public FairSemaphore(int most) {
        this(most, Integer.MAX_VALUE);
    }

    /** @param mostWaiting maximum waiting requests of one holder; further ones are rejected at once */
    public FairSemaphore(int most, int mostWaiting) {
        this.most = most;
        this.ofOne = (most + 1) / 2;
        this.mostWaiting = mostWaiting;
    }

    /** Returns the turns of long texts: {@link #MOST_READING}, and one processor is left for all else. */
    public static FairSemaphore ofReadings(int mostWaiting) {
        int processors = Runtime.getRuntime().availableProcessors();
        return new FairSemaphore(Math.clamp(processors - 1, 1, MOST_READING), mostWaiting);
    }

    /** Waits for a permit for {@code holder} without a time limit; false if too many of its requests wait already. */
    public boolean acquire(String holder) {
        lock.lock();
        try {
            Optional<Turn> turn = queued(holder);
            while (turn.isPresent() && !turn.get().granted) {
                turn.get().come.awaitUninterruptibly();
            }
            return turn.isPresent();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a permit; false also if there was none within {@code patience}. */
    public boolean acquire(String holder, Duration patience) {
        lock.lock();
        try {
            Optional<Turn> turn = queued(holder);
            return turn.isPresent() && isGranted(holder, turn.get(), patience);
        } finally {
            lock.unlock();
        }
    }

    private boolean isGranted(String holder, Turn turn, Duration patience) {
        try {
            long left = patience.toNanos();
            while (left > 0 && !turn.granted) {
                left = turn.come.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!turn.granted) {
            forget(holder, turn);
        }
        return turn.granted;
    }

    /** Passes a permit of {@code holder} to the next in turn. */
    public void release(String holder) {
        lock.lock();
        try {
            all--;
            held.computeIfPresent(holder, (_, number) -> number == 1 ? null : number - 1);
            grant();
        } finally {
            lock.unlock();
        }
    }

    private Optional<Turn> queued(String holder) {
        Deque<Turn> own = waiting.get(holder);
        if (own != null && own.size() >= mostWaiting) {
            return Optional.empty();
        }
        Turn turn = new Turn();
        waiting.computeIfAbsent(holder, _ -> new ArrayDeque<>()).add(turn);
        grant();
        return Optional.of(turn);
    }

    private void forget(String holder, Turn turn) {
        waiting.computeIfPresent(holder, (_, own) -> {
            own.remove(turn);
            return own.isEmpty() ? null : own;
        });
    }

    private void grant() {
        for (Optional<String> next = next(); next.isPresent(); next = next()) {
            String holder = next.get();
            Deque<Turn> own = Objects.requireNonNull(waiting.remove(holder));
            Turn turn = own.remove();
            turn.granted = true;
            turn.come.signal(); // only that one: thousands may wait
            if (!own.isEmpty()) {
                waiting.put(holder, own); // behind all others
            }
            all++;
            held.merge(holder, 1, Integer::sum);
        }
    }

    private Optional<String> next() {
        return all < most
                ? waiting.keySet().stream()
                        .filter(holder -> held.getOrDefault(holder, 0) < ofOne)
                        .findFirst()
                : Optional.empty();
    }
}
