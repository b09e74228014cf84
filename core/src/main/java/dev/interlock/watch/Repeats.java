package dev.interlock.watch;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Knows what was said a short while ago.
 *
 * <p>Threading: any; guarded by itself.
 */
final class Repeats {

    /** An agent in a loop asks several times a second; a person wants to hear of it once, and again if it goes on. */
    static final Duration DEFAULT_WINDOW = Duration.ofMinutes(1);

    /** Beyond that the oldest is forgotten: better said twice than kept for ever. */
    static final int MAX_KEYS = 4096;

    private final LongSupplier nanos;
    private final Duration window;
    private final Map<String, Long> said = new LinkedHashMap<>();

    /**
     * Knows nothing yet.
     *
     * @param nanos a clock that nobody sets, as {@link System#nanoTime}
     */
    Repeats(LongSupplier nanos, Duration window) {
        this.nanos = nanos;
        this.window = window;
    }

    /** Whether {@code key} is new within the window; from now on it is not. */
    synchronized boolean isNew(String key) {
        long now = nanos.getAsLong();
        forget(now);
        return said.putIfAbsent(key, now) == null;
    }

    private void forget(long now) {
        Iterator<Long> times = said.values().iterator(); // in the order of insertion: the oldest first
        while (times.hasNext()) {
            boolean old = now - times.next() >= window.toNanos();
            if (!old && said.size() < MAX_KEYS) {
                return;
            }
            times.remove();
        }
    }
}
