package dev.interlock.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

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

    /**
     * What there is to do for {@code plan}, the earliest first: trying one that cannot be tried here keeps nobody from
     * taking the next. One that was never taken is due from the beginning of time.
     */
    public static List<Due> of(Plan plan, Listing listing) {
        Optional<Listing.Entry> youngest = listing.youngest();
        if (youngest.isEmpty()) {
            return List.of(new Due(Work.TAKE, Instant.EPOCH, Optional.empty()));
        }
        Listing.Entry entry = youngest.get();
        Instant verify =
                entry.attested().map(found -> found.triedAt().plus(TRIED_FOR)).orElse(entry.takenAt());
        return Stream.of(
                        new Due(Work.TAKE, entry.takenAt().plus(plan.every()), Optional.empty()),
                        new Due(Work.VERIFY, verify, Optional.of(entry.id())))
                .sorted(Comparator.comparing(Due::at))
                .toList();
    }
}
