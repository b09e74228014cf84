package dev.interlock.housekeeping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingWorld;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ReviewRemindersTest {

    private final TestingClock clock = new TestingClock();
    private final List<Alert> alerts = new ArrayList<>();
    private Optional<Seal> seal = Optional.empty();
    private final ReviewReminders reviews = new ReviewReminders(() -> seal, clock, clock::nanos, alerts::add);

    private Seal reviewedBy(LocalDate day) {
        return new TestingWorld()
                .seal()
                .with(parts -> parts.agents = Map.of(
                        "jer/cursor", new Seal.Agent("jer/cursor", "jer", Set.of(), Optional.of(day), Set.of()),
                        "jer/free", new Seal.Agent("jer/free", "jer", Set.of())));
    }

    @Test
    void aClockThatIsSetBackSilencesNothing() {
        LocalDate longAgo = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).minusDays(30);
        seal = Optional.of(reviewedBy(longAgo));
        reviews.run();
        clock.set(clock.instant().minus(Duration.ofDays(7)));
        clock.pass(Duration.ofDays(1));
        reviews.run();
        assertThat(alerts).hasSize(2);
    }

    @Test
    void anOverdueReviewIsReportedDaily() {
        reviews.run();
        LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        seal = Optional.of(reviewedBy(today));
        reviews.run();
        assertThat(alerts).as("the day is not over").isEmpty();
        clock.pass(Duration.ofDays(1));
        reviews.run();
        reviews.run();
        assertThat(alerts).singleElement().satisfies(alert -> {
            assertThat(alert.rule()).isEqualTo(Alert.AlertKind.REVIEW_OVERDUE);
            assertThat(alert.facts()).containsEntry("agent", "jer/cursor").containsEntry("owner", "jer");
        });
        clock.pass(Duration.ofDays(1));
        reviews.run();
        assertThat(alerts).hasSize(2);
        seal = Optional.of(reviewedBy(today.plusDays(30)));
        clock.pass(Duration.ofDays(1));
        reviews.run();
        assertThat(alerts).hasSize(2);
    }
}
