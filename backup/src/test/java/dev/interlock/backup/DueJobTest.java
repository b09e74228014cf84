package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Resource;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.place.BackupTarget;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.evidence.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DueJobTest {

    private static final Instant TAKEN = Instant.parse("2026-11-20T01:00:00Z");

    private static BackupPlanConfig every(Duration every) {
        BackupSource.Database source = new BackupSource.Database(
                "shop",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        return new BackupPlanConfig(
                "shop-db",
                Resource.parse("railway:volume/v1"),
                new BackupSource.Postgres(source, DumpFormat.CUSTOM, 1),
                new BackupTarget.Directory(Path.of("/mnt/offsite"), Optional.empty()),
                every,
                Retention.USUAL,
                Optional.empty());
    }

    private static BackupListing.ListedBackup entry(String id, Instant takenAt, Optional<Instant> triedAt) {
        return new BackupListing.ListedBackup(
                id,
                takenAt,
                1000,
                triedAt.map(at -> new BackupAttestation(Json.object()
                        .with("backup", id)
                        .with("tried_at", at.toString())
                        .with("restored", true))),
                Optional.empty());
    }

    private static DueJob first(Duration every, BackupListing.ListedBackup... entries) {
        return DueJob.of(every(every), new BackupListing(List.of(entries)), BackupStatus.UNKNOWN)
                .getFirst();
    }

    @Test
    void withoutBackupsOneIsTakenAtOnce() {
        assertThat(first(Duration.ofHours(24)))
                .isEqualTo(new DueJob(DueJob.JobKind.TAKE, Instant.EPOCH, Optional.empty()));
    }

    @Test
    void anUntestedBackupIsTestedAtOnce() {
        assertThat(first(Duration.ofHours(24), entry("b1", TAKEN, Optional.empty())))
                .isEqualTo(new DueJob(DueJob.JobKind.VERIFY, TAKEN, Optional.of("b1")));
    }

    /** A machine that cannot test it, perhaps for lack of space, still takes the next one. */
    @Test
    void anUntestedBackupDelaysNoNewOne() {
        assertThat(DueJob.of(
                        every(Duration.ofHours(6)),
                        new BackupListing(List.of(entry("b1", TAKEN, Optional.empty()))),
                        BackupStatus.UNKNOWN))
                .containsExactly(
                        new DueJob(DueJob.JobKind.VERIFY, TAKEN, Optional.of("b1")),
                        new DueJob(DueJob.JobKind.TAKE, TAKEN.plus(Duration.ofHours(6)), Optional.empty()));
    }

    @Test
    void theNextBackupIsTakenOnSchedule() {
        assertThat(first(Duration.ofHours(6), entry("b1", TAKEN, Optional.of(TAKEN.plusSeconds(60)))))
                .isEqualTo(new DueJob(DueJob.JobKind.TAKE, TAKEN.plus(Duration.ofHours(6)), Optional.empty()));
    }

    /** Disks rot: a weekly backup is tested every day. */
    @Test
    void aTestedBackupIsRetestedAfterADay() {
        Instant tried = TAKEN.plusSeconds(60);
        assertThat(first(Duration.ofDays(7), entry("b1", TAKEN, Optional.of(tried))))
                .isEqualTo(new DueJob(DueJob.JobKind.VERIFY, tried.plus(Duration.ofHours(24)), Optional.of("b1")));
    }

    @Test
    void theNewestReadableBackupCounts() {
        BackupListing.ListedBackup unreadable = new BackupListing.ListedBackup(
                "b3", Instant.EPOCH, 0, Optional.empty(), Optional.of("written with another key"));
        assertThat(first(
                        Duration.ofHours(6),
                        entry("b1", TAKEN.minus(Duration.ofHours(6)), Optional.empty()),
                        entry("b2", TAKEN, Optional.empty()),
                        unreadable))
                .isEqualTo(new DueJob(DueJob.JobKind.VERIFY, TAKEN, Optional.of("b2")));
    }

    private static BackupStatus counting(String id) {
        return new BackupStatus(Optional.of(id), Set.of(), Map.of());
    }

    private static List<DueJob> trials(BackupStatus standing, BackupListing.ListedBackup... entries) {
        return DueJob.of(every(Duration.ofDays(7)), new BackupListing(List.of(entries)), standing).stream()
                .filter(due -> due.work() == DueJob.JobKind.VERIFY)
                .toList();
    }

    /** A destructive call may depend on it until the gateway learns that it cannot be read. */
    @Test
    void theOneThatCountsIsTriedAtOnceWhereItCannotBeRead() {
        BackupListing.ListedBackup rotten = new BackupListing.ListedBackup(
                "b2",
                Instant.EPOCH,
                0,
                entry("b2", TAKEN, Optional.of(TAKEN)).attested(),
                Optional.of("altered, truncated, or written with another key"));
        BackupListing.ListedBackup older = entry("b1", TAKEN, Optional.empty());
        assertThat(trials(counting("b2"), older, rotten))
                .satisfiesExactly(
                        first -> {
                            assertThat(first.isAtOnce()).isTrue();
                            assertThat(first.backup()).contains("b2");
                        },
                        second -> assertThat(second)
                                .isEqualTo(new DueJob(DueJob.JobKind.VERIFY, TAKEN, Optional.of("b1"))));
        assertThat(trials(counting("b2"), rotten))
                .as("where no other can be read")
                .singleElement()
                .satisfies(only -> assertThat(only.isAtOnce()).isTrue());
        assertThat(trials(counting("b1"), older, rotten))
                .as("nothing rests on it")
                .singleElement()
                .satisfies(only -> assertThat(only.backup()).contains("b1"));
    }

    /** It may rot even while younger ones fail each day. */
    @Test
    void theOneThatCountsIsTriedEachDayWhateverCameAfterIt() {
        Instant tried = TAKEN.plusSeconds(60);
        Instant younger = TAKEN.plus(Duration.ofHours(20));
        assertThat(trials(
                        counting("b1"),
                        entry("b1", TAKEN, Optional.of(tried)),
                        entry("b2", younger, Optional.of(younger.plusSeconds(60)))))
                .containsExactly(
                        new DueJob(DueJob.JobKind.VERIFY, tried.plus(Duration.ofHours(24)), Optional.of("b1")),
                        new DueJob(
                                DueJob.JobKind.VERIFY,
                                younger.plusSeconds(60).plus(Duration.ofHours(24)),
                                Optional.of("b2")));
    }

    /** The earlier test may have used another machine's key. */
    @Test
    void whatCouldNotBeReadAndNowCanIsTriedAtOnce() {
        Instant tried = TAKEN.plusSeconds(60);
        BackupAttestation unreadable =
                BackupAttestation.unreadable(every(Duration.ofDays(7)), "b1", tried, "written with another key");
        BackupListing.ListedBackup entry =
                new BackupListing.ListedBackup("b1", TAKEN, 1000, Optional.of(unreadable), Optional.empty());
        assertThat(trials(BackupStatus.UNKNOWN, entry))
                .singleElement()
                .satisfies(due -> assertThat(due.isAtOnce()).isTrue());
        BackupAttestation bad = new BackupAttestation(unreadable.json().with("taken_at", TAKEN.toString()));
        assertThat(trials(
                        BackupStatus.UNKNOWN,
                        new BackupListing.ListedBackup("b1", TAKEN, 1000, Optional.of(bad), Optional.empty())))
                .containsExactly(
                        new DueJob(DueJob.JobKind.VERIFY, tried.plus(Duration.ofHours(24)), Optional.of("b1")));
    }

    /** The last note is good, and the gateway has a later failure: the backup was away. */
    @Test
    void whatIsThereAgainIsTriedAtOnce() {
        Instant tried = TAKEN.plusSeconds(60);
        BackupListing.ListedBackup entry = entry("b1", TAKEN, Optional.of(tried));
        BackupStatus gone = new BackupStatus(Optional.empty(), Set.of("b1"), Map.of("b1", tried.plusSeconds(1)));
        assertThat(trials(gone, entry))
                .singleElement()
                .satisfies(due -> assertThat(due.isAtOnce()).isTrue());
        BackupStatus deaf = new BackupStatus(Optional.empty(), Set.of("b1"), Map.of("b1", tried.minusSeconds(1)));
        assertThat(trials(deaf, entry))
                .as("it was tried since, and the gateway has not heard: that is handed in")
                .containsExactly(
                        new DueJob(DueJob.JobKind.VERIFY, tried.plus(Duration.ofHours(24)), Optional.of("b1")));
    }
}
