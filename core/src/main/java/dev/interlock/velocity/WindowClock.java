package dev.interlock.velocity;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.function.LongSupplier;

/**
 * The clock by which windows slide. While the gateway runs nobody can set it, neither back nor forward: either would
 * free what is used up. It starts at the wall clock, and never before what it had reached.
 *
 * <p>Not the clock of holds, for which running ahead is the safe side; for a window that is running slow.
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

    /** The time, to the millisecond. */
    Instant now() {
        return start.plus(Duration.ofNanos(nanos.getAsLong() - startNanos)).truncatedTo(ChronoUnit.MILLIS);
    }
}
