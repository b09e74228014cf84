package dev.interlock.confirm;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.function.LongSupplier;

/**
 * A clock that never goes back and never stands still, so that setting the wall clock back does not extend a hold. It
 * follows the wall clock forward at once, which ends holds too early: the safe side.
 */
final class SteadyClock {

    private final InstantSource wall;
    private final LongSupplier nanos;
    private Instant reached; // guarded by this
    private long reachedNanos; // guarded by this: the monotonic clock when `reached` was set

    SteadyClock(InstantSource wall, LongSupplier nanos, Instant floor) {
        this.wall = wall;
        this.nanos = nanos;
        this.reached = floor;
        this.reachedNanos = nanos.getAsLong();
    }

    synchronized Instant now() {
        long steady = nanos.getAsLong();
        Instant passed = reached.plusNanos(steady - reachedNanos);
        Instant told = wall.instant();
        reached = told.isAfter(passed) ? told : passed;
        reachedNanos = steady;
        return reached.truncatedTo(ChronoUnit.MILLIS);
    }

    Duration ahead() {
        return Duration.between(wall.instant(), now());
    }

    /** Follows the wall clock back, and returns its time. What was opened by a later time must be ended then. */
    synchronized Instant followWall() {
        reached = wall.instant();
        reachedNanos = nanos.getAsLong();
        return reached.truncatedTo(ChronoUnit.MILLIS);
    }

    /** Converts {@code time} of this clock to the wall clock, for readers that have no other; to the second. */
    Instant onTheWall(Instant time) {
        Duration ahead = Duration.between(wall.instant(), now());
        return time.minusSeconds(Math.max(0, ahead.toSeconds()));
    }
}
