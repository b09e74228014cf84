package dev.interlock;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Says that the seal in force only observes: when it begins to, every hour, and when it ends. To be run every few
 * seconds, by one thread.
 */
final class Observance implements Runnable {

    /** Often enough that nobody forgets, seldom enough that somebody reads it. */
    static final Duration PAUSE = Duration.ofHours(1);

    private final Supplier<Optional<Seal>> seals;
    private final InstantSource clock;
    private final Consumer<Alert> alerts;
    private Optional<Seal> told = Optional.empty();
    private final LongSupplier nanos;
    private long next;

    /**
     * Has said nothing yet.
     *
     * @param nanos a clock that nobody sets, as {@link System#nanoTime}, to count the hours by
     */
    Observance(Supplier<Optional<Seal>> seals, InstantSource clock, LongSupplier nanos, Consumer<Alert> alerts) {
        this.seals = seals;
        this.clock = clock;
        this.nanos = nanos;
        this.alerts = alerts;
    }

    @Override
    public void run() {
        Instant now = clock.instant();
        Optional<Seal> observing = seals.get().filter(seal -> seal.observesAt(now));
        if (observing.isPresent()) {
            if (!observing.map(Seal::id).equals(told.map(Seal::id)) || nanos.getAsLong() - next >= 0) {
                tell(
                        Alert.Severity.ALARM,
                        "Reads and writes go that no policy permits, until "
                                + observing.flatMap(Seal::observeUntil).orElseThrow() + ": the seal only observes.",
                        observing.get());
                next = nanos.getAsLong() + PAUSE.toNanos();
            }
        } else {
            told.ifPresent(seal -> tell(Alert.Severity.INFO, "What no policy permits is refused again.", seal));
        }
        told = observing;
    }

    private void tell(Alert.Severity severity, String summary, Seal seal) {
        alerts.accept(new Alert(Alert.Rule.OBSERVING, severity, summary, Map.of("seal", seal.id()), Optional.empty()));
    }
}
