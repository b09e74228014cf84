package dev.interlock.backup.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.Due;
import dev.interlock.backup.Plan;
import dev.interlock.backup.Standing;
import dev.interlock.backup.kept.Manifest;
import dev.interlock.backup.kept.TestingShelf;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.PrivateFiles;
import dev.interlock.backup.source.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Backups in a directory that does not answer, and in one that is not there. */
@Timeout(120)
class DirectoryPlaceTest {

    /** Of 4,096 bytes, as the kernel says, none of which it lets anybody read. */
    private static final Path UNREADABLE = Path.of("/sys/class/net/lo/speed");

    private static final String PART = "20260101T000000Z-abcdef.part";

    @TempDir
    private Path directory;

    private TestingShelf shelf;
    private Plan plan;

    @BeforeEach
    void prepare() throws IOException {
        shelf = new TestingShelf(directory);
        Path tree = Files.createDirectory(directory.resolve("tree"));
        Files.writeString(tree.resolve("file"), "what is in it");
        plan = shelf.plan(new Source.Directory(tree));
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    private Plan in(Target target) {
        return new Plan(plan.name(), plan.of(), plan.source(), target, plan.every(), plan.keep());
    }

    /** Every question fails there, as it does where a server of files is down: a link that leads to itself. */
    @Test
    void whatDoesNotAnswerIsNotEmpty() throws IOException {
        String id = shelf.take(plan);
        shelf.verifyAndNote(plan, id);
        Path there = shelf.directory(plan);
        Path away = there.resolveSibling("away");
        Files.move(there, away);
        Files.createSymbolicLink(there, there.getFileName());
        assertThat(Files.exists(there)).isFalse();
        assertThatThrownBy(() -> shelf.listing(plan))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("cannot be read");
        assertThatThrownBy(() -> shelf.verify(plan, id))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("cannot be read");
        assertThatThrownBy(() -> shelf.prune(plan)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> shelf.take(plan)).isInstanceOf(IOException.class);
        Files.delete(there);
        assertThat(shelf.listing(plan).entries())
                .as("it says that there is none")
                .isEmpty();
        Files.move(away, there);
        assertThat(shelf.listing(plan).youngest().orElseThrow().attested()).isPresent();
        assertThat(shelf.verify(plan, id).wrong()).isEmpty();
    }

    /** Who may write beside the backups has nothing removed, and nothing made, that lies elsewhere. */
    @Test
    void whatIsExchangedForALinkIsNotFollowed() throws Exception {
        Path there = Files.createDirectories(shelf.directory(plan));
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Path kept = Files.writeString(elsewhere.resolve("p1"), "nobody's backup");
        Path left = Files.createDirectories(there.resolve(PART + "/A"));
        Path away = there.resolve(PART + "/B");
        for (int i = 0; i < 20_000; i++) {
            Files.createFile(left.resolve("p" + i));
        }
        Thread exchanging = Thread.ofPlatform().start(() -> {
            try {
                while (Files.list(left).count() == 20_000) {
                    Thread.onSpinWait();
                }
                Files.move(left, away);
                Files.createSymbolicLink(left, elsewhere);
            } catch (IOException e) {
                // All of it was gone before.
            }
        });
        try {
            shelf.take(plan);
        } catch (IOException e) {
            assertThat(e).hasMessageContaining(PART);
        }
        exchanging.join();
        assertThat(kept).exists();

        PrivateFiles.removeTree(there.resolve(PART));
        Files.deleteIfExists(there.resolve(".lock"));
        Files.createSymbolicLink(there.resolve(".lock"), elsewhere.resolve("made"));
        assertThatThrownBy(() -> shelf.take(plan)).hasMessageContaining(".lock` is no file");
        assertThat(elsewhere.resolve("made")).doesNotExist();
    }

    @Test
    void oneThatDoesNotAnswerKeepsNoOther() throws IOException {
        String id = shelf.takeAt(plan, Instant.now().minus(Duration.ofDays(2)));
        shelf.verifyAndNote(plan, id);
        Path other = shelf.directory(plan).resolve("20260101T000000Z-abcdef");
        Files.createSymbolicLink(other, other.getFileName());
        assertThat(shelf.listing(plan).youngest().orElseThrow().id()).isEqualTo(id);
        assertThat(shelf.listing(plan).troubled())
                .containsOnlyKeys(other.getFileName().toString());
        assertThat(Due.of(plan, shelf.listing(plan), Standing.UNKNOWN)
                        .getFirst()
                        .work())
                .isEqualTo(Due.Work.TAKE);
        String young = shelf.take(plan);
        assertThat(shelf.prune(plan).left())
                .containsOnlyKeys(other.getFileName().toString());
        assertThat(shelf.youngest(plan)).isEqualTo(young);
        Files.delete(other);
    }

    /** A bad sector, or a server that went away in the middle: nobody may sign that the backup was altered. */
    @Test
    void whatCannotBeReadIsNotTheBackupsFault() throws IOException {
        String id = shelf.take(plan);
        String young = shelf.take(plan);
        Path content = shelf.file(plan, id, "content");
        Files.delete(content);
        Files.createSymbolicLink(content, UNREADABLE);
        long size = Files.size(content);
        shelf.rewrite(plan, id, was -> {
            Map<String, Manifest.StoredFile> files = new TreeMap<>(was.files());
            Manifest.StoredFile file = files.get("content");
            files.put("content", new Manifest.StoredFile(size, file.sha256(), file.plainBytes()));
            return TestingShelf.with(was, files, was.holding());
        });
        assertThatThrownBy(() -> shelf.verify(plan, id))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("cannot be read");
        Path manifest = shelf.file(plan, id, Place.MANIFEST);
        Files.delete(manifest);
        Files.createSymbolicLink(manifest, UNREADABLE);
        assertThatThrownBy(() -> shelf.verify(plan, id))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("cannot be read");
        assertThat(shelf.listing(plan).troubled()).containsOnlyKeys(id);
        assertThat(shelf.listing(plan).youngest().orElseThrow().id()).isEqualTo(young);
    }

    /** Somebody removed its manifest, or all that was in its directory: it is not there, and that is said. */
    @Test
    void whatHasNoManifestIsNotThere() throws IOException {
        String hollow = shelf.take(plan);
        String empty = shelf.take(plan);
        String young = shelf.take(plan);
        Files.delete(shelf.file(plan, hollow, Place.MANIFEST));
        for (String name : List.of(Place.MANIFEST, "content", "listing")) {
            Files.delete(shelf.file(plan, empty, name));
        }
        assertThat(shelf.shelf(plan).ids()).containsExactly(young);
        assertThat(shelf.listing(plan).troubled()).isEmpty();
        assertThat(shelf.prune(plan).left())
                .containsOnly(Map.entry(hollow, "it has no manifest"), Map.entry(empty, "it has no manifest"));
        assertThat(shelf.directory(plan).resolve(hollow)).isNotEmptyDirectory();
    }

    /** Whoever may lay files into a target has nobody read others to them: notes are printed, and handed on. */
    @Test
    void aNoteThatLeadsElsewhereIsNone() throws IOException {
        String id = shelf.take(plan);
        shelf.verifyAndNote(plan, id);
        Path key = Files.writeString(directory.resolve("key"), "the private one");
        Path note = shelf.file(plan, id, "attested.json.sig");
        assertThat(shelf.shelf(plan).noted(id, "attested.json.sig")).contains("-");
        Files.delete(note);
        Files.createSymbolicLink(note, key);
        assertThat(shelf.shelf(plan).noted(id, "attested.json.sig")).isEmpty();
        shelf.verifyAndNote(plan, id);
        assertThat(shelf.shelf(plan).noted(id, "attested.json.sig")).contains("-");
        assertThat(key).hasContent("the private one");
    }

    /** Who may write there has nobody read words of theirs as ours: they would reach agents, and whoever signs. */
    @Test
    void whatIsNotCalledAsBackupsAreIsCountedAlone() throws IOException {
        String id = shelf.take(plan);
        for (String name : TestingStore.NO_NAMES) {
            Path other = Files.createDirectory(shelf.directory(plan).resolve(name));
            Files.copy(shelf.file(plan, id, Place.MANIFEST), other.resolve(Place.MANIFEST));
        }
        Map<String, String> others =
                Map.of("other things", TestingStore.NO_NAMES.size() + " lie there by names that no backup has");
        assertThat(shelf.shelf(plan).ids()).containsExactly(id);
        assertThat(shelf.shelf(plan).debris()).isEqualTo(others);
        assertThat(shelf.listing(plan).entries()).hasSize(1);
        assertThat(shelf.prune(plan).left()).isEqualTo(others);
        for (String name : TestingStore.NO_NAMES) {
            assertThat(shelf.directory(plan).resolve(name)).isNotEmptyDirectory();
            assertThatThrownBy(() -> shelf.verify(plan, name)).hasMessageContaining("there is no backup");
        }
    }

    /** What a killed one left and nobody can remove keeps nobody from taking the next. */
    @Test
    void whatCannotBeRemovedKeepsNobodyFromTaking() throws Exception {
        Path stuck = Files.createDirectories(shelf.directory(plan).resolve(PART));
        Path file = Files.writeString(stuck.resolve("content"), "half of it");
        assumeTrue(attribute("+i", file) == 0, "nothing here can be kept from being removed");
        try {
            String young = shelf.take(plan);
            assertThat(shelf.shelf(plan).ids()).containsExactly(young);
            assertThat(shelf.prune(plan).left()).containsOnlyKeys(PART);
        } finally {
            assertThat(attribute("-i", file)).isZero();
        }
        assertThat(shelf.prune(plan).left()).isEmpty();
        assertThat(stuck).doesNotExist();
    }

    private static int attribute(String change, Path file) throws IOException, InterruptedException {
        return new ProcessBuilder("chattr", change, file.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    /** The disk of this test is the machine's memory; a link that leads elsewhere takes it away. */
    @Test
    void nothingGoesWhereADiskIsMissing() throws IOException {
        Path point = directory.resolve("point");
        Path below = Files.createDirectory(directory.resolve("below"));
        Path onDisk = point.resolve(shelf.target.getFileName());
        Files.createSymbolicLink(point, shelf.target.getParent());
        Plan mounted = in(new Target.Directory(onDisk, Optional.of(point)));
        String id = shelf.take(mounted);
        assertThat(shelf.verifyAndNote(mounted, id).wrong()).isEmpty();
        Files.delete(point);
        for (Path missing : new Path[] {below, directory.resolve("nowhere")}) {
            Files.createSymbolicLink(point, missing);
            assertMissing(mounted, id);
            assertThat(below).isEmptyDirectory();
            Files.delete(point);
        }
        assertMissing(mounted, id);
        Files.createSymbolicLink(point, shelf.target.getParent());
        assertThat(shelf.listing(mounted).youngest().orElseThrow().id()).isEqualTo(id);
        assertThat(shelf.verify(mounted, id).wrong()).isEmpty();
        shelf.take(mounted);
    }

    private void assertMissing(Plan mounted, String id) {
        assertThatThrownBy(() -> shelf.take(mounted))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("nothing is mounted at");
        assertThatThrownBy(() -> shelf.listing(mounted))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("nothing is mounted at");
        assertThatThrownBy(() -> shelf.verify(mounted, id))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("nothing is mounted at");
    }

    @Test
    void aTargetLiesWhereItsDiskIsMounted() {
        Path there = Path.of("/mnt/offsite");
        assertThat(new Target.Directory(there, Optional.of(there)).mountedAt()).contains(there);
        for (Path other : new Path[] {Path.of("/mnt/other"), there.resolve("deeper"), Path.of("/")}) {
            assertThatThrownBy(() -> new Target.Directory(there, Optional.of(other)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("`mounted-at`");
        }
    }
}
