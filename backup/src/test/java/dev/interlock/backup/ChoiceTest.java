package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import dev.interlock.testing.Attesting;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which backup comes back on the day when nobody knows which one to name. */
class ChoiceTest {

    private static final Instant TAKEN = Instant.parse("2026-11-20T01:00:00Z");

    /** One of day {@code n}. */
    private static Listing.Entry entry(int n, Optional<Attested> attested, Optional<String> trouble) {
        Instant takenAt = trouble.isPresent() ? Instant.EPOCH : TAKEN.plus(Duration.ofDays(n));
        return new Listing.Entry(Attesting.id(n), takenAt, 1000, attested, trouble);
    }

    private static Listing.Entry tried(int n, String... wrong) {
        return entry(
                n,
                Optional.of(new Attested(Json.object()
                        .with("backup", Attesting.id(n))
                        .with("restored", wrong.length == 0)
                        .withTexts("wrong", List.of(wrong)))),
                Optional.empty());
    }

    private static Listing.Entry untried(int n) {
        return entry(n, Optional.empty(), Optional.empty());
    }

    private static Choice choice(Listing.Entry... entries) {
        return Choice.of(new Listing(List.of(entries))).orElseThrow();
    }

    @Test
    void whereThereIsNoneNoneIsChosen() {
        assertThat(Choice.of(new Listing(List.of()))).isEmpty();
        Listing.Entry rotten = entry(1, Optional.empty(), Optional.of("it cannot be read: rotten"));
        assertThat(Choice.of(new Listing(List.of(rotten)))).isEmpty();
    }

    /** All was deleted at two, and backed up at three. */
    @Test
    void theYoungestThatWasRestoredIsChosen() {
        Listing.Entry rotten = entry(5, Optional.empty(), Optional.of("it cannot be read: rotten"));
        Listing.Entry past = entry(0, Optional.empty(), Optional.of("it cannot be read: rotten"));
        Choice choice = choice(past, tried(1), tried(2), tried(3, "it is empty", "and old"), untried(4), rotten);
        assertThat(choice.entry().id()).isEqualTo(Attesting.id(2));
        assertThat(choice.doubt()).isEmpty();
        assertThat(choice.passedOver())
                .extracting(one -> one.id() + " " + one.why())
                .containsExactly(
                        Attesting.id(5) + " it cannot be read: rotten",
                        Attesting.id(4) + " no trial of it is noted",
                        Attesting.id(3) + " it was tried, and is worth nothing: it is empty; and old");
    }

    /** Weeks in which nothing could be tried: what was restored before is not all that there is. */
    @Test
    void whatMayBeGoodAndMuchYoungerIsForAPersonToChoose() {
        Duration daily = Duration.ofDays(1);
        assertThat(choice(tried(1), untried(2), untried(3), untried(4)).missed(daily))
                .extracting(Choice.Passed::id)
                .containsExactly(Attesting.id(4));
        assertThat(choice(tried(1), untried(3)).missed(daily)).as("two of them").isEmpty();
        assertThat(choice(tried(1), tried(4, "it is empty"), entry(9, Optional.empty(), Optional.of("rotten")))
                        .missed(daily))
                .as("known to be bad")
                .isEmpty();
        assertThat(choice(tried(1), placed(4, "it lies there")).missed(daily)).hasSize(1);
        assertThat(choice(tried(1), placed(4, "it is empty", "it lies there")).missed(daily))
                .isEmpty();
        assertThat(choice(untried(1), untried(9)).missed(daily)).isEmpty();
    }

    /** One that does not lie apart. */
    private static Listing.Entry placed(int n, String... wrong) {
        Json.Members word = tried(n, wrong).attested().orElseThrow().json().with("separation", "same");
        return entry(n, Optional.of(new Attested(word)), Optional.empty());
    }

    @Test
    void theYoungestOfAllIsChosenIfItWas() {
        Choice choice = choice(tried(1), tried(2));
        assertThat(choice.entry().id()).isEqualTo(Attesting.id(2));
        assertThat(choice.passedOver()).isEmpty();
    }

    /** What was noted may have gone with the machine that took them. */
    @Test
    void whereNoneWasRestoredTheYoungestIsAndThatIsSaid() {
        Choice untried = choice(untried(1), untried(2));
        assertThat(untried.entry().id()).isEqualTo(Attesting.id(2));
        assertThat(untried.doubt()).contains("no trial of it is noted");
        assertThat(untried.passedOver()).isEmpty();
        assertThat(choice(untried(1), tried(2, "it is empty")).doubt())
                .contains("it was tried, and is worth nothing: it is empty");
    }
}
