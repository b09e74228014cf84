package dev.interlock.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Which backup to bring back where nobody names one. On the day when it is needed the youngest may be of what is left:
 * taken when all was gone already.
 *
 * @param entry the youngest that was restored for real, as the notes beside the backups say; the youngest of all if
 *     none was
 * @param passedOver all that are younger, or may be, youngest first
 */
public record Choice(Listing.Entry entry, List<Passed> passedOver) {

    /**
     * One that is younger.
     *
     * @param why it was not chosen
     * @param isOpen whether all may be there: nobody has tried it, or it only does not lie apart
     */
    public record Passed(String id, Instant takenAt, String why, boolean isOpen) {}

    public Choice {
        passedOver = List.copyOf(passedOver);
    }

    /** What to bring back of {@code listing}; empty if nothing of it can be read. */
    public static Optional<Choice> of(Listing listing) {
        return listing.proven()
                .or(listing::youngest)
                .map(entry -> new Choice(
                        entry,
                        listing.entries().stream()
                                .filter(other -> isYounger(other, entry))
                                .sorted(Comparator.comparing(Listing.Entry::id).reversed())
                                .map(other -> new Passed(other.id(), other.takenAt(), why(other), isOpen(other)))
                                .toList()));
    }

    /** Of one that cannot be read its name says when it was taken, or says that it was. */
    private static boolean isYounger(Listing.Entry other, Listing.Entry than) {
        return other.trouble().isEmpty()
                ? other.takenAt().isAfter(than.takenAt())
                : other.id().compareTo(than.id()) > 0;
    }

    private static String why(Listing.Entry entry) {
        return entry.trouble()
                .or(() -> entry.attested()
                        .filter(found -> !found.restored())
                        .map(found -> "it was tried, and is worth nothing: " + String.join("; ", found.wrong())))
                .orElse("no trial of it is noted");
    }

    private static boolean isOpen(Listing.Entry entry) {
        return entry.trouble().isEmpty()
                && entry.attested()
                        .filter(found -> !found.isWrongForItsPlaceAlone())
                        .isEmpty();
    }

    /**
     * Those for whose sake a person has to choose, youngest first: all may be there, and what would be brought back is
     * older by more than two of those that are taken one for each {@code every}.
     */
    public List<Passed> missed(Duration every) {
        Instant lost = entry.takenAt().plus(every.multipliedBy(2));
        return passedOver.stream()
                .filter(one -> one.isOpen() && one.takenAt().isAfter(lost))
                .toList();
    }

    /** Why nobody may rely on it; empty if it was restored for real. */
    public Optional<String> doubt() {
        return entry.isRestored() ? Optional.empty() : Optional.of(why(entry));
    }
}
