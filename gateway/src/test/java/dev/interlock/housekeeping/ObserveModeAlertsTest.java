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

class ObserveModeAlertsTest {

    private final TestingClock clock = new TestingClock();
    private final List<Alert> alerts = new ArrayList<>();

    private Seal seal(Duration time) {
        return new TestingWorld()
                .seal()
                .with(parts -> parts.observeUntil = Optional.of(clock.instant().plus(time)));
    }

    @Test
    void observeModeIsReportedAtOnceHourlyAndAtItsEnd() {
        Seal seal = seal(Duration.ofMinutes(90));
        ObserveModeAlerts observing = new ObserveModeAlerts(() -> Optional.of(seal), clock, clock::nanos, alerts::add);
        observing.run();
        observing.run();
        assertThat(alerts).extracting(Alert::severity).containsExactly(Alert.Severity.ALARM);
        clock.pass(ObserveModeAlerts.INTERVAL);
        observing.run();
        observing.run();
        assertThat(alerts).hasSize(2);
        clock.pass(Duration.ofMinutes(30));
        observing.run();
        observing.run();
        assertThat(alerts)
                .extracting(Alert::severity)
                .containsExactly(Alert.Severity.ALARM, Alert.Severity.ALARM, Alert.Severity.INFO);
        assertThat(alerts).extracting(Alert::rule).containsOnly(Alert.AlertKind.OBSERVING);
    }

    @Test
    void aClockThatIsSetBackSilencesNothing() {
        Seal seal = seal(Duration.ofDays(2));
        ObserveModeAlerts observing = new ObserveModeAlerts(() -> Optional.of(seal), clock, clock::nanos, alerts::add);
        observing.run();
        clock.set(clock.instant().minus(Duration.ofHours(8)));
        clock.pass(ObserveModeAlerts.INTERVAL);
        observing.run();
        assertThat(alerts).hasSize(2);
    }

    @Test
    void anEnforcingSealIsNotReported() {
        new ObserveModeAlerts(() -> Optional.of(new TestingWorld().seal()), clock, clock::nanos, alerts::add).run();
        new ObserveModeAlerts(Optional::empty, clock, clock::nanos, alerts::add).run();
        assertThat(alerts).isEmpty();
    }
}
