package dev.interlock.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The backup to restore when nobody names one. On the day of need, the youngest may have been taken when everything was
 * already lost.
 *
 * @param entry the youngest backup that passed a restore test, according to the notes beside the backups; the youngest
 *     of all if none did
 * @param passedOver all backups that are younger, or may be, youngest first
 */
public record RestoreChoice(BackupListing.ListedBackup entry, List<SkippedBackup> passedOver) {

    /**
     * A younger backup that was not chosen.
     *
     * @param why the reason
     * @param isOpen whether it may be complete: it was never tested, or its only fault is that it is not separate from
     *     its source
     */
    public record SkippedBackup(String id, Instant takenAt, String why, boolean isOpen) {}

    public RestoreChoice {
        passedOver = List.copyOf(passedOver);
    }

    /** Returns the backup of {@code listing} to restore; empty if none can be read. */
    public static Optional<RestoreChoice> of(BackupListing listing) {
        return listing.youngestRestored()
                .or(listing::youngest)
                .map(entry -> new RestoreChoice(
                        entry,
                        listing.entries().stream()
                                .filter(other -> isYounger(other, entry))
                                .sorted(Comparator.comparing(BackupListing.ListedBackup::id)
                                        .reversed())
                                .map(other -> new SkippedBackup(other.id(), other.takenAt(), why(other), isOpen(other)))
                                .toList()));
    }

    /** Returns whether {@code other} is younger. If {@code other} cannot be read, the order of the names decides. */
    private static boolean isYounger(BackupListing.ListedBackup other, BackupListing.ListedBackup than) {
        return other.problem().isEmpty()
                ? other.takenAt().isAfter(than.takenAt())
                : other.id().compareTo(than.id()) > 0;
    }

    private static String why(BackupListing.ListedBackup entry) {
        return entry.problem()
                .or(() -> entry.attested()
                        .filter(found -> !found.restored())
                        .map(found -> "its restore test failed: " + String.join("; ", found.faults())))
                .orElse("no restore test of it is recorded");
    }

    private static boolean isOpen(BackupListing.ListedBackup entry) {
        return entry.problem().isEmpty()
                && entry.attested()
                        .filter(found -> !found.failsOnlySeparation())
                        .isEmpty();
    }

    /**
     * Returns the skipped backups for which a person has to decide, youngest first. They may be complete, and the
     * chosen one is older by more than two intervals {@code every}.
     */
    public List<SkippedBackup> openCandidates(Duration every) {
        Instant lost = entry.takenAt().plus(every.multipliedBy(2));
        return passedOver.stream()
                .filter(one -> one.isOpen() && one.takenAt().isAfter(lost))
                .toList();
    }

    /** Returns why nobody may rely on the chosen backup; empty if it passed a restore test. */
    public Optional<String> reliabilityWarning() {
        return entry.isRestored() ? Optional.empty() : Optional.of(why(entry));
    }
}
