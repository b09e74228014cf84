package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.place.BackupTarget;
import dev.interlock.backup.place.TestingStore;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.RestoreAttestation;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests unreadable files and files from the future on a target: they are reported, and stop nothing. */
@Timeout(300)
@Tag("process")
class ClutteredTargetTest {

    private static final String NOTE = "attested.json";

    @TempDir
    private Path directory;

    private BackupFixture shelf;
    private BackupPlanConfig plan;

    @BeforeEach
    void prepare() throws IOException {
        shelf = new BackupFixture(directory);
        Path tree = Files.createDirectory(directory.resolve("tree"));
        Files.writeString(tree.resolve("file"), "what is in it");
        plan = keeping(
                shelf.plan(new BackupSource.Directory(tree, Optional.empty())),
                new BackupTarget.Directory(shelf.target, Optional.empty()));
    }

    private static BackupPlanConfig keeping(BackupPlanConfig plan, BackupTarget target) {
        return new BackupPlanConfig(
                plan.name(), plan.of(), plan.source(), target, plan.every(), new Retention(7, 0), Optional.empty());
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    private static Instant daysAgo(long days) {
        return Instant.now().minus(Duration.ofDays(days));
    }

    private DueJob due() throws IOException {
        return DueJob.of(plan, shelf.listing(plan), BackupStatus.UNKNOWN).getFirst();
    }

    /** Half a note, a foreign one, or one from the future does not count: the backup is tested again. */
    @Test
    @Tag("promise")
    void aNoteThatIsNotUnderstoodIsNone() throws IOException {
        String id = shelf.take(plan);
        BackupAttestation right = shelf.verifyAndNote(plan, id);
        assertThat(due().work()).isEqualTo(DueJob.JobKind.TAKE);
        String said = right.json().canonicalText();
        Path note = shelf.file(plan, id, NOTE);
        for (String other : List.of(
                "",
                said.substring(0, said.length() / 2),
                "{}",
                "[]",
                "\u0000",
                right.json().with("tried_at", "x").canonicalText(),
                right.json().with("tried_at", 7).canonicalText(),
                right.json().with("tried_at", "2999-01-01T00:00:00Z").canonicalText(),
                right.json().with("restored", "yes").canonicalText(),
                right.json().with("type", "another").canonicalText(),
                right.json().with("backup", "another").canonicalText(),
                Json.object()
                        .with("type", RestoreAttestation.TYPE)
                        .with("backup", id)
                        .with("restored", true)
                        .canonicalText())) {
            Files.writeString(note, other);
            assertThat(shelf.listing(plan).youngest().orElseThrow().attested())
                    .as(other)
                    .isEmpty();
            assertThat(due().work()).as(other).isEqualTo(DueJob.JobKind.VERIFY);
        }
        shelf.verifyAndNote(plan, id);
        assertThat(due().work()).isEqualTo(DueJob.JobKind.TAKE);
    }

    private BackupPlanConfig attestedBy(TestingKey attester) {
        return new BackupPlanConfig(
                plan.name(),
                plan.of(),
                plan.source(),
                plan.target(),
                plan.every(),
                new Retention(1, 0),
                Optional.of(attester.publicKey()));
    }

    /** A bad sector under a signature does not affect the backup: it stays good, and is tested again. */
    @Test
    void aSignatureThatCannotBeReadIsNone() throws IOException {
        TestingStore store = new TestingStore(directory);
        plan = keeping(plan, store.target());
        TestingKey attester = TestingKey.software();
        plan = attestedBy(attester);
        String id = shelf.take(plan);
        BackupAttestation found = shelf.verify(plan, id);
        found.write(
                shelf.shelf(plan),
                attester.sign(BackupAttestation.NAMESPACE, found.json().canonical()));
        assertThat(due().work()).isEqualTo(DueJob.JobKind.TAKE);
        store.does("case $1:$2 in get:*.sig) exit 1;; esac");
        assertThat(shelf.listing(plan).unusable()).isEmpty();
        assertThat(shelf.listing(plan).youngest())
                .hasValueSatisfying(entry -> assertThat(entry.id()).isEqualTo(id));
        assertThat(due().work()).isEqualTo(DueJob.JobKind.VERIFY);
    }

    /** A user who may write to a target decides neither which backups stay nor which are tested. */
    @Test
    void aNoteThatSomebodyElseSignedIsNone() throws IOException {
        TestingKey attester = TestingKey.software();
        plan = attestedBy(attester);
        String right = shelf.takeAt(plan, daysAgo(3));
        String forged = shelf.takeAt(plan, daysAgo(2));
        String young = shelf.take(plan);
        BackupAttestation found = shelf.verify(plan, right);
        found.write(
                shelf.shelf(plan),
                attester.sign(BackupAttestation.NAMESPACE, found.json().canonical()));
        BackupAttestation other = shelf.verify(plan, forged);
        byte[] said = other.json().canonical();
        for (String signature : List.of(
                "-",
                TestingKey.software().sign(BackupAttestation.NAMESPACE, said),
                attester.sign("another", said),
                attester.sign(BackupAttestation.NAMESPACE, found.json().canonical()))) {
            other.write(shelf.shelf(plan), signature);
            assertThat(shelf.listing(plan).lastTried(Optional.of(forged))).isEmpty();
        }
        assertThat(shelf.listing(plan).lastTried(Optional.of(right))).isPresent();
        assertThat(shelf.prune(plan).removed()).containsExactly(forged);
        assertThat(shelf.shelf(plan).ids()).containsExactly(right, young);
    }

    /** A full disk lets a file be opened, and takes no bytes. */
    @Test
    void whatAStoreKeptHalfOfANoteEndsNothing() throws IOException {
        TestingStore store = new TestingStore(directory);
        plan = keeping(plan, store.target());
        String id = shelf.take(plan);
        shelf.verifyAndNote(plan, id);
        store.does("case $1:$2 in put:*" + NOTE + ") : > \"$2\"; exit 1;; esac");
        assertThatThrownBy(() -> shelf.verifyAndNote(plan, id)).isInstanceOf(BackupException.class);
        store.does("");
        assertThat(due().work()).isEqualTo(DueJob.JobKind.VERIFY);
        assertThat(shelf.prune(plan).removed()).isEmpty();
        shelf.verifyAndNote(plan, id);
        assertThat(due().work()).isEqualTo(DueJob.JobKind.TAKE);
    }

    /** Its key is another one, or it is damaged or missing. It stays, and readable ones follow the retention rules. */
    @Test
    void oneManifestThatCannotBeReadEndsNoRetention() throws IOException {
        String rotten = shelf.takeAt(plan, daysAgo(12));
        Files.writeString(shelf.file(plan, rotten, "manifest"), "rotten");
        Files.createDirectory(shelf.directory(plan).resolve("zzz"));
        List<String> readable = new ArrayList<>();
        for (int days = 8; days >= 0; days--) {
            readable.add(shelf.takeAt(plan, daysAgo(days)));
        }
        BackupRun.PruneResult pruned = shelf.prune(plan);
        assertThat(pruned.removed()).containsExactlyElementsOf(readable.subList(0, 2));
        assertThat(pruned.left()).containsOnlyKeys(rotten, "other things");
        assertThat(shelf.shelf(plan).ids()).contains(rotten).hasSize(8);
        assertThat(shelf.youngest(plan)).isEqualTo(readable.getLast());
    }

    /** If there is no other, an unreadable one is tested, and fails. */
    @Test
    void whereNoneCanBeReadTheLastIsTried() throws IOException {
        String rotten = shelf.take(plan);
        Files.writeString(shelf.file(plan, rotten, "manifest"), "rotten");
        assertThat(shelf.youngest(plan)).isEqualTo(rotten);
        assertThat(shelf.verify(plan, rotten).restored()).isFalse();
    }

    /** A clock without a battery is ahead until it is corrected. */
    @Test
    void whatIsFromATimeToComeDoesNotCount() throws IOException {
        String right = shelf.takeAt(plan, daysAgo(2));
        shelf.verifyAndNote(plan, right);
        List<String> ahead = new ArrayList<>();
        for (int days = 1; days <= 8; days++) {
            ahead.add(shelf.takeAt(plan, daysAgo(-3650 - days)));
        }
        assertThat(due().work()).isEqualTo(DueJob.JobKind.TAKE);
        assertThat(due().at()).isBefore(Instant.now());
        assertThat(shelf.youngest(plan)).isEqualTo(right);
        assertThat(shelf.listing(plan).youngest().orElseThrow().id()).isEqualTo(right);
        assertThat(shelf.listing(plan).entries().getLast().problem().orElseThrow())
                .contains("in the future");
        String now = shelf.take(plan);
        BackupRun.PruneResult pruned = shelf.prune(plan);
        assertThat(pruned.removed()).isEmpty();
        assertThat(pruned.left()).containsOnlyKeys(ahead.toArray(String[]::new));
        assertThat(shelf.shelf(plan).ids()).contains(now, right);
        assertThat(shelf.youngest(plan)).isEqualTo(now);
    }

    /** A check each minute reads new files, and those that matter, because these may rot. */
    @Test
    void whatIsKnownIsNotReadAgain() throws IOException {
        TestingStore store = new TestingStore(directory);
        plan = keeping(plan, store.target());
        String first = shelf.takeAt(plan, daysAgo(3));
        shelf.verifyAndNote(plan, first);
        String second = shelf.takeAt(plan, daysAgo(2));
        String youngest = shelf.takeAt(plan, daysAgo(1));
        ListingCache remembered = new ListingCache();
        BackupListing all = shelf.listing(plan, remembered, Optional.empty());
        assertThat(all).isEqualTo(shelf.listing(plan));

        Path asked = directory.resolve("asked");
        store.does("echo \"$1 $2\" >> '" + asked + "'");
        assertThat(shelf.listing(plan, remembered, Optional.empty())).isEqualTo(all);
        assertThat(asked).content().contains("get " + plan.name() + "/" + youngest + "/manifest");
        assertThat(asked).content().doesNotContain(first + "/").doesNotContain(second + "/");
        Files.delete(asked);
        assertThat(shelf.listing(plan, remembered, Optional.of(first))).isEqualTo(all);
        assertThat(asked)
                .content()
                .contains("get " + plan.name() + "/" + first + "/manifest")
                .contains("get " + plan.name() + "/" + first + "/" + NOTE)
                .doesNotContain(second + "/");

        Files.writeString(store.kept.resolve(plan.name()).resolve(first).resolve("manifest"), "rotten");
        assertThat(shelf.listing(plan, remembered, Optional.of(first)).unusable())
                .as("the one that is counted on")
                .containsOnlyKeys(first);
        Files.writeString(store.kept.resolve(plan.name()).resolve(youngest).resolve("manifest"), "rotten");
        BackupListing rotten = shelf.listing(plan, remembered, Optional.of(first));
        assertThat(rotten.unusable()).containsOnlyKeys(first, youngest);
        assertThat(rotten.youngest().orElseThrow().id()).isEqualTo(second);

        shelf.verifyAndNote(plan, second);
        remembered.forget(second);
        assertThat(shelf.listing(plan, remembered, Optional.empty())
                        .youngest()
                        .orElseThrow()
                        .attested())
                .isPresent();
        shelf.shelf(plan).remove(second);
        assertThat(shelf.listing(plan, remembered, Optional.empty()).entries())
                .extracting(BackupListing.ListedBackup::id)
                .containsExactly(first, youngest);
    }

    /** The one that the gateway counts on comes before a readable one: a call may depend on it until it is tested. */
    @Test
    void theOneThatCountsIsTriedWhereItCannotBeRead() throws IOException {
        String older = shelf.takeAt(plan, daysAgo(2));
        String counted = shelf.take(plan);
        assertThat(shelf.youngest(plan, Optional.of(older)))
                .as("it can be read")
                .isEqualTo(counted);
        Files.writeString(shelf.file(plan, counted, "manifest"), "rotten");
        assertThat(shelf.youngest(plan)).isEqualTo(older);
        assertThat(shelf.youngest(plan, Optional.of(counted))).isEqualTo(counted);
        assertThat(shelf.verify(plan, counted).faults())
                .singleElement()
                .asString()
                .contains("altered, truncated");
    }

    /** Retention removed it, which says nothing about it. */
    @Test
    void whatIsRemovedWhileItIsTriedIsNotCalledBad() throws IOException {
        String id = shelf.take(plan);
        assertThatThrownBy(() -> shelf.verify(plan, id, (_, _) -> remove(id)))
                .isInstanceOf(IOException.class); // nothing is reported about it, let alone signed
    }

    /** It would look truncated, because nothing of it is there any more. */
    @Test
    void whatIsRemovedBeforeItIsReadIsNotCalledCutOff() throws IOException {
        TestingStore store = new TestingStore(directory);
        plan = keeping(plan, store.target());
        String id = shelf.take(plan);
        store.does("test \"$1 ${2##*/}\" != 'get manifest' || touch got"
                + "; test \"$1\" != list || test ! -e got || rm -rf " + plan.name() + "/" + id);
        assertThatThrownBy(() -> shelf.verify(plan, id))
                .isInstanceOf(InconclusiveException.class)
                .hasMessageContaining("was removed during its restore test");
    }

    private void remove(String id) {
        try {
            if (shelf.shelf(plan).has(id)) {
                shelf.shelf(plan).remove(id);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A restore test may take long, and the next backups are taken meanwhile. */
    @Test
    void whatIsBeingTriedIsNotRemoved() throws IOException {
        plan = new BackupPlanConfig(
                plan.name(),
                plan.of(),
                plan.source(),
                plan.target(),
                plan.every(),
                new Retention(1, 0),
                Optional.empty());
        String tried = shelf.takeAt(plan, daysAgo(2));
        String other = shelf.takeAt(plan, daysAgo(1));
        String youngest = shelf.take(plan);
        assertThat(shelf.prune(plan, tried::equals).removed()).containsExactly(other);
        assertThat(shelf.shelf(plan).ids()).containsExactly(tried, youngest);
        assertThat(shelf.prune(plan).removed()).containsExactly(tried);
    }
}
