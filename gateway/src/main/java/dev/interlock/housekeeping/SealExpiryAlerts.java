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
 * Alerts that the seal is about to expire, while there is time to make another: without one everything is refused. They
 * are raised once a day, as alarms on the last day and from then on. To be run every few minutes.
 *
 * <p>Threading: one thread.
 */
public final class SealExpiryAlerts implements Runnable {

    /**
     * The time before the end at which the alerts begin: those who sign may be away. For a short-lived seal it is a
     * quarter of its life.
     */
    static final Duration BEFORE = Duration.ofDays(7);

    private static final Duration DAY = Duration.ofDays(1);

    private static final String SEAL = "seal";

    private final Supplier<Optional<Seal>> last;
    private final InstantSource clock;
    private final Reminders reminders;
    private final Consumer<Alert> alerts;

    /**
     * No alert was raised yet.
     *
     * @param last the seal that was put in force last, even if it has expired
     * @param nanos a clock that nobody sets, as {@link System#nanoTime}, to count the days by
     */
    public SealExpiryAlerts(
            Supplier<Optional<Seal>> last, InstantSource clock, LongSupplier nanos, Consumer<Alert> alerts) {
        this.last = last;
        this.clock = clock;
        this.reminders = new Reminders(DAY, nanos);
        this.alerts = alerts;
    }

    @Override
    public void run() {
        Optional<Alert> due = last.get().flatMap(seal -> due(seal, clock.instant()));
        if (due.isEmpty()) {
            var _ = reminders.end(SEAL);
        } else if (reminders.isDue(SEAL, due.get().key())) {
            alerts.accept(due.get());
        }
    }

    private static Optional<Alert> due(Seal seal, Instant now) {
        Duration quarter = Duration.between(seal.sealedAt(), seal.expires()).dividedBy(4);
        Duration before = quarter.compareTo(BEFORE) < 0 ? quarter : BEFORE;
        if (now.isBefore(seal.expires().minus(before))) {
            return Optional.empty();
        }
        boolean over = !now.isBefore(seal.expires());
        boolean soon = !now.isBefore(seal.expires().minus(DAY));
        String summary = over
                ? "The seal has expired: everything is refused until people seal again."
                : "The seal expires at " + seal.expires() + ", and then everything is refused: seal again before that.";
        return Optional.of(new Alert(
                Alert.AlertKind.SEAL_EXPIRES,
                soon ? Alert.Severity.ALARM : Alert.Severity.WARNING,
                summary,
                Map.of("seal", seal.id(), "expires", seal.expires().toString())));
    }
}
