package dev.interlock.backup;

import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.Shelf;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Restoration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Backups with less than half of what an older one had that was restored. Each is whole, and nobody but people can say
 * whether somebody has tidied up or emptied what they are copies of: it is said, and the older one stays for a while.
 */
final class Falls {

    /** Who looks once in a quarter still finds it. What is gone for good reasons is gone then. */
    private static final Duration SPARED = Duration.ofDays(90);

    private Falls() {}

    /**
     * Those of {@code listing} that are spared at {@code now}: the youngest with more than twice of what the last that
     * was restored has, the youngest with more than twice of what that one has, and so on; and the youngest of each
     * source that is not that one's. One is taken for each {@code every}.
     */
    static Set<String> spared(Listing listing, Duration every, Instant now) {
        Set<String> spared = new TreeSet<>();
        Optional<Amount> least = Optional.empty();
        for (Listing.Entry entry : listing.restored()) {
            Optional<Amount> amount = entry.attested().flatMap(Falls::amount);
            if (least.isEmpty()) {
                least = amount;
            } else if (amount.filter(least.get()::isLessThanHalfOf).isPresent()) {
                least = amount.map(least.get()::most);
                if (isYoung(entry, every, now)) {
                    spared.add(entry.id());
                }
            }
        }
        spared.addAll(elsewhere(listing, every, now));
        return spared;
    }

    /** Whoever takes one in a quarter has four, and not none. */
    private static boolean isYoung(Listing.Entry entry, Duration every, Instant now) {
        Duration four = every.multipliedBy(4);
        return entry.takenAt().plus(four.compareTo(SPARED) > 0 ? four : SPARED).isAfter(now);
    }

    /**
     * The youngest of each other source than that of the last that was restored: where a slip in a plan was not seen
     * while it was told, they are all that there is of what it was to save.
     */
    private static Set<String> elsewhere(Listing listing, Duration every, Instant now) {
        Set<String> spared = new TreeSet<>();
        Set<String> origins = new TreeSet<>();
        for (Listing.Entry entry : listing.restored()) {
            Optional<String> origin = entry.attested().flatMap(found -> Restoration.origin(found.json()));
            if (origin.isEmpty() && origins.isEmpty()) {
                return spared; // nobody knows what the others are other than
            }
            boolean isOther = !origins.isEmpty();
            if (origin.filter(origins::add).isPresent() && isOther && isYoung(entry, every, now)) {
                spared.add(entry.id());
            }
        }
        return spared;
    }

    /**
     * The last that was restored before {@code found} was taken, if that has less than half of it. Where the notes of
     * others cannot be read nothing is said: it was restored all the same.
     */
    static Optional<Attested> before(Attested found, Plan plan, Shelf shelf, Instant now) {
        try {
            Shelf looked = shelf.looked();
            for (String id : looked.ids().reversed()) {
                Optional<Attested> older = Attested.read(plan, looked, id, now)
                        .filter(one -> one.restored() && takenAt(one).isBefore(takenAt(found)));
                if (older.isPresent()) {
                    return older.filter(one -> isFall(found.amount(), one));
                }
            }
            return Optional.empty();
        } catch (IOException | UncheckedIOException | MalformedException | DateTimeException e) {
            return Optional.empty();
        }
    }

    /** Whether {@code amount} is less than half of what was restored of {@code before}. */
    static boolean isFall(Amount amount, Attested before) {
        return amount(before).filter(amount::isLessThanHalfOf).isPresent();
    }

    private static Instant takenAt(Attested found) {
        return found.json().get("taken_at").isPresent()
                ? Instant.parse(found.json().text("taken_at"))
                : Instant.MAX;
    }

    /** Where anybody's notes count, one may say nothing of it. */
    private static Optional<Amount> amount(Attested found) {
        try {
            return Optional.of(found.amount());
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }
}
