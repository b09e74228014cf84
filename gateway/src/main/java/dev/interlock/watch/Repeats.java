package dev.interlock.watch;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

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

    private final Clock clock;
    private final Duration window;
    private final Map<String, Instant> said = new LinkedHashMap<>();

    Repeats(Clock clock, Duration window) {
        this.clock = clock;
        this.window = window;
    }

    /** Whether {@code key} is new within the window; from now on it is not. */
    synchronized boolean isNew(String key) {
        Instant now = clock.instant();
        forget(now.minus(window));
        return said.putIfAbsent(key, now) == null;
    }

    private void forget(Instant before) {
        Iterator<Instant> times = said.values().iterator(); // in the order of insertion: the oldest first
        while (times.hasNext()) {
            boolean old = !times.next().isAfter(before);
            if (!old && said.size() < MAX_KEYS) {
                return;
            }
            times.remove();
        }
    }
}
