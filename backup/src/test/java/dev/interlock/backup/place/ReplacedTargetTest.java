package dev.interlock.backup.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.backup.run.RestoreSandbox;
import dev.interlock.backup.source.BackupSource;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests backups in a directory whose contents others replace with anything. */
@Timeout(300)
@Tag("process")
class ReplacedTargetTest {

    private static final String PART = "20260101T000000Z-abcdef.part";

    @TempDir
    private Path directory;

    private BackupFixture shelf;
    private BackupPlanConfig plan;

    @BeforeEach
    void prepare() throws IOException {
        shelf = new BackupFixture(directory);
        Path tree = Files.createDirectory(directory.resolve("tree"));
        Files.writeString(tree.resolve("file"), "what is in it");
        plan = shelf.plan(new BackupSource.Directory(tree, Optional.empty()));
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    /** A user who may write beside the backups cannot make root remove or create files elsewhere. */
    @Test
    void aLinkInPlaceOfATargetIsNotFollowed() throws Exception {
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
                // All of it was removed before.
            }
        });
        try {
            shelf.take(plan);
        } catch (IOException e) {
            assertThat(e).hasMessageContaining(PART);
        }
        exchanging.join();
        assertThat(kept).exists();

        OwnerFiles.removeTree(there.resolve(PART));
        Files.deleteIfExists(there.resolve(".lock"));
        Files.createSymbolicLink(there.resolve(".lock"), elsewhere.resolve("made"));
        assertThatThrownBy(() -> shelf.take(plan)).hasMessageContaining(".lock` is not a file");
        assertThat(elsewhere.resolve("made")).doesNotExist();
    }

    /** Repeats {@code change} while {@code work} runs, which must return. */
    private static void during(TargetAction change, TargetAction work) throws Exception {
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
        Thread.ofPlatform().daemon().start(working); // the thread of one that hangs cannot be ended
        try {
            working.get(300, TimeUnit.SECONDS);
        } finally {
            over.set(true);
        }
        changing.get();
    }

    private interface TargetAction {
        void run() throws Exception;
    }

    private static void link(Path to, Path file) throws IOException {
        Path fresh = file.resolveSibling(".fresh");
        Files.deleteIfExists(fresh);
        Files.createLink(fresh, to);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** A user who may write there must not block us with a pipe, however briefly it exists. */
    @Test
    void aPipeInPlaceOfATargetDoesNotBlock() throws Exception {
        String id = shelf.take(plan);
        BackupStorage place = new DirectoryStorage(plan.name(), (BackupTarget.Directory) plan.target());
        Path pipe = shelf.directory(plan).resolve(".pipe");
        assumeTrue(DirectoryStorageTest.ran("mkfifo", pipe.toString()), "no pipe can be made here");
        for (String name : List.of(".lock", id + "/content")) {
            Path file = shelf.directory(plan).resolve(name);
            Path itself = Files.createLink(pipe.resolveSibling(".itself" + file.getFileName()), file);
            AtomicInteger opened = new AtomicInteger();
            during(
                    () -> {
                        link(pipe, file);
                        link(itself, file);
                    },
                    () -> {
                        for (int i = 0; i < 3_000; i++) {
                            try (Closeable _ = name.equals(".lock") ? place.hold()::close : place.read(id, "content")) {
                                opened.incrementAndGet();
                            } catch (IOException | UncheckedIOException e) {
                                assertThat(e)
                                        .hasMessageContaining(file.getFileName().toString());
                            }
                        }
                    });
            assertThat(opened).as(name).hasPositiveValue();
        }
    }

    /** Files of another directory must not be read as a backup's. */
    @Test
    void whatIsReadLiesThere() throws Exception {
        String id = shelf.take(plan);
        BackupStorage place = new DirectoryStorage(plan.name(), (BackupTarget.Directory) plan.target());
        Path own = shelf.directory(plan).resolve(id);
        byte[] content = Files.readAllBytes(own.resolve("content"));
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("content"), "somebody's secret");
        Path away = own.resolveSibling(".away");
        AtomicInteger whole = new AtomicInteger();
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
                            whole.incrementAndGet();
                        } catch (IOException | UncheckedIOException e) {
                            // It was away at that moment.
                        }
                    }
                });
        assertThat(whole).hasPositiveValue();
    }

    /** A user who may redirect the plan's directory cannot make root create, remove or read anything there. */
    @Test
    void aLinkOfOthersIsNoPlansDirectory() throws IOException {
        assumeTrue(RestoreSandbox.isRoot(), "only root has more to lose than its own");
        Path here = Files.createDirectory(directory.resolve("here"));
        Path there = shelf.directory(plan);
        Files.createSymbolicLink(there, here);
        String id = shelf.take(plan);
        assertThat(here.resolve(id)).isNotEmptyDirectory();
        Path part = Files.createDirectory(here.resolve(PART));
        for (Path loose : List.of(there, shelf.target)) {
            Files.setAttribute(loose, "unix:uid", 61_240, LinkOption.NOFOLLOW_LINKS);
            String why = "`" + there + "` is a link that users other than root could change";
            assertThatThrownBy(() -> shelf.take(plan)).hasMessageStartingWith(why);
            assertThatThrownBy(() -> shelf.listing(plan)).hasMessageStartingWith(why);
            assertThatThrownBy(() -> shelf.verify(plan, id)).hasMessageStartingWith(why);
            Files.setAttribute(loose, "unix:uid", 0, LinkOption.NOFOLLOW_LINKS);
        }
        assertThat(here).isDirectoryContaining(path -> path.equals(part));
        shelf.take(plan);
        assertThat(part).doesNotExist();
    }

    /** A user who may write to a target cannot make root write elsewhere, or pass other files off as a backup. */
    @Test
    void whatIsExchangedWhileItIsWrittenIsNotFollowed() throws IOException {
        Path there = Files.createDirectories(shelf.directory(plan));
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        BackupStorage place = new DirectoryStorage(plan.name(), (BackupTarget.Directory) plan.target());
        Path part = there.resolve(PART);
        try (BackupStorage.StorageLock _ = place.hold();
                BackupStorage.PendingBackup beginning = place.begin("20260101T000000Z-abcdef")) {
            Files.move(part, there.resolve("away"));
            Files.createSymbolicLink(part, elsewhere);
            try (BackupStorage.StorageFile sink = beginning.file("content")) {
                sink.write(1);
                sink.finish();
            }
            assertThatThrownBy(beginning::name).hasMessageContaining("was replaced while it was written");
        }
        assertThat(elsewhere).isEmptyDirectory();
        assertThat(there.resolve("away/content")).hasSize(1);
        assertThat(place.ids()).isEmpty();
    }

    /**
     * The same shows on file systems where a directory gets another number when it is renamed; each `take` would leave
     * one.
     */
    @Test
    void whatWasNamedAndIsAnotherDoesNotCount() throws IOException {
        Path there = Files.createDirectories(shelf.directory(plan));
        BackupStorage place = new DirectoryStorage(plan.name(), (BackupTarget.Directory) plan.target());
        try (BackupStorage.StorageLock _ = place.hold();
                BackupStorage.PendingBackup beginning = place.begin("20260101T000000Z-abcdef")) {
            Files.move(there.resolve(PART), there.resolve("away"));
            Files.writeString(Files.createDirectory(there.resolve(PART)).resolve(BackupStorage.MANIFEST), "another");
            assertThatThrownBy(beginning::name).hasMessageContaining("was replaced while it was written");
            assertThat(place.ids()).isEmpty();
        }
        assertThat(there).isDirectoryNotContaining("glob:**/20260101T*");
    }

    /** A user who may write to a target must not get other files read: notes are printed, and passed on. */
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
}
