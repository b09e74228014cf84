package dev.interlock.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is to be done for a plan, read off what lies on its target and what the gateway believes of that: whoever was
 * ended, however, goes on where it was.
 *
 * @param at when; in the past, if it is overdue
 * @param backup which one is to be tried
 */
public record Due(Work work, Instant at, Optional<String> backup) {

    /** Disks rot, and a machine's programs change: one that was restored is restored again. */
    private static final Duration TRIED_FOR = Duration.ofHours(24);

    /** Before all else: what the gateway believes of it is not so. */
    private static final Instant AT_ONCE = Instant.MIN;

    /** What is taken, and what is tried, go on beside each other. */
    public enum Work {
        TAKE,
        /** The youngest one that can be read, and the one that the gateway counts on. */
        VERIFY
    }

    /**
     * What there is to do for {@code plan}, the earliest first: trying one that cannot be tried here keeps nobody from
     * taking the next. One that was never taken is due from the beginning of time.
     */
    public static List<Due> of(Plan plan, Listing listing, Standing standing) {
        Optional<Listing.Entry> youngest = listing.youngest();
        Due take = new Due(
                Work.TAKE,
                youngest.map(entry -> entry.takenAt().plus(plan.every())).orElse(Instant.EPOCH),
                Optional.empty());
        Stream<Due> verify = Stream.concat(
                        listing.entries().stream().filter(entry -> standing.counts(entry.id())), youngest.stream())
                .distinct()
                .map(entry -> verify(plan, entry, standing));
        return Stream.concat(verify, Stream.of(take))
                .sorted(Comparator.comparing(Due::at))
                .toList();
    }

    /**
     * The gateway hears at once that one which it counts on cannot be read any more, and that one is there again, or
     * can be read after all, as with the right key: only a trial can say whether it is whole. So it is with one that
     * was tried on another target: whether it lies apart there nobody has looked.
     */
    private static Due verify(Plan plan, Listing.Entry entry, Standing standing) {
        boolean isMoved =
                entry.attested().filter(found -> found.isOfAnotherTarget(plan)).isPresent();
        Instant at = entry.trouble().isPresent() || standing.holdsForBad(entry) || wasUnreadable(entry) || isMoved
                ? AT_ONCE
                : entry.attested().map(found -> found.triedAt().plus(TRIED_FOR)).orElse(entry.takenAt());
        return new Due(Work.VERIFY, at, Optional.of(entry.id()));
    }

    private static boolean wasUnreadable(Listing.Entry entry) {
        return entry.attested().filter(Attested::isOfNoManifest).isPresent();
    }

    /** Whether it is due before all else. */
    boolean isAtOnce() {
        return at.equals(AT_ONCE);
    }
}
