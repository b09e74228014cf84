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
 * Tells that the seal is about to expire, while there is time to make another: without one everything is refused. Once
 * a day, louder on the last one and from then on. To be run every few minutes, by one thread.
 */
final class SealExpiry implements Runnable {

    /** Time for those who sign to come back, if they are away; of a seal that is short-lived, a quarter of its life. */
    static final Duration BEFORE = Duration.ofDays(7);

    private static final Duration DAY = Duration.ofDays(1);

    private final Supplier<Optional<Seal>> last;
    private final InstantSource clock;
    private final LongSupplier nanos;
    private final Consumer<Alert> alerts;
    private String told = "";
    private long next;

    /**
     * Has told nobody yet.
     *
     * @param last the seal that was put in force last, also where it has expired
     * @param nanos a clock that nobody sets, as {@link System#nanoTime}, to count the days by
     */
    SealExpiry(Supplier<Optional<Seal>> last, InstantSource clock, LongSupplier nanos, Consumer<Alert> alerts) {
        this.last = last;
        this.clock = clock;
        this.nanos = nanos;
        this.alerts = alerts;
    }

    @Override
    public void run() {
        Optional<Alert> due = last.get().flatMap(seal -> due(seal, clock.instant()));
        String key = due.map(Alert::key).orElse("");
        if (due.isPresent() && (!key.equals(told) || nanos.getAsLong() - next >= 0)) {
            alerts.accept(due.get());
            next = nanos.getAsLong() + DAY.toNanos();
        }
        told = key;
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
                ? "The seal has expired, and everything is refused until people have sealed again."
                : "The seal expires at " + seal.expires() + ", and then everything is refused: seal again before.";
        return Optional.of(new Alert(
                Alert.Rule.SEAL_EXPIRES,
                soon ? Alert.Severity.ALARM : Alert.Severity.WARNING,
                summary,
                Map.of("seal", seal.id(), "expires", seal.expires().toString()),
                Optional.empty()));
    }
}
