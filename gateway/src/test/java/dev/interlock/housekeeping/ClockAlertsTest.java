package dev.interlock.housekeeping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.ClockWatch;
import dev.interlock.testing.TestingClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ClockAlertsTest {

    private static final Duration HOUR = Duration.ofHours(1);

    private final TestingClock clock = new TestingClock();
    private final Instant start = clock.instant();
    private final List<Alert> alerts = new ArrayList<>();
    private Optional<Duration> holdsAhead = Optional.empty();
    private int followed;

    private ClockAlerts watching() {
        return new ClockAlerts(
                new ClockWatch(start, () -> OptionalLong.of(clock.nanos())),
                () -> holdsAhead,
                () -> {
                    followed++;
                    holdsAhead = Optional.empty();
                    return List.of("H-1");
                },
                clock,
                alerts::add);
    }

    @Test
    void aClockThatRanAheadIsToldOnceAndRecoversByItself() {
        ClockAlerts watching = watching();
        watching.run();
        assertThat(alerts).isEmpty();
        clock.set(start.plus(HOUR));
        watching.run();
        watching.run();
        assertThat(alerts).singleElement().satisfies(alert -> {
            assertThat(alert.rule()).isEqualTo(Alert.AlertKind.CLOCK_TROUBLE);
            assertThat(alert.severity()).isEqualTo(Alert.Severity.WARNING);
            assertThat(alert.summary()).contains("60 minutes");
        });
        assertThat(watching.isRefusing()).isFalse();
        holdsAhead = Optional.of(HOUR);
        clock.set(start);
        watching.run();
        assertThat(followed).isEqualTo(1);
        assertThat(watching.trouble()).isEmpty();
        assertThat(alerts).extracting(Alert::severity).endsWith(Alert.Severity.WARNING, Alert.Severity.INFO);
        assertThat(alerts.get(1).summary()).contains("H-1");
    }

    @Test
    void aClockThatWentBackRefusesAndSaysWhatToDo() {
        ClockAlerts watching = watching();
        clock.set(start.minus(HOUR));
        watching.run();
        assertThat(watching.isRefusing()).isTrue();
        assertThat(watching.trouble().orElseThrow()).contains("went backwards", "interlock clock accept");
        assertThat(alerts)
                .singleElement()
                .satisfies(alert -> assertThat(alert.severity()).isEqualTo(Alert.Severity.ALARM));
        clock.set(start);
        watching.run();
        assertThat(watching.isRefusing()).isFalse();
        assertThat(alerts).hasSize(2);
    }

    /** Then nobody can tell whether the clock is right now, so people confirm it. */
    @Test
    void holdsOfAnEarlierProcessAreNotChangedByThemselves() {
        holdsAhead = Optional.of(HOUR);
        ClockAlerts watching = watching();
        watching.run();
        watching.run();
        assertThat(followed).isZero();
        assertThat(watching.trouble().orElseThrow()).contains("interlock clock accept", "No signature is used up");
        assertThat(alerts)
                .singleElement()
                .satisfies(alert -> assertThat(alert.severity()).isEqualTo(Alert.Severity.ALARM));
    }
}
