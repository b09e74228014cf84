package dev.interlock.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A job that is due for a plan. It is computed from the target's contents and the gateway's beliefs. So a process that
 * was ended in any way continues where it stopped.
 *
 * @param at the due time; in the past if it is overdue
 * @param backup the backup to test
 */
public record DueJob(JobKind work, Instant at, Optional<String> backup) {

    /** Validity of a restore test. Disks rot and a machine's programs change, so backups are tested again. */
    private static final Duration TRIED_FOR = Duration.ofHours(24);

    /** Due before everything else, because the gateway's belief about the backup is wrong. */
    private static final Instant AT_ONCE = Instant.MIN;

    /** The kind of a job. Jobs of different kinds run in parallel. */
    public enum JobKind {
        TAKE,
        /** Tests the youngest readable backup and the one that the gateway counts on. */
        VERIFY
    }

    /**
     * Returns the jobs for {@code plan}, the earliest first. A backup that cannot be tested here does not delay the
     * next one. A plan without any backup is due since the epoch.
     */
    public static List<DueJob> of(BackupPlanConfig plan, BackupListing listing, BackupStatus standing) {
        Optional<BackupListing.ListedBackup> youngest = listing.youngest();
        DueJob take = new DueJob(
                JobKind.TAKE,
                youngest.map(entry -> entry.takenAt().plus(plan.every())).orElse(Instant.EPOCH),
                Optional.empty());
        Stream<DueJob> verify = Stream.concat(
                        listing.entries().stream().filter(entry -> standing.counts(entry.id())), youngest.stream())
                .distinct()
                .map(entry -> verify(plan, entry, standing));
        return Stream.concat(verify, Stream.of(take))
                .sorted(Comparator.comparing(DueJob::at))
                .toList();
    }

    /**
     * Returns the test that is due for a backup. It is due at once if the gateway's belief is out of date. That is so
     * if a counted backup became unreadable, or a bad one is back or readable again, as with the right key: only a test
     * can show whether it is complete. It is also so if the last test was on another target, because its separation
     * there is unknown.
     */
    private static DueJob verify(BackupPlanConfig plan, BackupListing.ListedBackup entry, BackupStatus standing) {
        boolean isMoved =
                entry.attested().filter(found -> found.isOfAnotherTarget(plan)).isPresent();
        Instant at = entry.problem().isPresent() || standing.hasStaleFailure(entry) || wasUnreadable(entry) || isMoved
                ? AT_ONCE
                : entry.attested().map(found -> found.triedAt().plus(TRIED_FOR)).orElse(entry.takenAt());
        return new DueJob(JobKind.VERIFY, at, Optional.of(entry.id()));
    }

    private static boolean wasUnreadable(BackupListing.ListedBackup entry) {
        return entry.attested().filter(BackupAttestation::isOfNoManifest).isPresent();
    }

    /** Returns whether it is due before everything else. */
    boolean isAtOnce() {
        return at.equals(AT_ONCE);
    }
}
