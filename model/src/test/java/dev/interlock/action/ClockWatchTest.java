package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ClockWatchTest {

    private static final Instant START = Instant.parse("2026-11-20T08:00:00Z");
    private static final Duration HOUR = Duration.ofHours(1);

    private long nanos = 5;
    private final ClockWatch watch = new ClockWatch(START, () -> OptionalLong.of(nanos));

    private void pass(Duration time) {
        nanos += time.toNanos();
    }

    @Test
    void aClockThatRanAheadIsBelievedOnceItShowsWhatHasPassed() {
        assertThat(watch.behind(START)).isEmpty();
        assertThat(watch.ahead(START.plus(HOUR))).contains(HOUR);
        assertThat(watch.behind(START.plus(HOUR))).isEmpty();
        pass(Duration.ofMinutes(5));
        assertThat(watch.behind(START.plus(Duration.ofMinutes(5)))).isEmpty();
        assertThat(watch.ahead(START.plus(Duration.ofMinutes(5)))).isEmpty();
    }

    /** An hour has passed. A clock that shows less would make leases valid again. */
    @Test
    void aClockThatShowsLessThanWhatHasPassedIsNotBelieved() {
        pass(HOUR);
        assertThat(watch.behind(START.plus(HOUR))).isEmpty();
        assertThat(watch.behind(START.plus(HOUR).minusSeconds(31))).contains(Duration.ofSeconds(31));
        assertThat(watch.behind(START.plus(HOUR).minusSeconds(29))).isEmpty();
        assertThat(watch.behind(START)).contains(HOUR);
        pass(HOUR);
        assertThat(watch.behind(START.plus(HOUR).plusSeconds(1))).isEmpty();
    }

    @Test
    void withoutATimeThatPassesNoStepBackIsBelieved() {
        ClockWatch strict = ClockWatch.strict(START);
        assertThat(strict.behind(START.plus(HOUR))).isEmpty();
        assertThat(strict.behind(START)).contains(HOUR);
    }

    @Test
    void aPersonCanConfirmAStepBack() {
        watch.behind(START.plus(HOUR));
        Instant right = START.minus(HOUR);
        assertThat(watch.behind(right)).isPresent();
        watch.accept(right);
        assertThat(watch.behind(right)).isEmpty();
        pass(HOUR);
        assertThat(watch.behind(right.plus(HOUR))).isEmpty();
        assertThat(watch.behind(right)).isPresent();
    }

    /** What had expired by the wrong time stays expired, and what is issued by the right time is not touched. */
    @Test
    void aCorrectionRevivesNothing() {
        Instant issued = START.minus(HOUR);
        Instant expires = START.plus(Duration.ofMinutes(30));
        assertThat(watch.hadExpired(issued, expires)).isFalse();
        watch.behind(START.plus(HOUR));
        watch.behind(START);
        assertThat(watch.hadExpired(issued, expires)).isTrue();
        assertThat(watch.hadExpired(issued, START.plus(HOUR).plusSeconds(1))).isFalse();
        assertThat(watch.hadExpired(START.plusSeconds(1), expires)).isFalse();
    }
}
