package dev.interlock.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.TestingClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class AlertDeduplicationTest {

    private final TestingClock clock = new TestingClock();
    private final AlertDispatcher.AlertDeduplication repeats =
            new AlertDispatcher.AlertDeduplication(clock::nanos, AlertDispatcher.AlertDeduplication.DEFAULT_WINDOW);

    @Test
    void aRecentAlertIsNotRepeated() {
        assertThat(repeats.isNew("a")).isTrue();
        clock.pass(AlertDispatcher.AlertDeduplication.DEFAULT_WINDOW.minusSeconds(1));
        assertThat(repeats.isNew("a")).isFalse();
        clock.pass(AlertDispatcher.AlertDeduplication.DEFAULT_WINDOW);
        assertThat(repeats.isNew("a")).isTrue();
    }

    /** The first alert after a start may come before the clock was corrected. */
    @Test
    void aClockThatIsSetBackSilencesNothing() {
        Instant right = clock.instant();
        clock.set(right.plus(Duration.ofHours(8)));
        assertThat(repeats.isNew("raised too early")).isTrue();
        clock.set(right);
        assertThat(repeats.isNew("a")).isTrue();
        clock.pass(AlertDispatcher.AlertDeduplication.DEFAULT_WINDOW.multipliedBy(2));
        assertThat(repeats.isNew("a")).isTrue();
    }

    /** An agent chooses names that occur in alerts. Many made-up names must not suppress any other alert. */
    @Test
    void manyDifferentAlertsSilenceNoOther() {
        for (int i = 0; i < 3 * AlertDispatcher.AlertDeduplication.MAX_KEYS; i++) {
            assertThat(repeats.isNew("flood " + i)).isTrue();
        }
        assertThat(repeats.isNew("alarm")).isTrue();
        assertThat(repeats.isNew("alarm")).isFalse();
    }
}
