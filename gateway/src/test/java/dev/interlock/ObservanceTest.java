package dev.interlock;

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

class ObservanceTest {

    private final TestingClock clock = new TestingClock();
    private final List<Alert> alerts = new ArrayList<>();

    private Seal seal(Duration time) {
        return new TestingWorld()
                .seal()
                .with(parts -> parts.observeUntil = Optional.of(clock.instant().plus(time)));
    }

    @Test
    void itIsSaidAtOnceEveryHourAndWhenItEnds() {
        Seal seal = seal(Duration.ofMinutes(90));
        Observance observance = new Observance(() -> Optional.of(seal), clock, clock::nanos, alerts::add);
        observance.run();
        observance.run();
        assertThat(alerts).extracting(Alert::severity).containsExactly(Alert.Severity.ALARM);
        clock.pass(Observance.PAUSE);
        observance.run();
        observance.run();
        assertThat(alerts).hasSize(2);
        clock.pass(Duration.ofMinutes(30));
        observance.run();
        observance.run();
        assertThat(alerts)
                .extracting(Alert::severity)
                .containsExactly(Alert.Severity.ALARM, Alert.Severity.ALARM, Alert.Severity.INFO);
        assertThat(alerts).extracting(Alert::rule).containsOnly(Alert.Rule.OBSERVING);
    }

    @Test
    void aClockThatIsSetBackSilencesNothing() {
        Seal seal = seal(Duration.ofDays(2));
        Observance observance = new Observance(() -> Optional.of(seal), clock, clock::nanos, alerts::add);
        observance.run();
        clock.set(clock.instant().minus(Duration.ofHours(8)));
        clock.pass(Observance.PAUSE);
        observance.run();
        assertThat(alerts).hasSize(2);
    }

    @Test
    void aSealThatEnforcesSaysNothing() {
        new Observance(() -> Optional.of(new TestingWorld().seal()), clock, clock::nanos, alerts::add).run();
        new Observance(Optional::empty, clock, clock::nanos, alerts::add).run();
        assertThat(alerts).isEmpty();
    }
}
