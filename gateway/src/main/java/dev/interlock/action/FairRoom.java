package dev.interlock.action;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Room for so many at once, of which nobody has more than half, rounded up. Those who wait take turns, each with the
 * first of its own: whoever comes often waits behind themselves alone.
 *
 * <p>Threading: guarded by itself.
 */
public final class FairRoom {

    private final int most;
    private final int ofOne;
    private final Map<String, Integer> held = new HashMap<>();

    /** In the order in which it is their turn. */
    private final Map<String, Deque<Turn>> waiting = new LinkedHashMap<>();

    private int all;

    private static final class Turn {
        private boolean granted;
    }

    public FairRoom(int most) {
        this.most = most;
        this.ofOne = (most + 1) / 2;
    }

    /** Waits for a place for {@code holder}, however long that takes. */
    public synchronized void enter(String holder) {
        Turn turn = queued(holder);
        boolean interrupted = false;
        while (!turn.granted) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The same; false if none was theirs within {@code patience}. */
    public synchronized boolean enter(String holder, Duration patience) {
        Turn turn = queued(holder);
        long end = System.nanoTime() + patience.toNanos();
        try {
            for (long left = patience.toNanos(); left > 0 && !turn.granted; left = end - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!turn.granted) {
            forget(holder, turn);
        }
        return turn.granted;
    }

    /** Gives a place of {@code holder} to whose turn it is. */
    public synchronized void leave(String holder) {
        all--;
        held.computeIfPresent(holder, (_, number) -> number == 1 ? null : number - 1);
        grant();
    }

    private Turn queued(String holder) {
        Turn turn = new Turn();
        waiting.computeIfAbsent(holder, _ -> new ArrayDeque<>()).add(turn);
        grant();
        return turn;
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
            own.remove().granted = true;
            if (!own.isEmpty()) {
                waiting.put(holder, own); // behind all others
            }
            all++;
            held.merge(holder, 1, Integer::sum);
        }
        notifyAll();
    }

    private Optional<String> next() {
        return all < most
                ? waiting.keySet().stream()
                        .filter(holder -> held.getOrDefault(holder, 0) < ofOne)
                        .findFirst()
                : Optional.empty();
    }
}
