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
 * A place in use: renewed when half of its lease's remaining time is over, watched, and closed exactly once, though
 * {@link #close} may race with itself.
 */
final class LeaseKeeper implements AutoCloseable {

    /** The pause before a failed renewal is tried again, and the least time between two. */
    private static final Duration RENEWAL_PAUSE = Duration.ofSeconds(5);

    private static final Duration LOOK_PAUSE = Duration.ofSeconds(1);

    /** Checks in a row without an answer from the gateway. A restarted gateway is back within a minute. */
    static final int MOST_AWAY = 60;

    private final PlaceProvider places;
    private final PlaceProvider.AgentPlace place;
    private final InstantSource clock;
    private final Duration pause;
    private final Duration lookPause;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final ScheduledExecutorService renewal = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("renew-lease").factory());

    LeaseKeeper(PlaceProvider places, PlaceProvider.AgentPlace place, InstantSource clock) {
        this(places, place, clock, RENEWAL_PAUSE, LOOK_PAUSE);
    }

    LeaseKeeper(
            PlaceProvider places,
            PlaceProvider.AgentPlace place,
            InstantSource clock,
            Duration pause,
            Duration lookPause) {
        this.places = places;
        this.place = place;
        this.clock = clock;
        this.pause = pause;
        this.lookPause = lookPause;
        renewBefore(place.expires());
    }

    PlaceProvider.AgentPlace place() {
        return place;
    }

    /**
     * Calls {@code then} with the reason, at most once, when somebody else has closed the place. Calls {@code cut} as
     * soon as the place is not known to be open, which may be so again later.
     */
    void whenLost(Runnable cut, Consumer<String> then) {
        in(lookPause, () -> look(cut, then, 0));
    }

    private void look(Runnable cut, Consumer<String> then, int away) {
        PlaceProvider.PlaceState how = look();
        if (how == PlaceProvider.PlaceState.OPEN) {
            whenLost(cut, then);
            return;
        }
        cut.run();
        if (how == PlaceProvider.PlaceState.AWAY && away < MOST_AWAY) {
            in(lookPause, () -> look(cut, then, away + 1)); // meanwhile the agent has no way out
        } else {
            // A moment later, because a tightening takes effect first and is recorded after that.
            in(lookPause, () -> then.accept(places.end(place)));
        }
    }

    private PlaceProvider.PlaceState look() {
        try {
            return places.checkState(place);
        } catch (RuntimeException e) {
            return PlaceProvider.PlaceState.AWAY; // unreadable counts as no answer; thrown on, it would end the checks
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
            renewIn(pause); // the problem may be gone by then
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
