package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.RestoreAttestation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests complete backups that have less than half of the earlier data. */
@Tag("process")
class ShrinkCheckTest {

    private static final Instant NOW = Instant.parse("2026-11-20T01:00:00Z");

    @TempDir
    private Path directory;

    private static Amount.Files files(long files, long bytes) {
        return new Amount.Files(files, bytes);
    }

    @Test
    void lessThanHalfTheContentIsAShrink() {
        assertThat(files(5, 50).isLessThanHalfOf(files(10, 100))).isFalse();
        assertThat(files(4, 50).isLessThanHalfOf(files(10, 100))).isTrue();
        assertThat(files(5, 49).isLessThanHalfOf(files(10, 100))).isTrue();
        assertThat(files(1, 0).isLessThanHalfOf(files(1, 1))).isTrue();
        assertThat(files(20, 200).isLessThanHalfOf(files(10, 100))).isFalse();
        assertThat(files(1, 1).isLessThanHalfOf(files(Long.MAX_VALUE, 1))).isTrue();
        assertThat(new Amount.Rows(9, 49).isLessThanHalfOf(new Amount.Rows(9, 100)))
                .isTrue();
        assertThat(new Amount.Rows(1, 50).isLessThanHalfOf(new Amount.Rows(9, 100)))
                .isFalse();
        assertThat(new Amount.Parts(1, 49).isLessThanHalfOf(new Amount.Parts(1, 100)))
                .isTrue();
    }

    /** The plan has another source now. */
    @Test
    void whatIsCountedInSomethingElseIsNone() {
        assertThat(files(1, 1).isLessThanHalfOf(new Amount.Rows(9, 100))).isFalse();
        assertThat(new Amount.Rows(1, 1).isLessThanHalfOf(files(9, 100))).isFalse();
        assertThat(new Amount.Rows(1, 1).most(files(9, 100))).isEqualTo(new Amount.Rows(1, 1));
    }

    private static BackupListing.ListedBackup entry(int daysAgo, boolean restored, Json.Members amount) {
        String id = "d" + daysAgo;
        return new BackupListing.ListedBackup(
                id,
                NOW.minus(Duration.ofDays(daysAgo)),
                1000,
                Optional.of(new BackupAttestation(amount.with("backup", id).with("restored", restored))),
                Optional.empty());
    }

    /** Returns one backup with a restore test for each day until today, with these numbers of rows. */
    private static BackupListing days(int... rows) {
        List<BackupListing.ListedBackup> entries = new ArrayList<>();
        for (int day = 0; day < rows.length; day++) {
            entries.add(entry(rows.length - day, true, new Amount.Rows(1, rows[day]).on(Json.object())));
        }
        return new BackupListing(entries);
    }

    private static List<String> spared(BackupListing listing) {
        return List.copyOf(ShrinkCheck.protectedBackups(listing, Duration.ofDays(1), NOW));
    }

    @Test
    void theLastBackupBeforeAShrinkIsKept() {
        assertThat(spared(days(100, 100, 90, 40, 40))).containsExactly("d3");
        assertThat(spared(days(100, 100, 90, 50, 50))).isEmpty();
        assertThat(spared(days(100, 10, 100, 90))).as("what has come back").isEmpty();
        assertThat(spared(days())).isEmpty();
    }

    /** Small steps add up, and each halving is reported once. */
    @Test
    void manyStepsAreFallsAsWell() {
        assertThat(spared(days(100, 100, 40, 40, 16))).containsExactly("d2", "d4");
        assertThat(spared(days(100, 80, 64, 51, 41, 33, 26))).containsExactly("d5");
        assertThat(spared(days(100, 1, 100, 1, 100, 1))).containsExactly("d2");
    }

    @Test
    void anUnrestoredBackupIsNoReference() {
        Json.Members many = new Amount.Rows(1, 100).on(Json.object());
        Json.Members few = new Amount.Rows(1, 10).on(Json.object());
        assertThat(spared(new BackupListing(List.of(entry(3, false, many), entry(2, true, few)))))
                .isEmpty();
        assertThat(spared(new BackupListing(List.of(entry(3, true, many), entry(2, false, few)))))
                .isEmpty();
        assertThat(spared(new BackupListing(List.of(entry(3, true, Json.object()), entry(2, true, few)))))
                .as("a note without numbers")
                .isEmpty();
    }

    /** After an intended cleanup it is not stored for ever. */
    @Test
    void itIsSparedForAWhile() {
        Json.Members many = new Amount.Rows(1, 100).on(Json.object());
        Json.Members few = new Amount.Rows(1, 10).on(Json.object());
        assertThat(spared(new BackupListing(List.of(entry(89, true, many), entry(2, true, few)))))
                .containsExactly("d89");
        assertThat(spared(new BackupListing(List.of(entry(90, true, many), entry(2, true, few)))))
                .isEmpty();
    }

    /** People who take few backups check seldom. */
    @Test
    void whereFewAreTakenItIsSparedForLonger() {
        Json.Members many = new Amount.Rows(1, 100).on(Json.object());
        Json.Members few = new Amount.Rows(1, 10).on(Json.object());
        BackupListing quarters = new BackupListing(List.of(entry(180, true, many), entry(90, true, few)));
        assertThat(ShrinkCheck.protectedBackups(quarters, Duration.ofDays(90), NOW))
                .containsExactly("d180");
        BackupListing years = new BackupListing(List.of(entry(360, true, many), entry(90, true, few)));
        assertThat(ShrinkCheck.protectedBackups(years, Duration.ofDays(90), NOW))
                .isEmpty();
    }

    /** It may be a mistake in the plan that nobody noticed although it was reported. */
    @Test
    void theLastOfAnotherSourceIsSpared() {
        Json.Members rows = new Amount.Rows(1, 100).on(Json.object());
        Json.Members here = RestoreAttestation.withOrigin(rows, "a");
        Json.Members there = RestoreAttestation.withOrigin(rows, "b");
        BackupListing.ListedBackup last = entry(4, true, here);
        assertThat(spared(new BackupListing(
                        List.of(entry(5, true, here), last, entry(3, true, there), entry(2, true, there)))))
                .containsExactly("d4");
        assertThat(spared(new BackupListing(List.of(entry(90, true, here), entry(2, true, there)))))
                .as("for a while")
                .isEmpty();
        assertThat(spared(new BackupListing(List.of(entry(5, true, rows), entry(2, true, there)))))
                .as("a note from before")
                .isEmpty();
        assertThat(spared(new BackupListing(List.of(last, entry(2, true, rows)))))
                .isEmpty();
    }

    /** Somebody has nearly emptied a directory, and the rules would remove all older backups within a week. */
    @Test
    void retentionKeepsTheLastBackupBeforeAShrink() throws IOException {
        try (BackupFixture shelf = new BackupFixture(directory)) {
            Path tree = Files.createDirectory(directory.resolve("tree"));
            Files.writeString(tree.resolve("kept"), "kept");
            Files.writeString(tree.resolve("large"), "x".repeat(1000));
            BackupPlanConfig usual = shelf.plan(new BackupSource.Directory(tree, Optional.empty()));
            BackupPlanConfig plan = new BackupPlanConfig(
                    usual.name(),
                    usual.of(),
                    usual.source(),
                    usual.target(),
                    usual.every(),
                    new Retention(1, 0),
                    Optional.empty());
            Instant now = Instant.now();
            String first = shelf.takeAt(plan, now.minus(Duration.ofDays(5)));
            String full = shelf.takeAt(plan, now.minus(Duration.ofDays(4)));
            shelf.verifyAndNote(plan, first);
            shelf.verifyAndNote(plan, full);
            Files.delete(tree.resolve("large"));
            String fallen = shelf.takeAt(plan, now.minus(Duration.ofDays(3)));
            shelf.verifyAndNote(plan, fallen);
            BackupRun.BackupResult young = shelf.take(plan, (_, _) -> {});
            shelf.verifyAndNote(plan, young.id());

            BackupRun.PruneResult pruned = shelf.prune(plan);
            assertThat(pruned.removed()).containsExactly(first, fallen);
            assertThat(pruned.spared()).containsExactly(full);
            assertThat(shelf.shelf(plan).ids()).containsExactly(full, young.id());
        }
    }
}
