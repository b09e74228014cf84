package dev.interlock.housekeeping;

import dev.interlock.action.Alert;
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
 * Alerts that certificates are about to expire, while there is time to renew them. They are raised once a day for each
 * certificate. To be run every few minutes.
 *
 * <p>Threading: one thread.
 */
public final class CertificateExpiryAlerts implements Runnable {

    /** The longest time before the end at which the alerts begin. */
    private static final Duration BEFORE = Duration.ofDays(7);

    private static final Duration DAY = Duration.ofDays(1);

    private static final int PART = 4;

    private final Supplier<List<WatchedCertificate>> certificates;
    private final InstantSource clock;
    private final Reminders reminders;
    private final Consumer<Alert> alerts;

    /**
     * A certificate that somebody must renew in time.
     *
     * @param owner whose it is, as {@code the remote machine `M-…`}
     * @param before the time before the end at which the alerts begin
     * @param last the severity on the last day and from then on
     * @param next what to do about it
     */
    public record WatchedCertificate(String owner, Instant expires, Duration before, Alert.Severity last, String next) {

        /** Returns the time before the end at which alerts begin: a week, or a quarter of a shorter life. */
        public static Duration before(Instant issued, Instant expires) {
            Duration part = Duration.between(issued, expires).dividedBy(PART);
            return part.compareTo(BEFORE) < 0 ? part : BEFORE;
        }
    }

    /**
     * No alert was raised yet.
     *
     * @param certificates those in use
     * @param nanos a clock that nobody sets, as {@link System#nanoTime}, to count the days by
     */
    public CertificateExpiryAlerts(
            Supplier<List<WatchedCertificate>> certificates,
            InstantSource clock,
            LongSupplier nanos,
            Consumer<Alert> alerts) {
        this.certificates = certificates;
        this.clock = clock;
        this.reminders = new Reminders(DAY, nanos);
        this.alerts = alerts;
    }

    @Override
    public void run() {
        Instant now = clock.instant();
        List<WatchedCertificate> due = certificates.get().stream()
                .filter(each -> !now.isBefore(each.expires().minus(each.before())))
                .toList();
        reminders.retain(due.stream().map(WatchedCertificate::owner).collect(Collectors.toSet()));
        for (WatchedCertificate each : due) {
            Alert alert = alert(each, now);
            if (reminders.isDue(each.owner(), alert.key())) {
                alerts.accept(alert);
            }
        }
    }

    private static Alert alert(WatchedCertificate certificate, Instant now) {
        String ending = now.isBefore(certificate.expires()) ? " expires at " : " has expired at ";
        boolean soon = !now.isBefore(certificate.expires().minus(DAY));
        return new Alert(
                Alert.AlertKind.CERTIFICATE_EXPIRES,
                soon ? certificate.last() : Alert.Severity.WARNING,
                "The certificate of " + certificate.owner() + ending + certificate.expires() + ": "
                        + certificate.next(),
                Map.of(
                        "certificate",
                        certificate.owner(),
                        "expires",
                        certificate.expires().toString()));
    }
}
