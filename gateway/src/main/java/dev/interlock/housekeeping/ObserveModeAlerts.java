package dev.interlock.housekeeping;

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
 * Alerts that the seal in force only observes: when that begins, every hour, and when it ends. To be run every few
 * seconds.
 *
 * <p>Threading: one thread.
 */
public final class ObserveModeAlerts implements Runnable {

    /** The time between two alerts: often enough that nobody forgets, seldom enough that somebody reads it. */
    static final Duration INTERVAL = Duration.ofHours(1);

    private static final String MODE = "observe";

    private final Supplier<Optional<Seal>> seals;
    private final InstantSource clock;
    private final Consumer<Alert> alerts;
    private final Reminders reminders;
    private Optional<Seal> observed = Optional.empty();

    /** Counts hours by {@code nanos}, a clock that nobody sets, as {@link System#nanoTime}. */
    public ObserveModeAlerts(
            Supplier<Optional<Seal>> seals, InstantSource clock, LongSupplier nanos, Consumer<Alert> alerts) {
        this.seals = seals;
        this.clock = clock;
        this.reminders = new Reminders(INTERVAL, nanos);
        this.alerts = alerts;
    }

    @Override
    public void run() {
        Instant now = clock.instant();
        Optional<Seal> observing = seals.get().filter(seal -> seal.observesAt(now));
        if (observing.isPresent()) {
            if (reminders.isDue(MODE, observing.get().id())) {
                raise(
                        Alert.Severity.ALARM,
                        "Reads and writes that no policy permits are forwarded until "
                                + observing.flatMap(Seal::observeUntil).orElseThrow()
                                + ", because the seal is in observe mode.",
                        observing.get());
            }
        } else if (reminders.end(MODE)) {
            observed.ifPresent(
                    seal -> raise(Alert.Severity.INFO, "Calls that no policy permits are refused again.", seal));
        }
        observed = observing;
    }

    private void raise(Alert.Severity severity, String summary, Seal seal) {
        alerts.accept(new Alert(Alert.AlertKind.OBSERVING, severity, summary, Map.of("seal", seal.id())));
    }
}
