package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.TestingAttester;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttestationRegistryTest {

    private static final Resource VOLUME = Resource.parse("railway:volume/v1");
    private static final Instant NOW = Fixtures.NOW;

    @TempDir
    Path directory;

    private final TestingAttester ours = new TestingAttester(VOLUME);
    private Seal seal = Fixtures.seal().with(parts -> parts.backups = ours.plans());
    private AttestationRegistry attestations;

    @BeforeEach
    void open() throws IOException {
        attestations = AttestationRegistry.open(directory.resolve("attestations"));
    }

    private static Instant hoursAgo(int hours) {
        return NOW.minus(Duration.ofHours(hours));
    }

    private void handIn(Json.Members said) throws IOException {
        attestations.require(seal, said, ours.sign(said), NOW);
        attestations.keep(seal, said, ours.sign(said));
    }

    private List<String> survivors() {
        return attestations.countedBackups(seal).stream().map(Backup::id).toList();
    }

    @Test
    void whatAKeyOfTheSealSaysIsASurvivor() throws IOException {
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(4)));
        assertThat(attestations.countedBackups(seal)).singleElement().satisfies(backup -> {
            assertThat(backup.id()).isEqualTo("shop-db/20261120T000000Z-0000b1");
            assertThat(backup.of()).isEqualTo(VOLUME);
            assertThat(backup.takenAt()).isEqualTo(hoursAgo(5));
            assertThat(backup.restoredAt()).contains(hoursAgo(4));
            assertThat(backup.domain()).isEqualTo(TestingAttester.DOMAIN);
            assertThat(backup.provenance()).isEqualTo(Provenance.ATTESTED);
        });
    }

    @Test
    void theYoungestThatIsWholeCounts() throws IOException {
        handIn(ours.says("20261120T000000Z-0000b2", hoursAgo(5), hoursAgo(4)));
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(30), hoursAgo(3)));
        handIn(ours.says("20261120T000000Z-0000b3", hoursAgo(2), hoursAgo(1), "it cannot be restored: it is cut off"));
        assertThat(survivors()).containsExactly("shop-db/20261120T000000Z-0000b2");
    }

    /** Disks rot: the last attestation of a backup counts. */
    @Test
    void whatWentBadSinceIsNone() throws IOException {
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(4)));
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(2), "its dump was altered"));
        assertThat(survivors()).isEmpty();
    }

    @Test
    void anOlderWordDoesNotComeBack() throws IOException {
        Json.Members good = ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(4));
        handIn(good);
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(2), "its dump was altered"));
        assertThatThrownBy(() -> handIn(good)).hasMessageContaining("was verified since");
        assertThat(survivors()).isEmpty();
    }

    /** It may be gone, and nobody knows. */
    @Test
    void whatCannotBeLookedAtDoesNotCountUntilItIs() throws IOException {
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(4)));
        assertThat(survivors()).hasSize(1);
        attestations.recordTargetCheck(TestingAttester.PLAN, false, hoursAgo(3));
        attestations.recordTargetCheck(TestingAttester.PLAN, false, hoursAgo(2));
        assertThat(survivors()).isEmpty();
        assertThat(attestations.countedBackups(seal, hoursAgo(3))).isEmpty();
        assertThat(attestations.countedBackups(seal, hoursAgo(4))).hasSize(1);
        assertThat(attestations.failed(seal).get(VOLUME))
                .singleElement()
                .asString()
                .contains("`shop-db`", "since " + hoursAgo(3));
        Json.Members standing = attestations.standing(seal).object(TestingAttester.PLAN);
        assertThat(standing.text("counted")).as("what is to be looked for").isEqualTo("20261120T000000Z-0000b1");
        assertThat(BackupStatus.of(standing).isUnchecked()).isTrue();

        open();
        assertThat(survivors()).as("over a restart").isEmpty();
        attestations.recordTargetCheck(TestingAttester.PLAN, true, hoursAgo(1));
        assertThat(survivors()).hasSize(1);
        open();
        assertThat(survivors()).hasSize(1);
        assertThat(attestations.failed(seal)).isEmpty();
        assertThat(BackupStatus.of(attestations.standing(seal).object(TestingAttester.PLAN))
                        .isUnchecked())
                .isFalse();
    }

    /** A restore has read all of it. A late attestation is about an earlier time. */
    @Test
    void whatIsRestoredSinceWasLookedAt() throws IOException {
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(9), hoursAgo(8)));
        attestations.recordTargetCheck(TestingAttester.PLAN, false, hoursAgo(3));
        handIn(ours.says("20261120T000000Z-0000b2", hoursAgo(5), hoursAgo(4)));
        handIn(ours.says("20261120T000000Z-0000b3", hoursAgo(5), hoursAgo(2), "it does not restore"));
        assertThat(survivors()).isEmpty();
        handIn(ours.says("20261120T000000Z-0000b2", hoursAgo(5), hoursAgo(1)));
        assertThat(survivors()).containsExactly("shop-db/20261120T000000Z-0000b2");
    }

    /**
     * A restore of an older backup, which is usual when a target is in trouble, says nothing about the one that counts.
     */
    @Test
    void thatAnotherOneIsRestoredSaysNothingOfTheOneThatCounts() throws IOException {
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(30), hoursAgo(29)));
        handIn(ours.says("20261120T000000Z-0000b2", hoursAgo(9), hoursAgo(8)));
        attestations.recordTargetCheck(TestingAttester.PLAN, false, hoursAgo(3));
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(30), hoursAgo(1)));
        assertThat(survivors()).isEmpty();
        open();
        assertThat(survivors()).isEmpty();
        handIn(ours.says("20261120T000000Z-0000b2", hoursAgo(9), minutesAgo(1), "it is no longer on its target"));
        assertThat(survivors())
                .as("the other one was read since, but before this was known")
                .isEmpty();
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(30), minutesAgo(0)));
        assertThat(survivors()).containsExactly("shop-db/20261120T000000Z-0000b1");
    }

    /** A restore test of hours has read the backup before its end; and clocks differ by a minute. */
    @Test
    void whatIsRestoredSinceWasReadSince() throws IOException {
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(9), hoursAgo(8)));
        attestations.recordTargetCheck(TestingAttester.PLAN, false, hoursAgo(3));
        long twoHours = Duration.ofHours(2).toSeconds();
        handIn(restored(60, twoHours));
        assertThat(survivors()).as("it began when nobody could look").isEmpty();
        handIn(restored(59, twoHours));
        assertThat(survivors()).as("within what clocks may differ by").isEmpty();
        handIn(restored(58, 1L << 52));
        assertThat(survivors()).isEmpty();
        handIn(restored(57, twoHours));
        assertThat(survivors()).hasSize(1);
    }

    private Json.Members restored(int minutesAgo, long tookSeconds) {
        return ours.says("20261120T000000Z-0000b1", hoursAgo(9), minutesAgo(minutesAgo))
                .with("took_seconds", tookSeconds);
    }

    /** Half a file counts as unchecked since an unknown time, so that no attestation is later. */
    @Test
    void whatCannotBeReadStays() throws IOException {
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(4)));
        attestations.recordTargetCheck(TestingAttester.PLAN, false, hoursAgo(3));
        Files.writeString(directory.resolve("attestations/shop-db.unlooked"), "");
        open();
        assertThat(survivors()).isEmpty();
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(1)));
        assertThat(survivors()).isEmpty();
        attestations.recordTargetCheck(TestingAttester.PLAN, true, hoursAgo(0));
        assertThat(survivors()).hasSize(1);
    }

    private static Json.Members of(String source, Json.Members said) {
        return said.with("origin_sha256", source.repeat(64));
    }

    private Optional<String> moved() {
        return attestations.describeSourceChange(seal, TestingAttester.PLAN, Instant.MAX);
    }

    /** With a staging host in the plan, staging's data would be saved under production's name. */
    @Test
    void thatTheNextOneIsOfAnotherSourceIsSeen() throws IOException {
        handIn(of("a", ours.says("20261120T000000Z-0000b2", hoursAgo(8), hoursAgo(8))));
        handIn(of("a", ours.says("20261120T000000Z-0000b3", hoursAgo(7), hoursAgo(7))));
        assertThat(moved()).isEmpty();
        handIn(of("b", ours.says("20261120T000000Z-0000b4", hoursAgo(6), hoursAgo(6), "it does not restore")));
        assertThat(moved()).as("it counts for nothing").isEmpty();
        handIn(of("b", ours.says("20261120T000000Z-0000b5", hoursAgo(5), hoursAgo(5))));
        assertThat(moved())
                .contains("`shop-db/20261120T000000Z-0000b5` has another source than "
                        + "`shop-db/20261120T000000Z-0000b3` before it");
        assertThat(survivors())
                .as("who tries backups vouches for it")
                .containsExactly("shop-db/20261120T000000Z-0000b5");
        assertThat(attestations.describeSourceChange(seal, TestingAttester.PLAN, hoursAgo(6)))
                .isEmpty();
        handIn(of("b", ours.says("20261120T000000Z-0000b6", hoursAgo(4), hoursAgo(4))));
        assertThat(moved()).isEmpty();
    }

    /** The seal's {@code domain} says where the target is; people can see that it is elsewhere now. */
    @Test
    void thatTheNextOneLiesOnAnotherTargetIsSeen() throws IOException {
        handIn(of("a", ours.says("20261120T000000Z-0000b1", hoursAgo(9), hoursAgo(9)))
                .with("target_sha256", "a".repeat(64)));
        assertThat(moved()).isEmpty();
        handIn(of("a", ours.says("20261120T000000Z-0000b2", hoursAgo(8), hoursAgo(8)))
                .with("target_sha256", "b".repeat(64)));
        assertThat(moved())
                .contains("`shop-db/20261120T000000Z-0000b2` has another target than "
                        + "`shop-db/20261120T000000Z-0000b1` before it");
        handIn(of("a", ours.says("20261120T000000Z-0000b3", hoursAgo(7), hoursAgo(7)))
                .with("target_sha256", "b".repeat(64)));
        assertThat(moved()).isEmpty();
        handIn(of("b", ours.says("20261120T000000Z-0000b4", hoursAgo(6), hoursAgo(6)))
                .with("target_sha256", "c".repeat(64)));
        assertThat(moved())
                .contains("`shop-db/20261120T000000Z-0000b4` has another source and another "
                        + "target than `shop-db/20261120T000000Z-0000b3` before it");
    }

    private void handInBadOnes(int first, int last) throws IOException {
        for (int i = first; i <= last; i++) {
            handIn(ours.says(
                    "20261120T000001Z-%06x".formatted(i),
                    minutesAgo(1001 - i),
                    minutesAgo(1000 - i),
                    "it does not restore"));
        }
    }

    private static Instant minutesAgo(int minutes) {
        return NOW.minus(Duration.ofMinutes(minutes));
    }

    /** A machine that can test nothing any more signs a failure each hour. */
    @Test
    void badWordsPushOutNoGoodOne() throws IOException {
        handIn(ours.says("20261120T000000Z-0000b0", minutesAgo(1010), minutesAgo(1009)));
        handIn(ours.says("20261120T000000Z-0000b1", minutesAgo(1008), minutesAgo(1007)));
        handInBadOnes(1, 20);
        assertThat(survivors()).containsExactly("shop-db/20261120T000000Z-0000b1");
        assertThat(attestations.tried(TestingAttester.PLAN)).as("all others go").hasSize(16);
        open();
        assertThat(survivors()).containsExactly("shop-db/20261120T000000Z-0000b1");
        handIn(ours.says("20261120T000000Z-0000b2", minutesAgo(2), minutesAgo(1)));
        handIn(ours.says("20261120T000000Z-000bad", minutesAgo(2), minutesAgo(0), "it does not restore"));
        assertThat(survivors()).containsExactly("shop-db/20261120T000000Z-0000b2");
        assertThat(attestations.tried(TestingAttester.PLAN))
                .extracting(said -> said.text("backup"))
                .doesNotContain("20261120T000000Z-0000b1");
    }

    /** Storing a good attestation longer must not revive one whose backup went bad since. */
    @Test
    void anOlderWordDoesNotComeBackWhenTheYoungerOneIsForgotten() throws IOException {
        Json.Members good = ours.says("20261120T000000Z-0000b1", minutesAgo(1010), minutesAgo(1009));
        handIn(good);
        handIn(ours.says("20261120T000000Z-0000b1", minutesAgo(1010), minutesAgo(1008), "its dump was altered"));
        handInBadOnes(1, 16);
        handIn(good);
        assertThat(survivors()).isEmpty();
        handInBadOnes(17, 20);
        assertThat(survivors()).isEmpty();
    }

    @Test
    void anotherKeySaysNothing() {
        TestingAttester other = new TestingAttester(VOLUME);
        Json.Members said = other.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(4));
        assertThatThrownBy(() -> attestations.require(seal, said, other.sign(said), NOW))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not a key that the seal names");
    }

    @Test
    void aWordAboutTheFutureIsNotTaken() {
        Json.Members said = ours.says("20261120T000000Z-0000b1", hoursAgo(5), NOW.plus(Duration.ofHours(1)));
        assertThatThrownBy(() -> attestations.require(seal, said, ours.sign(said), NOW))
                .hasMessageContaining("in the future");
    }

    /** The status explains why no backup counts, as long as the last attestation is a failure. */
    @Test
    void whatCameToNothingIsTold() throws IOException {
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(4)));
        assertThat(attestations.failed(seal)).isEmpty();
        handIn(ours.says(
                "20261120T000000Z-0000b2", hoursAgo(3), hoursAgo(2), "rows of `public.people` are wrong: (1, Bob)"));
        assertThat(attestations.failed(seal).get(VOLUME))
                .as("agents are told it, and no rows")
                .containsExactly("`shop-db/20261120T000000Z-0000b2` failed its restore test.");
        assertThat(attestations.standing(seal).object("shop-db"))
                .isEqualTo(Json.object()
                        .with("counted", "20261120T000000Z-0000b1")
                        .withTexts("failed", List.of("20261120T000000Z-0000b2"))
                        .with(
                                "tried",
                                Json.object()
                                        .with(
                                                "20261120T000000Z-0000b1",
                                                hoursAgo(4).toString())
                                        .with(
                                                "20261120T000000Z-0000b2",
                                                hoursAgo(2).toString())));
        handIn(ours.says("20261120T000000Z-0000b3", hoursAgo(2), hoursAgo(1)));
        assertThat(attestations.failed(seal)).isEmpty();
    }

    @Test
    void itIsKnownAfterARestart() throws IOException {
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(4)));
        open();
        assertThat(survivors()).containsExactly("shop-db/20261120T000000Z-0000b1");
    }

    /** A user who can write to the data directory cannot sign. */
    @Test
    void filesAreNotBelieved() throws IOException {
        TestingAttester other = new TestingAttester(VOLUME);
        Json.Members said = other.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(4));
        attestations.keep(seal, said, other.sign(said));
        open();
        assertThat(survivors()).isEmpty();
        Files.writeString(directory.resolve("attestations").resolve("shop-db.json"), "{");
        open();
        assertThat(survivors()).isEmpty();
    }

    @Test
    void aSealThatNamesAnotherKeyEndsIt() throws IOException {
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(4)));
        assertThat(survivors()).hasSize(1);
        BackupPlans others = new TestingAttester(VOLUME).plans();
        seal = seal.with(parts -> {
            parts.id = "5ea2";
            parts.backups = others;
        });
        assertThat(survivors()).isEmpty();
    }

    /** A sender can ask which attestations would be new. */
    @Test
    void whatHasNotBeenHeardIsNews() throws IOException {
        Json.Members first = ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(4));
        handIn(first);
        BackupStatus standing = BackupStatus.of(attestations.standing(seal).object("shop-db"));
        assertThat(standing.counted()).contains("20261120T000000Z-0000b1");
        assertThat(standing.isNews(new BackupAttestation(first))).isFalse();
        assertThat(standing.isNews(
                        new BackupAttestation(ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(6)))))
                .as("an older one")
                .isFalse();
        assertThat(standing.isNews(new BackupAttestation(
                        ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(3), "it rotted"))))
                .isTrue();
        assertThat(standing.isNews(
                        new BackupAttestation(ours.says("20261120T000000Z-0000b2", hoursAgo(5), hoursAgo(4)))))
                .isTrue();
    }

    /** The disk is full. An attestation that could not be stored is accepted again, and no other known one. */
    @Test
    void whatCouldNotBeWrittenIsTakenAgain() throws IOException {
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(4)));
        Path inTheWay = Files.createDirectories(directory.resolve("attestations/shop-db.json.new/full"));
        Json.Members bad = ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(2), "it rotted");
        assertThat(attestations.require(seal, bad, ours.sign(bad), NOW)).isTrue();
        assertThatThrownBy(() -> attestations.keep(seal, bad, ours.sign(bad))).isInstanceOf(IOException.class);
        assertThat(survivors()).isEmpty();
        Json.Members older = ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(3));
        assertThatThrownBy(() -> attestations.require(seal, older, ours.sign(older), NOW))
                .hasMessageContaining("was verified since");
        BackupStatus standing = standing();
        assertThat(standing.isNews(new BackupAttestation(bad))).isTrue();
        assertThat(standing.isNews(new BackupAttestation(older))).isFalse();

        Files.delete(inTheWay);
        assertThat(attestations.require(seal, bad, ours.sign(bad), NOW)).isFalse();
        attestations.keep(seal, bad, ours.sign(bad));
        assertThatThrownBy(() -> attestations.require(seal, bad, ours.sign(bad), NOW))
                .hasMessageContaining("is known already");
        assertThat(standing().isNews(new BackupAttestation(bad))).isFalse();
        open();
        assertThat(survivors()).as("over a restart").isEmpty();
        assertThat(standing().isNews(new BackupAttestation(bad))).isFalse();
    }

    /** Nobody delivers again an attestation of a backup that is gone, or not the youngest. */
    @Test
    void whatCouldNotBeWrittenIsWrittenOnceThereIsRoom() throws IOException {
        handIn(ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(4)));
        Path inTheWay = Files.createDirectories(directory.resolve("attestations/shop-db.json.new/full"));
        Json.Members bad = ours.says("20261120T000000Z-0000b1", hoursAgo(5), hoursAgo(2), "it rotted");
        assertThatThrownBy(() -> attestations.keep(seal, bad, ours.sign(bad))).isInstanceOf(IOException.class);
        assertThatThrownBy(attestations::writePending).isInstanceOf(IOException.class);
        Files.delete(inTheWay);
        attestations.writePending();
        assertThat(standing().isNews(new BackupAttestation(bad)))
                .as("more is done where it is handed in")
                .isTrue();
        assertThat(attestations.require(seal, bad, ours.sign(bad), NOW)).isFalse();
        open();
        assertThat(survivors()).as("over a restart").isEmpty();
        assertThat(standing().isNews(new BackupAttestation(bad))).isFalse();
    }

    private BackupStatus standing() {
        return BackupStatus.of(attestations.standing(seal).object("shop-db"));
    }
}
