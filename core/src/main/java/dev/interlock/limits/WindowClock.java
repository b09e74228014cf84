package dev.interlock.limits;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.function.LongSupplier;

/**
 * The clock for sliding windows. Nobody can set it while the gateway runs, neither back nor forward: either would free
 * used budgets. It starts at the wall clock, but never before the time it had reached.
 *
 * <p>It differs from the clock of holds. For holds, running ahead is the safe side; for windows it is running slow.
 */
final class WindowClock {

    private final LongSupplier nanos;
    private final Instant start;
    private final long startNanos;

    WindowClock(InstantSource wall, LongSupplier nanos, Instant floor) {
        this.nanos = nanos;
        Instant told = wall.instant();
        this.start = told.isAfter(floor) ? told : floor;
        this.startNanos = nanos.getAsLong();
    }

    Instant now() {
        return start.plus(Duration.ofNanos(nanos.getAsLong() - startNanos)).truncatedTo(ChronoUnit.MILLIS);
    }
}
