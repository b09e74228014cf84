package dev.interlock.housekeeping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingWorld;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SealExpiryAlertsTest {

    private final TestingClock clock = new TestingClock();
    private final List<Alert> alerts = new ArrayList<>();
    private Optional<Seal> seal = Optional.empty();
    private final SealExpiryAlerts expiry = new SealExpiryAlerts(() -> seal, clock, clock::nanos, alerts::add);

    private Seal living(Duration life) {
        return new TestingWorld().seal().with(parts -> {
            parts.sealedAt = clock.instant();
            parts.expires = clock.instant().plus(life);
        });
    }

    @Test
    void anExpiringSealIsReportedDailyInItsLastWeek() {
        expiry.run();
        seal = Optional.of(living(Duration.ofDays(90)));
        expiry.run();
        clock.pass(Duration.ofDays(90).minus(SealExpiryAlerts.BEFORE).minusSeconds(1));
        expiry.run();
        assertThat(alerts).isEmpty();
        clock.pass(Duration.ofSeconds(1));
        expiry.run();
        expiry.run();
        assertThat(alerts).singleElement().satisfies(alert -> {
            assertThat(alert.rule()).isEqualTo(Alert.AlertKind.SEAL_EXPIRES);
            assertThat(alert.severity()).isEqualTo(Alert.Severity.WARNING);
            assertThat(alert.summary()).contains(seal.get().expires().toString());
        });
        clock.pass(Duration.ofDays(1));
        expiry.run();
        assertThat(alerts).hasSize(2);
        clock.pass(Duration.ofDays(5));
        expiry.run();
        assertThat(alerts).hasSize(3);
        assertThat(alerts.getLast().severity()).isEqualTo(Alert.Severity.ALARM);
        clock.pass(Duration.ofHours(23));
        expiry.run();
        assertThat(alerts).hasSize(3);
        clock.pass(Duration.ofHours(1));
        expiry.run();
        assertThat(alerts).hasSize(4);
        assertThat(alerts.getLast().severity()).isEqualTo(Alert.Severity.ALARM);
        assertThat(alerts.getLast().summary()).contains("has expired");
        clock.pass(Duration.ofDays(1));
        expiry.run();
        assertThat(alerts).hasSize(5);
    }

    @Test
    void aNewSealEndsTheReminderAndAShortSealHasNone() {
        seal = Optional.of(living(Duration.ofHours(8)));
        expiry.run();
        clock.pass(Duration.ofHours(6).minusSeconds(1));
        expiry.run();
        assertThat(alerts).isEmpty();
        clock.pass(Duration.ofSeconds(1));
        expiry.run();
        assertThat(alerts).hasSize(1);
        seal = Optional.of(living(Duration.ofHours(8)));
        clock.pass(Duration.ofHours(5));
        expiry.run();
        assertThat(alerts).hasSize(1);
        clock.pass(Duration.ofHours(1));
        expiry.run();
        assertThat(alerts).as("less than a day later, but of another seal").hasSize(2);
    }
}
