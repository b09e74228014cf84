package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RetentionTest {

    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    private static List<Retention.DatedBackup> everySixHours(int count) {
        List<Retention.DatedBackup> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(new Retention.DatedBackup("b" + i, NOON.minus(Duration.ofHours(6L * i))));
        }
        return all;
    }

    private static Set<String> kept(Retention rule, List<Retention.DatedBackup> all, Optional<String> proven) {
        Set<String> ids = all.stream().map(Retention.DatedBackup::id).collect(Collectors.toSet());
        rule.expendable(all, proven).forEach(gone -> ids.remove(gone.id()));
        return ids;
    }

    @Test
    void theNewestBackupOfEachDayAndWeekIsKept() {
        assertThat(kept(new Retention(3, 0), everySixHours(40), Optional.empty()))
                .containsExactlyInAnyOrder("b0", "b3", "b7");
        // 21 November 2026 is a Saturday: the week before ended on the 15th.
        assertThat(kept(new Retention(1, 2), everySixHours(60), Optional.empty()))
                .containsExactlyInAnyOrder("b0", "b23");
    }

    /** A younger backup without a restore test must not replace it. */
    @Test
    void theLastRestoredBackupIsKept() {
        assertThat(kept(new Retention(1, 0), everySixHours(9), Optional.of("b8")))
                .containsExactlyInAnyOrder("b0", "b8");
    }

    @Test
    void aSingleBackupIsKept() {
        assertThat(kept(new Retention(1, 0), everySixHours(1), Optional.empty()))
                .containsExactly("b0");
    }
}
