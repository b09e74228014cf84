package dev.interlock.backup;

import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.RestoreAttestation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Detects backups with less than half of the content of an older, restored one. Each is complete in itself. Only people
 * can know whether somebody tidied up or emptied the source. So the drop is reported, and the older backup stays for a
 * while.
 */
final class ShrinkCheck {

    /**
     * Limits how long the older backup stays: a person who checks once a quarter still finds it. After that time it may
     * go.
     */
    private static final Duration SPARED = Duration.ofDays(90);

    private ShrinkCheck() {}

    /**
     * Returns the backups of {@code listing} to keep at {@code now} despite the retention rules. The first is the
     * youngest with more than twice the content of the last restored one. The second is the youngest with more than
     * twice the content of the first, and so on. The youngest backup of each other source is kept as well. One backup
     * is taken per {@code every}.
     */
    static Set<String> protectedBackups(BackupListing listing, Duration every, Instant now) {
        Set<String> spared = new TreeSet<>();
        Optional<Amount> least = Optional.empty();
        for (BackupListing.ListedBackup entry : listing.restored()) {
            Optional<Amount> amount = entry.attested().flatMap(ShrinkCheck::amount);
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

    /**
     * Returns whether {@code entry} is within the time to keep. The time is at least four intervals, so that a
     * quarterly plan keeps four backups rather than none.
     */
    private static boolean isYoung(BackupListing.ListedBackup entry, Duration every, Instant now) {
        Duration four = every.multipliedBy(4);
        return entry.takenAt().plus(four.compareTo(SPARED) > 0 ? four : SPARED).isAfter(now);
    }

    /**
     * Returns the youngest backup of each source other than that of the last restored one. If a mistake in a plan went
     * unnoticed, they are the only backups of the intended source.
     */
    private static Set<String> elsewhere(BackupListing listing, Duration every, Instant now) {
        Set<String> spared = new TreeSet<>();
        Set<String> origins = new TreeSet<>();
        for (BackupListing.ListedBackup entry : listing.restored()) {
            Optional<String> origin = entry.attested().flatMap(found -> RestoreAttestation.origin(found.json()));
            if (origin.isEmpty() && origins.isEmpty()) {
                return spared; // without a known source there is nothing to compare with
            }
            boolean isOther = !origins.isEmpty();
            if (origin.filter(origins::add).isPresent() && isOther && isYoung(entry, every, now)) {
                spared.add(entry.id());
            }
        }
        return spared;
    }

    /**
     * Returns the last backup restored before {@code found} was taken, if {@code found} has less than half of its
     * content. Returns empty if the notes cannot be read: {@code found} was restored all the same.
     */
    static Optional<BackupAttestation> findLargerPredecessor(
            BackupAttestation found, BackupPlanConfig plan, BackupRepository repository, Instant now) {
        try {
            BackupRepository looked = repository.looked();
            for (String id : looked.ids().reversed()) {
                Optional<BackupAttestation> older = BackupAttestation.read(plan, looked, id, now)
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

    /** Returns whether {@code amount} is less than half of the content of {@code before}. */
    static boolean isFall(Amount amount, BackupAttestation before) {
        return amount(before).filter(amount::isLessThanHalfOf).isPresent();
    }

    private static Instant takenAt(BackupAttestation found) {
        return found.json().get("taken_at").isPresent()
                ? Instant.parse(found.json().text("taken_at"))
                : Instant.MAX;
    }

    /** Returns the amount, if stated. Where unsigned notes count, one may lack it. */
    private static Optional<Amount> amount(BackupAttestation found) {
        try {
            return Optional.of(found.amount());
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }
}
