package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Resource;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.place.Target;
import dev.interlock.backup.source.Source;
import dev.interlock.evidence.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DueTest {

    private static final Instant TAKEN = Instant.parse("2026-11-20T01:00:00Z");

    private static Plan every(Duration every) {
        Source.Database source = new Source.Database(
                "shop",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        return new Plan(
                "shop-db",
                Resource.parse("railway:volume/v1"),
                new Source.Postgres(source, DumpFormat.CUSTOM, 1),
                new Target.Directory(Path.of("/mnt/offsite")),
                every,
                Retention.USUAL);
    }

    private static Listing.Entry entry(String id, Instant takenAt, Optional<Instant> triedAt) {
        return new Listing.Entry(
                id,
                takenAt,
                1000,
                triedAt.map(at -> new Attested(Json.object()
                        .with("backup", id)
                        .with("tried_at", at.toString())
                        .with("restored", true))),
                Optional.empty());
    }

    private static Due first(Duration every, Listing.Entry... entries) {
        return Due.of(every(every), new Listing(List.of(entries))).getFirst();
    }

    @Test
    void whereThereIsNoneOneIsTakenAtOnce() {
        assertThat(first(Duration.ofHours(24))).isEqualTo(new Due(Due.Work.TAKE, Instant.EPOCH, Optional.empty()));
    }

    @Test
    void oneThatWasNeverTriedIsTriedAtOnce() {
        assertThat(first(Duration.ofHours(24), entry("b1", TAKEN, Optional.empty())))
                .isEqualTo(new Due(Due.Work.VERIFY, TAKEN, Optional.of("b1")));
    }

    /** Who cannot try it, for want of room perhaps, still takes the next. */
    @Test
    void oneThatWasNotTriedHoldsBackNone() {
        assertThat(Due.of(every(Duration.ofHours(6)), new Listing(List.of(entry("b1", TAKEN, Optional.empty())))))
                .containsExactly(
                        new Due(Due.Work.VERIFY, TAKEN, Optional.of("b1")),
                        new Due(Due.Work.TAKE, TAKEN.plus(Duration.ofHours(6)), Optional.empty()));
    }

    @Test
    void theNextOneIsTakenInTime() {
        assertThat(first(Duration.ofHours(6), entry("b1", TAKEN, Optional.of(TAKEN.plusSeconds(60)))))
                .isEqualTo(new Due(Due.Work.TAKE, TAKEN.plus(Duration.ofHours(6)), Optional.empty()));
    }

    /** Disks rot: a weekly one is tried every day. */
    @Test
    void oneThatWasTriedIsTriedAgainAfterADay() {
        Instant tried = TAKEN.plusSeconds(60);
        assertThat(first(Duration.ofDays(7), entry("b1", TAKEN, Optional.of(tried))))
                .isEqualTo(new Due(Due.Work.VERIFY, tried.plus(Duration.ofHours(24)), Optional.of("b1")));
    }

    @Test
    void theYoungestThatCanBeReadCounts() {
        Listing.Entry unreadable =
                new Listing.Entry("b3", Instant.EPOCH, 0, Optional.empty(), Optional.of("of another key"));
        assertThat(first(
                        Duration.ofHours(6),
                        entry("b1", TAKEN.minus(Duration.ofHours(6)), Optional.empty()),
                        entry("b2", TAKEN, Optional.empty()),
                        unreadable))
                .isEqualTo(new Due(Due.Work.VERIFY, TAKEN, Optional.of("b2")));
    }
}
