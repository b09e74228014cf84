package dev.interlock.action;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * Judges the wall clock. A clock that went back makes expired leases valid again, so it is not believed. There is one
 * exception: a clock that had run ahead and was put right. That is certain if the clock shows at least the time of the
 * start plus the time that has passed since then.
 *
 * <p>Threading: any.
 */
public final class ClockWatch {

    /** The tolerated step. Corrections over the network stay far below it. */
    public static final Duration TOLERANCE = Duration.ofSeconds(30);

    /** The difference from which on people are told that the clock has jumped ahead. */
    public static final Duration MUCH = Duration.ofMinutes(1);

    private final Supplier<OptionalLong> elapsed;

    // All guarded by this.
    private Instant anchor;
    private OptionalLong anchorElapsed;
    private Instant latest;
    private Instant wrong = Instant.MIN;
    private Instant corrected = Instant.MIN;

    /**
     * Begins at {@code start}.
     *
     * @param elapsed the nanoseconds that have passed, also while the machine slept; empty if nobody can tell
     */
    public ClockWatch(Instant start, Supplier<OptionalLong> elapsed) {
        this.elapsed = elapsed;
        this.anchor = start;
        this.anchorElapsed = elapsed.get();
        this.latest = Instant.MIN;
    }

    /** Returns a watch that believes no step back. */
    public static ClockWatch strict(Instant start) {
        return new ClockWatch(start, OptionalLong::empty);
    }

    /**
     * Notes the time {@code now}, and returns how far it lies behind the time that the clock should show, if it does.
     */
    public synchronized Optional<Duration> behind(Instant now) {
        if (!now.plus(TOLERANCE).isBefore(latest)) {
            latest = now.isAfter(latest) ? now : latest;
            return Optional.empty();
        }
        if (!hasPassed(now)) {
            return Optional.of(Duration.between(now, latest));
        }
        correct(now);
        return Optional.empty();
    }

    /** Returns how far {@code now} lies ahead of the time that has certainly passed, if that is much. */
    public synchronized Optional<Duration> ahead(Instant now) {
        return certain().map(time -> Duration.between(time, now)).filter(ahead -> ahead.compareTo(MUCH) > 0);
    }

    private boolean hasPassed(Instant now) {
        return certain().filter(time -> !now.isBefore(time.minus(TOLERANCE))).isPresent();
    }

    private Optional<Instant> certain() {
        OptionalLong ticks = elapsed.get();
        return ticks.isPresent() && anchorElapsed.isPresent()
                ? Optional.of(anchor.plusNanos(ticks.getAsLong() - anchorElapsed.getAsLong()))
                : Optional.empty();
    }

    private void correct(Instant now) {
        wrong = latest.isAfter(wrong) ? latest : wrong;
        corrected = now;
        latest = now;
    }

    /** Believes {@code now} from now on, because a person has confirmed it. */
    public synchronized void accept(Instant now) {
        correct(now);
        anchor = now;
        anchorElapsed = elapsed.get();
    }

    /**
     * Returns whether something that was issued and expires at these times had expired by a clock that was put right
     * since. It stays expired: a correction revives nothing.
     */
    public synchronized boolean hadExpired(Instant issued, Instant expires) {
        return !issued.isAfter(corrected) && !expires.isAfter(wrong);
    }
}
