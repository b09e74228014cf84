package dev.interlock.inventory;

import static dev.interlock.inventory.TestingSeal.resource;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.evidence.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class LossDescriptionTest {

    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
    private static final Resource VOLUME = resource("volume", "vol-x");

    private static Backup backup(String id, int days, String domain, Optional<Instant> restored) {
        return new Backup(id, VOLUME, NOW.minus(Duration.ofDays(days)), domain, Provenance.RESOLVED, restored);
    }

    private static String describe(List<Action> actions, boolean known, List<Backup> lost, List<Backup> left) {
        Resource subject = actions.getFirst().resources().iterator().next();
        Placement placement =
                new Placement(subject, Set.of("production", "staging"), Set.of(), Provenance.RESOLVED, known);
        BlastRadius radius = new BlastRadius(placement.environments(), Set.of(VOLUME), lost, left, List.of());
        return LossDescription.describe(actions, Map.of(subject, placement), radius, Set.of("staging"), NOW);
    }

    @Test
    void aSingleBackupIsCalledTheOnlyOne() {
        assertThat(describe(
                        TestActions.destroy("volumeDelete", VOLUME),
                        true,
                        List.of(backup("b", 1, VOLUME.toString(), Optional.empty())),
                        List.of()))
                .isEqualTo("volume vol-x is mounted by staging and production; its only backup lives on it;"
                        + " no other backup is declared");
    }

    @Test
    void unknownFactsAreNotClaimed() {
        assertThat(describe(TestActions.destroy("volumeDelete", VOLUME), false, List.of(), List.of()))
                .isEqualTo("volume vol-x is not fully known and counts as staging and production;"
                        + " no backup is known to be lost with it; no other backup is declared");
    }

    @Test
    void aRestoredBackupIsCalledSo() {
        assertThat(describe(
                        TestActions.destroy("volumeDelete", VOLUME),
                        true,
                        List.of(),
                        List.of(backup("b", 1, "s3:elsewhere", Optional.of(NOW.minus(Duration.ofHours(3)))))))
                .endsWith("youngest other backup found: 24 hours old, restored 3 hours ago");
    }

    /** The signer must know the evidence for the separation. */
    @Test
    void anUnverifiedSeparationIsReported() {
        assertThat(describe(TestActions.destroy("volumeDelete", VOLUME), true, List.of(), List.of(attested("unknown"))))
                .endsWith("attested: 24 hours old, restored 3 hours ago, separate only by the seal's declaration");
        assertThat(describe(TestActions.destroy("volumeDelete", VOLUME), true, List.of(), List.of(attested("apart"))))
                .endsWith("attested: 24 hours old, restored 3 hours ago");
    }

    private static Backup attested(String separation) {
        return attested(Json.object().with("separation", separation));
    }

    private static Backup attested(Json.Members said) {
        Backup found = backup("b", 1, "s3:elsewhere", Optional.of(NOW.minus(Duration.ofHours(3))));
        return new Backup(
                "shop-db/b",
                found.of(),
                found.takenAt(),
                found.domain(),
                Provenance.ATTESTED,
                found.restoredAt(),
                Optional.of(new Backup.Attestation(said, "", Set.of())));
    }

    @Test
    void theLastBackupIsCalledSo() {
        Resource copy = resource("backup", "b");
        assertThat(describe(
                        TestActions.destroy("volumeInstanceBackupDelete", copy),
                        true,
                        List.of(backup("b", 1, VOLUME.toString(), Optional.empty())),
                        List.of()))
                .isEqualTo("backup b belongs to staging and production; 1 backup would be lost, the last one;"
                        + " no other backup is declared");
    }

    /** Railway's API takes the mount beside the backup. The mount stays, and a restore would overwrite it. */
    @Test
    void theLastBackupIsCalledSoAlsoBesideTheMountThatItIsOf() {
        Resource copy = resource("volume-backup", "b");
        Resource mount = resource("volume-instance", "m");
        List<Backup> lost = List.of(backup("b", 1, VOLUME.toString(), Optional.empty()));
        List<Action> actions = TestActions.destroy("volumeInstanceBackupDelete", copy, mount);
        BlastRadius gone = new BlastRadius(Set.of("staging"), Set.of(copy), lost, List.of(), List.of());
        assertThat(LossDescription.describe(actions, Map.of(), gone, Set.of(), NOW))
                .contains("1 backup would be lost, the last one");
        BlastRadius both = new BlastRadius(Set.of("staging"), Set.of(copy, mount), lost, List.of(), List.of());
        assertThat(LossDescription.describe(actions, Map.of(), both, Set.of(), NOW))
                .contains("its only backup lives on them");
    }

    @Test
    void harmlessWorkMentionsNoBackups() {
        assertThat(describe(TestActions.write("volumeUpdate", VOLUME), true, List.of(), List.of()))
                .isEqualTo("volume vol-x is mounted by staging and production");
    }
}
