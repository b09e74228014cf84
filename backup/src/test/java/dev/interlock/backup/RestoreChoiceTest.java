package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import dev.interlock.testing.TestingAttester;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests which backup is restored if the person does not name one. */
class RestoreChoiceTest {

    private static final Instant TAKEN = Instant.parse("2026-11-20T01:00:00Z");

    /** Returns the backup of day {@code n}. */
    private static BackupListing.ListedBackup entry(
            int n, Optional<BackupAttestation> attested, Optional<String> trouble) {
        Instant takenAt = trouble.isPresent() ? Instant.EPOCH : TAKEN.plus(Duration.ofDays(n));
        return new BackupListing.ListedBackup(TestingAttester.id(n), takenAt, 1000, attested, trouble);
    }

    private static BackupListing.ListedBackup tried(int n, String... wrong) {
        return entry(
                n,
                Optional.of(new BackupAttestation(Json.object()
                        .with("backup", TestingAttester.id(n))
                        .with("restored", wrong.length == 0)
                        .withTexts("wrong", List.of(wrong)))),
                Optional.empty());
    }

    private static BackupListing.ListedBackup untried(int n) {
        return entry(n, Optional.empty(), Optional.empty());
    }

    private static RestoreChoice choice(BackupListing.ListedBackup... entries) {
        return RestoreChoice.of(new BackupListing(List.of(entries))).orElseThrow();
    }

    @Test
    void withoutBackupsNothingIsChosen() {
        assertThat(RestoreChoice.of(new BackupListing(List.of()))).isEmpty();
        BackupListing.ListedBackup rotten = entry(1, Optional.empty(), Optional.of("it cannot be read: rotten"));
        assertThat(RestoreChoice.of(new BackupListing(List.of(rotten)))).isEmpty();
    }

    /** All data was deleted at two, and backed up at three. */
    @Test
    void theNewestRestoredBackupIsChosen() {
        BackupListing.ListedBackup rotten = entry(5, Optional.empty(), Optional.of("it cannot be read: rotten"));
        BackupListing.ListedBackup past = entry(0, Optional.empty(), Optional.of("it cannot be read: rotten"));
        RestoreChoice choice = choice(past, tried(1), tried(2), tried(3, "it is empty", "and old"), untried(4), rotten);
        assertThat(choice.entry().id()).isEqualTo(TestingAttester.id(2));
        assertThat(choice.reliabilityWarning()).isEmpty();
        assertThat(choice.passedOver())
                .extracting(one -> one.id() + " " + one.why())
                .containsExactly(
                        TestingAttester.id(5) + " it cannot be read: rotten",
                        TestingAttester.id(4) + " no restore test of it is recorded",
                        TestingAttester.id(3) + " its restore test failed: it is empty; and old");
    }

    /** No restore test was possible for weeks, so the last tested one may lack much. */
    @Test
    void aPersonChoosesAMuchNewerUntestedBackup() {
        Duration daily = Duration.ofDays(1);
        assertThat(choice(tried(1), untried(2), untried(3), untried(4)).openCandidates(daily))
                .extracting(RestoreChoice.SkippedBackup::id)
                .containsExactly(TestingAttester.id(4));
        assertThat(choice(tried(1), untried(3)).openCandidates(daily))
                .as("two of them")
                .isEmpty();
        assertThat(choice(tried(1), tried(4, "it is empty"), entry(9, Optional.empty(), Optional.of("rotten")))
                        .openCandidates(daily))
                .as("known to be bad")
                .isEmpty();
        assertThat(choice(tried(1), placed(4, "it lies there")).openCandidates(daily))
                .hasSize(1);
        assertThat(choice(tried(1), placed(4, "it is empty", "it lies there")).openCandidates(daily))
                .isEmpty();
        assertThat(choice(untried(1), untried(9)).openCandidates(daily)).isEmpty();
    }

    /** Returns a backup that is not in another failure domain. */
    private static BackupListing.ListedBackup placed(int n, String... wrong) {
        Json.Members word = tried(n, wrong).attested().orElseThrow().json().with("separation", "same");
        return entry(n, Optional.of(new BackupAttestation(word)), Optional.empty());
    }

    @Test
    void theNewestBackupIsChosenIfItWasRestored() {
        RestoreChoice choice = choice(tried(1), tried(2));
        assertThat(choice.entry().id()).isEqualTo(TestingAttester.id(2));
        assertThat(choice.passedOver()).isEmpty();
    }

    /** The notes may have been lost with the machine that took the backups. */
    @Test
    void withoutRestoredBackupsTheNewestIsChosenAndReported() {
        RestoreChoice untried = choice(untried(1), untried(2));
        assertThat(untried.entry().id()).isEqualTo(TestingAttester.id(2));
        assertThat(untried.reliabilityWarning()).contains("no restore test of it is recorded");
        assertThat(untried.passedOver()).isEmpty();
        assertThat(choice(untried(1), tried(2, "it is empty")).reliabilityWarning())
                .contains("its restore test failed: it is empty");
    }
}
