package dev.interlock.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What is to be done for a plan, read off what lies on its target alone: whoever was ended, however, goes on where it
 * was.
 *
 * @param at when; in the past, if it is overdue
 * @param backup which one is to be tried
 */
public record Due(Work work, Instant at, Optional<String> backup) {

    /** Disks rot, and a machine's programs change: one that was restored is restored again. */
    private static final Duration TRIED_FOR = Duration.ofHours(24);

    /** In the order in which they matter. */
    public enum Work {
        TAKE,
        /** The youngest one that can be read. */
        VERIFY
    }

    /** The first thing to do for {@code plan}; one that was never taken is due from the beginning of time. */
    public static Due first(Plan plan, Listing listing) {
        Optional<Listing.Entry> youngest = listing.youngest();
        if (youngest.isEmpty()) {
            return new Due(Work.TAKE, Instant.EPOCH, Optional.empty());
        }
        Instant take = youngest.get().takenAt().plus(plan.every());
        Instant verify = youngest.get()
                .attested()
                .map(found -> found.triedAt().plus(TRIED_FOR))
                .orElse(youngest.get().takenAt());
        return verify.isBefore(take)
                ? new Due(Work.VERIFY, verify, Optional.of(youngest.get().id()))
                : new Due(Work.TAKE, take, Optional.empty());
    }
}
