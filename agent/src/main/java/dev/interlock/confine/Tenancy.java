package dev.interlock.confine;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A place while an agent uses it: renewed at half of what is left of its lease, watched, closed exactly once.
 *
 * <p>Threading: {@link #close} may race with itself (the agent ends while the launcher is told to end).
 */
final class Tenancy implements AutoCloseable {

    /** How soon a renewal is tried again after the gateway could not be reached, and the least time between two. */
    private static final Duration RENEWAL_PAUSE = Duration.ofSeconds(5);

    /** How often it is looked whether the place is still open. */
    private static final Duration LOOK_PAUSE = Duration.ofSeconds(1);

    /** How often in a row the gateway may not answer: what is started anew comes back within a minute. */
    static final int MOST_AWAY = 60;

    private final Places places;
    private final Places.Place place;
    private final InstantSource clock;
    private final Duration pause;
    private final Duration lookPause;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final ScheduledExecutorService renewal = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("renew-lease").factory());

    Tenancy(Places places, Places.Place place, InstantSource clock) {
        this(places, place, clock, RENEWAL_PAUSE, LOOK_PAUSE);
    }

    /** As the other, for tests: with their pauses. */
    Tenancy(Places places, Places.Place place, InstantSource clock, Duration pause, Duration lookPause) {
        this.places = places;
        this.place = place;
        this.clock = clock;
        this.pause = pause;
        this.lookPause = lookPause;
        renewBefore(place.expires());
    }

    Places.Place place() {
        return place;
    }

    /** Calls {@code then}, at most once, when the place has been closed by somebody else; it is told why. */
    void whenLost(Consumer<String> then) {
        in(lookPause, () -> look(then, 0));
    }

    private void look(Consumer<String> then, int away) {
        Places.Look how = look();
        if (how == Places.Look.OPEN) {
            whenLost(then);
        } else if (how == Places.Look.AWAY && away < MOST_AWAY) {
            in(lookPause, () -> look(then, away + 1)); // meanwhile the agent has no way out
        } else {
            // A moment later: tightening takes effect first, and is on record then.
            in(lookPause, () -> then.accept(places.end(place)));
        }
    }

    private Places.Look look() {
        try {
            return places.look(place);
        } catch (RuntimeException e) {
            return Places.Look.AWAY; // an answer that is not understood is none; thrown on, it would end the looking
        }
    }

    private void renewBefore(Instant expires) {
        Duration half = Duration.between(clock.instant(), expires).dividedBy(2);
        renewIn(half.compareTo(pause) < 0 ? pause : half);
    }

    private void renewIn(Duration delay) {
        in(delay, this::renew);
    }

    private void in(Duration delay, Runnable step) {
        try {
            var _ = renewal.schedule(step, delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            // It was closed meanwhile: there is nothing left to do.
        }
    }

    private void renew() {
        try {
            places.renew(place).ifPresent(this::renewBefore);
        } catch (IOException | RuntimeException e) {
            renewIn(pause); // whatever it was, it may have passed by then
        }
    }

    @Override
    public void close() throws IOException {
        if (closed.compareAndSet(false, true)) {
            renewal.shutdownNow();
            places.close(place);
        }
    }
}
