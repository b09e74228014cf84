package dev.interlock.housekeeping;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Alerts that the seal or a certificate is about to expire, daily for each: those who sign may be away. To be run every
 * few minutes, by one thread.
 */
public final class ExpiryAlerts implements Runnable {

    /** The longest time before the end at which the alerts begin. */
    static final Duration BEFORE = Duration.ofDays(7);

    private static final Duration DAY = Duration.ofDays(1);

    private final Supplier<List<Expiry>> watched;
    private final InstantSource clock;
    private final Reminders reminders;
    private final Consumer<Alert> alerts;

    /**
     * Something that somebody must renew in time.
     *
     * @param name what it is, as no other is called
     * @param before the time before the end at which the alerts begin
     * @param last the severity on the last day and from then on
     * @param soon a whole sentence for the time before the end
     * @param over the same for the time after it
     */
    public record Expiry(
            Alert.AlertKind rule,
            String name,
            Instant expires,
            Duration before,
            Alert.Severity last,
            String soon,
            String over,
            Map<String, String> facts) {

        /** The expiry of the certificate of {@code owner}, as {@code the remote machine `M-…`}. */
        public static Expiry ofCertificate(
                String owner, Instant expires, Duration before, Alert.Severity last, String next) {
            return new Expiry(
                    Alert.AlertKind.CERTIFICATE_EXPIRES,
                    owner,
                    expires,
                    before,
                    last,
                    "The certificate of " + owner + " expires at " + expires + ": " + next,
                    "The certificate of " + owner + " has expired at " + expires + ": " + next,
                    Map.of("certificate", owner, "expires", expires.toString()));
        }

        /** The expiry of {@code seal}, without which everything is refused. */
        public static Expiry of(Seal seal) {
            return new Expiry(
                    Alert.AlertKind.SEAL_EXPIRES,
                    "the seal",
                    seal.expires(),
                    before(seal.sealedAt(), seal.expires()),
                    Alert.Severity.ALARM,
                    "The seal expires at " + seal.expires()
                            + ", and then everything is refused: seal again before that.",
                    "The seal has expired: everything is refused until people seal again.",
                    Map.of("seal", seal.id(), "expires", seal.expires().toString()));
        }

        /** Returns the time before the end at which alerts begin: a week, or a quarter of a shorter life. */
        public static Duration before(Instant issued, Instant expires) {
            Duration quarter = Duration.between(issued, expires).dividedBy(4);
            return quarter.compareTo(BEFORE) < 0 ? quarter : BEFORE;
        }

        private boolean isDue(Instant now) {
            return !now.isBefore(expires.minus(before));
        }

        private Alert alert(Instant now) {
            return new Alert(
                    rule,
                    now.isBefore(expires.minus(DAY)) ? Alert.Severity.WARNING : last,
                    now.isBefore(expires) ? soon : over,
                    facts);
        }
    }

    /** Counts days by {@code nanos}, a clock that nobody sets, as {@link System#nanoTime}. */
    public ExpiryAlerts(
            Supplier<List<Expiry>> watched, InstantSource clock, LongSupplier nanos, Consumer<Alert> alerts) {
        this.watched = watched;
        this.clock = clock;
        this.reminders = new Reminders(DAY, nanos);
        this.alerts = alerts;
    }

    @Override
    public void run() {
        Instant now = clock.instant();
        List<Expiry> due =
                watched.get().stream().filter(each -> each.isDue(now)).toList();
        reminders.retain(due.stream().map(Expiry::name).collect(Collectors.toSet()));
        for (Expiry each : due) {
            Alert alert = each.alert(now);
            if (reminders.isDue(each.name(), alert.key())) {
                alerts.accept(alert);
            }
        }
    }
}
