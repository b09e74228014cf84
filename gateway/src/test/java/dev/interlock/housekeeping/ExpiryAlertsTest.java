package dev.interlock.housekeeping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import dev.interlock.housekeeping.ExpiryAlerts.Expiry;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingWorld;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ExpiryAlertsTest {

    private final TestingClock clock = new TestingClock();
    private final List<Alert> alerts = new ArrayList<>();
    private final List<Expiry> certificates = new ArrayList<>();
    private final ExpiryAlerts expiry = new ExpiryAlerts(() -> certificates, clock, clock::nanos, alerts::add);

    private Expiry lasting(String owner, Duration life, Alert.Severity last) {
        Instant end = clock.instant().plus(life);
        Expiry made = Expiry.ofCertificate(owner, end, Expiry.before(clock.instant(), end), last, "renew it.");
        certificates.add(made);
        return made;
    }

    @Test
    void eachCertificateIsReportedDailyInItsLastWeek() {
        Expiry own = lasting("the listener", Duration.ofDays(90), Alert.Severity.ALARM);
        lasting("`M-1`", Duration.ofDays(91), Alert.Severity.WARNING);
        clock.pass(Duration.ofDays(83).minusSeconds(1));
        expiry.run();
        assertThat(alerts).isEmpty();
        clock.pass(Duration.ofSeconds(1));
        expiry.run();
        expiry.run();
        assertThat(alerts).singleElement().satisfies(alert -> {
            assertThat(alert.rule()).isEqualTo(Alert.AlertKind.CERTIFICATE_EXPIRES);
            assertThat(alert.severity()).isEqualTo(Alert.Severity.WARNING);
            assertThat(alert.summary())
                    .isEqualTo("The certificate of the listener expires at " + own.expires() + ": renew it.");
        });
        clock.pass(Duration.ofDays(1));
        expiry.run();
        assertThat(alerts).hasSize(3);
        clock.pass(Duration.ofDays(6));
        alerts.clear();
        expiry.run();
        assertThat(alerts).extracting(Alert::severity).containsExactly(Alert.Severity.ALARM, Alert.Severity.WARNING);
        assertThat(alerts.getFirst().summary()).contains("has expired");
    }

    @Test
    void aShortLifeIsReportedInItsLastQuarterAndARenewalEndsIt() {
        Expiry old = lasting("`M-1`", Duration.ofHours(8), Alert.Severity.WARNING);
        clock.pass(Duration.ofHours(6));
        expiry.run();
        assertThat(alerts).hasSize(1);
        certificates.remove(old);
        lasting("`M-1`", Duration.ofHours(8), Alert.Severity.WARNING);
        clock.pass(Duration.ofHours(5));
        expiry.run();
        assertThat(alerts).hasSize(1);
        clock.pass(Duration.ofHours(1));
        expiry.run();
        assertThat(alerts)
                .as("less than a day later, but of another certificate")
                .hasSize(2);
    }

    @Test
    void aSealThatExpiresIsAnAlarmOnItsLastDay() {
        Seal seal = new TestingWorld().seal().with(parts -> {
            parts.sealedAt = clock.instant();
            parts.expires = clock.instant().plus(Duration.ofDays(90));
        });
        certificates.add(Expiry.of(seal));
        clock.pass(Duration.ofDays(90).minus(ExpiryAlerts.BEFORE));
        expiry.run();
        clock.pass(Duration.ofDays(6));
        expiry.run();
        clock.pass(Duration.ofDays(1));
        expiry.run();
        assertThat(alerts)
                .extracting(Alert::severity)
                .containsExactly(Alert.Severity.WARNING, Alert.Severity.ALARM, Alert.Severity.ALARM);
        assertThat(alerts).allMatch(alert -> alert.rule() == Alert.AlertKind.SEAL_EXPIRES);
        assertThat(alerts.getFirst().summary()).contains(seal.expires().toString());
        assertThat(alerts.getLast().summary()).contains("has expired");
    }
}
