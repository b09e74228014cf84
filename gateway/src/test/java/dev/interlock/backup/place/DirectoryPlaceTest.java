package dev.interlock.backup.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.Due;
import dev.interlock.backup.Plan;
import dev.interlock.backup.Standing;
import dev.interlock.backup.kept.TestingShelf;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.DisturbedException;
import dev.interlock.backup.run.PrivateFiles;
import dev.interlock.backup.run.Sandbox;
import dev.interlock.backup.source.Source;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Backups in a directory that does not answer, and in one that is not there. */
@Timeout(120)
class DirectoryPlaceTest {

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

    /** Makes {@code change} again and again while {@code work} is done, which must come back. */
    private static void during(Work change, Work work) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        FutureTask<Void> changing = new FutureTask<>(() -> {
            while (!over.get()) {
                change.run();
            }
            return null;
        });
        FutureTask<Void> working = new FutureTask<>(() -> {
            work.run();
            return null;
        });
        Thread.ofPlatform().daemon().start(changing);
        Thread.ofPlatform().daemon().start(working); // nothing ends the thread of one that hangs
        try {
            working.get(60, TimeUnit.SECONDS);
        } finally {
            over.set(true);
        }
        changing.get();
    }

    private interface Work {
        void run() throws Exception;
    }

    private static void link(Path to, Path file) throws IOException {
        Path fresh = file.resolveSibling(".fresh");
        Files.deleteIfExists(fresh);
        Files.createLink(fresh, to);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Whoever may write there keeps nobody waiting by a pipe, however short the time in which it lies there. */
    @Test
    void aPipeInItsPlaceIsNotWaitedFor() throws Exception {
        String id = shelf.take(plan);
        Place place = new DirectoryPlace(plan.name(), (Target.Directory) plan.target());
        Path pipe = shelf.directory(plan).resolve(".pipe");
        assumeTrue(ran("mkfifo", pipe.toString()), "no pipe can be made here");
        for (String name : List.of(".lock", id + "/content")) {
            Path file = shelf.directory(plan).resolve(name);
            Path itself = Files.createLink(pipe.resolveSibling(".itself" + file.getFileName()), file);
            during(
                    () -> {
                        link(pipe, file);
                        link(itself, file);
                    },
                    () -> {
                        for (int i = 0; i < 3_000; i++) {
                            try (Closeable _ = name.equals(".lock") ? place.hold()::close : place.read(id, "content")) {
                                // It was what it is.
                            } catch (IOException | UncheckedIOException e) {
                                assertThat(e)
                                        .hasMessageContaining(file.getFileName().toString());
                            }
                        }
                    });
        }
    }

    /** Nobody has another directory's files read as a backup's. */
    @Test
    void whatIsReadLiesThere() throws Exception {
        String id = shelf.take(plan);
        Place place = new DirectoryPlace(plan.name(), (Target.Directory) plan.target());
        Path own = shelf.directory(plan).resolve(id);
        byte[] content = Files.readAllBytes(own.resolve("content"));
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("content"), "somebody's secret");
        Path away = own.resolveSibling(".away");
        during(
                () -> {
                    Files.move(own, away);
                    Files.createSymbolicLink(own, elsewhere);
                    Files.delete(own);
                    Files.move(away, own);
                },
                () -> {
                    for (int i = 0; i < 5_000; i++) {
                        try (InputStream in = place.read(id, "content")) {
                            assertThat(in.readAllBytes()).isEqualTo(content);
                        } catch (IOException | UncheckedIOException e) {
                            // It was away.
                        }
                    }
                });
    }

    /** A bad sector in the directory of one, or under its manifest. */
    @Test
    void oneThatDoesNotAnswerKeepsNoOther() throws Exception {
        try (RottingDisk disk = new RottingDisk(shelf.target)) {
            Plan rotting = in(new Target.Directory(disk.mounted));
            String other = shelf.takeAt(rotting, daysAgo(4));
            String another = shelf.takeAt(rotting, daysAgo(3));
            String id = shelf.takeAt(rotting, daysAgo(2));
            shelf.verifyAndNote(rotting, id);
            disk.rots(shelf.directory(rotting).resolve(other));
            disk.rots(shelf.file(rotting, another, Place.MANIFEST));
            assertThat(shelf.listing(rotting).youngest().orElseThrow().id()).isEqualTo(id);
            assertThat(shelf.listing(rotting).troubled()).containsOnlyKeys(other, another);
            assertThat(Due.of(rotting, shelf.listing(rotting), Standing.UNKNOWN)
                            .getFirst()
                            .work())
                    .isEqualTo(Due.Work.TAKE);
            String young = shelf.take(rotting);
            assertThat(shelf.prune(rotting).left()).containsOnlyKeys(other, another);
            assertThat(shelf.youngest(rotting)).isEqualTo(young);
        }
    }

    private static Instant daysAgo(long days) {
        return Instant.now().minus(Duration.ofDays(days));
    }

    /** A bad sector, or a server that went away in the middle: nobody may sign that the backup was altered. */
    @Test
    void whatCannotBeReadIsNotTheBackupsFault() throws Exception {
        try (RottingDisk disk = new RottingDisk(shelf.target)) {
            Plan rotting = in(new Target.Directory(disk.mounted));
            String id = shelf.take(rotting);
            String young = shelf.take(rotting);
            for (String name : List.of("content", Place.MANIFEST)) {
                disk.rots(shelf.file(rotting, id, name));
                assertThatThrownBy(() -> shelf.verify(rotting, id))
                        .as(name)
                        .isInstanceOf(BackupException.class)
                        .hasMessageContaining("cannot be read");
            }
            assertThat(shelf.listing(rotting).troubled()).containsOnlyKeys(id);
            assertThat(shelf.listing(rotting).youngest().orElseThrow().id()).isEqualTo(young);
        }
    }

    /** The disk was full, and somebody moved the large one; what it leads to may lie beside what it is a copy of. */
    @Test
    void whatALinkLeadsToIsNotThere() throws IOException {
        String id = shelf.take(plan);
        Path own = shelf.directory(plan).resolve(id);
        Path moved = directory.resolve("moved");
        for (String name : List.of("content", Place.MANIFEST)) {
            Path file = own.resolve(name);
            Files.copy(file, moved);
            Files.delete(file);
            Files.createSymbolicLink(file, moved);
            String link = "its " + name + " is a link: put what it leads to in its place";
            if (name.equals(Place.MANIFEST)) {
                assertThat(shelf.shelf(plan).debris()).isEqualTo(Map.of(id, link));
                assertThatThrownBy(() -> shelf.verify(plan, id)).hasMessageEndingWith(id + "` of `files`: " + link);
            } else {
                assertThat(shelf.verify(plan, id).wrong()).containsExactly(link);
            }
            Files.delete(file);
            Files.move(moved, file);
            assertThat(shelf.verify(plan, id).wrong()).isEmpty();
        }
        Files.move(own, own.resolveSibling(".away"));
        Files.createSymbolicLink(own, own.resolveSibling(".away"));
        assertThat(shelf.shelf(plan).ids()).isEmpty();
        assertThat(shelf.shelf(plan).debris()).isEqualTo(Map.of(id, "it is a link: put what it leads to in its place"));
        assertThatThrownBy(() -> shelf.verify(plan, id)).hasMessageContaining("there is no backup");
        Files.delete(own);
    }

    /** As a link does, it would have what is said of the target said of another disk. */
    @Test
    void whatIsMountedOverABackupIsNotThere() throws Exception {
        String id = shelf.take(plan);
        Path own = shelf.directory(plan).resolve(id);
        String mounted = "lies on another disk, which is mounted there: put it in its place";
        String same = Files.createDirectory(directory.resolve("same")).toString();
        for (String name : List.of("content", Place.MANIFEST)) {
            Files.copy(own.resolve(name), Path.of(same, name));
        }
        assumeTrue(
                ran("mount", "--bind", same + "/content", own.resolve("content").toString()), "nothing can be mounted");
        try {
            assertThat(shelf.verify(plan, id).wrong()).containsExactly("its content " + mounted);
        } finally {
            ran("umount", own.resolve("content").toString());
        }
        assertThat(shelf.verify(plan, id).wrong()).isEmpty();
        ran("mount", "--bind", same, own.toString());
        try {
            assertThat(shelf.shelf(plan).ids()).isEmpty();
            assertThat(shelf.shelf(plan).debris()).isEqualTo(Map.of(id, "it " + mounted));
        } finally {
            ran("umount", own.toString());
        }
        assertThat(shelf.shelf(plan).ids()).containsExactly(id);
    }

    /** Who wrote the plan may have made the directories links: where the bytes lie is what counts. */
    @Test
    void aTargetLiesWhereItsBytesDo() throws IOException {
        Path here = Files.createDirectory(directory.resolve("here"));
        Path linked = shelf.target.resolve("linked");
        Files.createSymbolicLink(linked, here);
        Path own = Files.createDirectory(shelf.target.resolve("own"));
        Files.createSymbolicLink(own.resolve(plan.name()), here);
        for (Path target : List.of(linked, own)) {
            Plan together = in(new Target.Directory(target));
            assertThat(shelf.verify(together, shelf.take(together)).wrong())
                    .containsExactly("it lies on the same device as what it is a copy of");
        }
    }

    /** Whoever may turn the plan's directory elsewhere has root make, remove and read nothing there. */
    @Test
    void aLinkOfOthersIsNoPlansDirectory() throws IOException {
        assumeTrue(Sandbox.isRoot(), "only root has more to lose than its own");
        Path here = Files.createDirectory(directory.resolve("here"));
        Path there = shelf.directory(plan);
        Files.createSymbolicLink(there, here);
        String id = shelf.take(plan);
        assertThat(here.resolve(id)).isNotEmptyDirectory();
        Path part = Files.createDirectory(here.resolve(PART));
        for (Path loose : List.of(there, shelf.target)) {
            Files.setAttribute(loose, "unix:uid", 61_240, LinkOption.NOFOLLOW_LINKS);
            String why = "`" + there + "` is a link that others than root could turn";
            assertThatThrownBy(() -> shelf.take(plan)).hasMessageStartingWith(why);
            assertThatThrownBy(() -> shelf.listing(plan)).hasMessageStartingWith(why);
            assertThatThrownBy(() -> shelf.verify(plan, id)).hasMessageStartingWith(why);
            Files.setAttribute(loose, "unix:uid", 0, LinkOption.NOFOLLOW_LINKS);
        }
        assertThat(here).isDirectoryContaining(path -> path.equals(part));
        shelf.take(plan);
        assertThat(part).doesNotExist();
    }

    /** Whoever may write to a target has nothing made elsewhere by root, and no other thing called a backup. */
    @Test
    void whatIsExchangedWhileItIsWrittenIsNotFollowed() throws IOException {
        Path there = Files.createDirectories(shelf.directory(plan));
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Place place = new DirectoryPlace(plan.name(), (Target.Directory) plan.target());
        Path part = there.resolve(PART);
        try (Place.Held _ = place.hold();
                Place.Beginning beginning = place.begin("20260101T000000Z-abcdef")) {
            Files.move(part, there.resolve("away"));
            Files.createSymbolicLink(part, elsewhere);
            try (Place.Sink sink = beginning.file("content")) {
                sink.write(1);
                sink.finish();
            }
            assertThatThrownBy(beginning::name).hasMessageContaining("was exchanged while it was written");
        }
        assertThat(elsewhere).isEmptyDirectory();
        assertThat(there.resolve("away/content")).hasSize(1);
        assertThat(place.ids()).isEmpty();
    }

    /** So it looks also where a directory has another number once it has another name; each `take` would leave one. */
    @Test
    void whatWasNamedAndIsAnotherDoesNotCount() throws IOException {
        Path there = Files.createDirectories(shelf.directory(plan));
        Place place = new DirectoryPlace(plan.name(), (Target.Directory) plan.target());
        try (Place.Held _ = place.hold();
                Place.Beginning beginning = place.begin("20260101T000000Z-abcdef")) {
            Files.move(there.resolve(PART), there.resolve("away"));
            Files.writeString(Files.createDirectory(there.resolve(PART)).resolve(Place.MANIFEST), "another");
            assertThatThrownBy(beginning::name).hasMessageContaining("was exchanged while it was written");
            assertThat(place.ids()).isEmpty();
        }
        assertThat(there).isDirectoryNotContaining("glob:**/20260101T*");
    }

    /** A look at thousands that lie far away gets on all the while, and ends once nobody waits for it. */
    @Test
    void eachNameIsAStep() throws IOException {
        List<String> ids = List.of(shelf.take(plan), shelf.take(plan));
        Files.createDirectory(shelf.directory(plan).resolve("20260101T000000Z-abcdef"));
        Files.createFile(shelf.directory(plan).resolve("somebody's"));
        AtomicInteger steps = new AtomicInteger();
        assertThat(shelf.shelf(plan).ids(steps::incrementAndGet)).hasSameElementsAs(ids);
        assertThat(steps).hasValue(4);
        assertThatThrownBy(() -> shelf.shelf(plan).ids(() -> {
                    steps.incrementAndGet();
                    throw new DisturbedException("nobody waits");
                }))
                .isInstanceOf(DisturbedException.class);
        assertThat(steps).hasValue(5);
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
        assumeTrue(ran("chattr", "+i", file.toString()), "nothing here can be kept from being removed");
        try {
            String young = shelf.take(plan);
            assertThat(shelf.shelf(plan).ids()).containsExactly(young);
            assertThat(shelf.prune(plan).left()).containsOnlyKeys(PART);
        } finally {
            assertThat(ran("chattr", "-i", file.toString())).isTrue();
        }
        assertThat(shelf.prune(plan).left()).isEmpty();
        assertThat(stuck).doesNotExist();
    }

    private static boolean ran(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
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
        assertThatThrownBy(() -> shelf.shelf(mounted).ids(() -> Files.delete(point)))
                .as("it went away in the middle")
                .hasMessageContaining("nothing is mounted at");
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
