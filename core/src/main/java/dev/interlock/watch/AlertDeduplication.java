package dev.interlock.watch;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Remembers recent alerts.
 *
 * <p>Threading: any; guarded by itself.
 */
final class AlertDeduplication {

    /** An agent in a loop causes several alerts a second. A person wants to see one, and another if it goes on. */
    static final Duration DEFAULT_WINDOW = Duration.ofMinutes(1);

    /** Beyond that the oldest is forgotten: a duplicate alert is better than a memory leak. */
    static final int MAX_KEYS = 4096;

    private final LongSupplier nanos;
    private final Duration window;
    private final Map<String, Long> said = new LinkedHashMap<>();

    /**
     * Creates it empty.
     *
     * @param nanos a monotonic clock, as {@link System#nanoTime}
     */
    AlertDeduplication(LongSupplier nanos, Duration window) {
        this.nanos = nanos;
        this.window = window;
    }

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
