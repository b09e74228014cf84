package dev.interlock.backup.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Resource;
import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.Retention;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests backups in storage that a user's program serves, and that program's mistakes. */
@Timeout(300)
@Tag("process")
class ExecStorageTest {

    @TempDir
    private Path directory;

    private BackupFixture shelf;
    private TestingStore store;
    private Path tree;
    private BackupPlanConfig plan;

    @BeforeEach
    void prepare() throws IOException {
        shelf = new BackupFixture(directory);
        store = new TestingStore(directory);
        tree = Files.createDirectory(directory.resolve("tree"));
        byte[] noise = new byte[3 << 20];
        new Random(7).nextBytes(noise);
        Files.write(tree.resolve("large"), noise);
        Files.writeString(tree.resolve("small"), "what is in it");
        plan = new BackupPlanConfig(
                "files",
                Resource.parse("railway:volume/v1"),
                new BackupSource.Directory(tree, Optional.empty()),
                store.target(),
                Duration.ofHours(24),
                new Retention(1, 0),
                Optional.empty());
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    private Path stored(String id, String name) {
        return store.kept.resolve("files").resolve(id).resolve(name);
    }

    private List<String> kept() throws IOException {
        try (Stream<Path> all = Files.walk(store.kept)) {
            return all.filter(Files::isRegularFile)
                    .map(path -> store.kept.relativize(path).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void aBackupIsTestedAndRestored() throws IOException {
        String id = shelf.take(plan);
        assertThat(kept())
                .containsExactly(
                        "files/" + id + "/content",
                        "files/" + id + "/counts",
                        "files/" + id + "/listing",
                        "files/" + id + "/manifest");
        assertThat(Files.readString(stored(id, "content"), StandardCharsets.ISO_8859_1))
                .doesNotContain("what is in it");
        BackupAttestation found = shelf.verify(plan, id);
        assertThat(found.faults()).isEmpty();
        assertThat(found.json().text("separation")).isEqualTo("unknown");
        assertThat(shelf.shelf(plan).noted(id, "attested.json")).isEmpty();
        shelf.shelf(plan).note(id, "attested.json", "what was found");
        shelf.shelf(plan).note(id, "attested.json", "what was found then");
        assertThat(shelf.shelf(plan).noted(id, "attested.json")).contains("what was found then");
        Path again = directory.resolve("again");
        assertThat(shelf.recover(plan, id, again).wrong()).isEmpty();
        assertThat(again.resolve("large")).hasSameBinaryContentAs(tree.resolve("large"));
    }

    @Test
    void changesAtTheTargetAreFound() throws IOException {
        String id = shelf.take(plan);
        Path stored = stored(id, "content");
        byte[] right = Files.readAllBytes(stored);
        byte[] altered = right.clone();
        altered[altered.length / 2] ^= 1;
        Files.write(stored, altered);
        assertThat(shelf.verify(plan, id).faults()).singleElement().asString().contains("its content was altered");
        Files.write(stored, Arrays.copyOf(right, right.length - 1));
        assertThat(shelf.verify(plan, id).faults()).singleElement().asString().endsWith(": it is cut off");
        Files.delete(stored);
        assertThat(shelf.verify(plan, id).faults())
                .singleElement()
                .asString()
                .startsWith("its content is missing, and had ");
        Files.write(stored, right);
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
    }

    /** The manifest that makes it count is stored last; half of it does not count. */
    @Test
    void aBackupWithoutConfirmedUploadDoesNotCount() throws IOException {
        String id = shelf.take(plan);
        for (String said : List.of("", "ye")) {
            Files.writeString(stored(id, "counts"), said);
            assertThat(shelf.shelf(plan).ids()).isEmpty();
            assertThatThrownBy(() -> shelf.verify(plan, id)).hasMessageContaining("there is no backup");
        }
        Files.delete(stored(id, "counts"));
        assertThat(shelf.shelf(plan).ids()).isEmpty();
        assertThat(shelf.shelf(plan).leftovers()).containsOnly(Map.entry(id, "it is incomplete"));
    }

    @Test
    void retentionRemovesTheWholeBackup() throws IOException {
        String id = shelf.take(plan);
        BackupStorage place = place(new ChildProcesses(), Clock.systemUTC());
        place.remove(id);
        assertThat(place.ids()).isEmpty();
        assertThat(kept()).isEmpty();
        place.remove(id); // the first answer may have been lost
    }

    private BackupStorage place(ChildProcesses children, Clock clock) throws IOException {
        return BackupStorage.of("files", store.target(), children, clock);
    }

    /** After any failure there is no backup, and only files that the program does not delete are left. */
    @Test
    @Tag("promise")
    void anIncompleteBackupDoesNotCount() throws IOException {
        Map<String, String> faults = Map.of(
                "test \"$1\" != put || { cat > /dev/null; echo 'no room' >&2; exit 7; }", "no room",
                "test \"$1 ${2##*/}\" != 'put counts' || { echo 'no room' >&2; exit 7; }", "no room",
                "test \"$1 ${2##*/}\" != 'put manifest' || { head -c 100 > \"$2\"; exit 0; }", "lists",
                "test \"$1 ${2##*/}\" != 'put content' || exit 0", "");
        for (Map.Entry<String, String> fault : faults.entrySet()) {
            store.does(fault.getKey());
            assertThatThrownBy(() -> shelf.take(plan))
                    .as(fault.getKey())
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining(fault.getValue());
            assertThat(shelf.shelf(plan).ids()).isEmpty();
            assertThat(kept()).isEmpty();
        }
    }

    /** A user who may write there chooses the name, and it would go to root's terminal. */
    @Test
    void foreignTextsAreNotRepeated() throws IOException {
        store.does("test \"$1 ${2##*/}\" != 'put manifest' || echo x > \"${2%/*}/told: all is well\"");
        assertThatThrownBy(() -> shelf.take(plan))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("and lists other files")
                .hasMessageNotContaining("told");
    }

    /** A missing answer says nothing about a backup: no failure may be signed. */
    @Test
    void anUnresponsiveTargetIsNotTheBackupsFault() throws IOException {
        String id = shelf.take(plan);
        Map<String, String> faults = Map.of(
                "test \"$1\" != list || { echo 'who are you' >&2; exit 3; }", "who are you",
                "test \"$1\" != list || { echo 'files/x/y 12'; exit; }", "the target's list cannot be parsed",
                "test \"$1\" != list || { echo '{\"bytes\":1,\"name\":\"other/x/y\"}'; exit; }",
                        "the target's list cannot be parsed",
                "test \"$1\" != list || { echo '{\"bytes\":-1,\"name\":\"files/x/y\"}'; exit; }",
                        "the target's list cannot be parsed",
                "test \"$1\" != list || { echo '{\"bytes\":1,\"name\":\"files/x/y\"}'; cat /dev/zero; }", "is longer",
                "test \"$1 ${2##*/}\" != 'get content' || { head -c 100000 \"$2\"; echo 'gone' >&2; exit 4; }", "gone",
                "test \"$1 ${2##*/}\" != 'get manifest' || exit 5", "ended with 5",
                "test \"$1 ${2##*/}\" != 'get manifest' || { head -c 100 \"$2\"; exit 0; }", "`store` gave 100 of ",
                "test \"$1 ${2##*/}\" != 'get content' || { head -c 100000 \"$2\"; exit 0; }",
                        "`store` gave 100000 of ",
                "test \"$1 ${2##*/}\" != 'get content' || { cat \"$2\" \"$2\"; exit 0; }", "`store` gave more than ");
        for (Map.Entry<String, String> fault : faults.entrySet()) {
            store.does(fault.getKey());
            assertThatThrownBy(() -> shelf.verify(plan, id))
                    .as(fault.getKey())
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining(fault.getValue());
        }
        store.does("");
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
    }

    /** A kill leaves its files open. */
    @Test
    void leftoversOfAKilledBackupNeverCountAndAreRemoved() throws IOException {
        try (ChildProcesses children = new ChildProcesses()) {
            BackupStorage.PendingBackup beginning =
                    place(children, Clock.systemUTC()).begin("20260101T000000Z-abcdef");
            BackupStorage.StorageFile sink = beginning.file("content");
            sink.write(new byte[100], 0, 100);
            sink.finish();
            Clock then = Clock.fixed(Instant.parse("2026-01-09T23:00:00Z"), java.time.ZoneOffset.UTC);
            BackupStorage next = place(children, then);
            next.hold().close();
            assertThat(next.ids()).isEmpty();
            assertThat(kept()).hasSize(1); // another machine could be writing it
            place(children, Clock.offset(then, Duration.ofHours(2))).hold().close();
            assertThat(kept()).isEmpty();
        }
    }

    /** The program deletes nothing: backups are taken nevertheless, and it is reported. */
    @Test
    void undeletableFilesBlockNoBackup() throws IOException {
        String left = "20260101T000000Z-abcdef";
        Files.createDirectories(store.kept.resolve("files").resolve(left));
        Files.writeString(stored(left, "content"), "half of it");
        String old = shelf.takeAt(plan, Instant.now().minus(Duration.ofDays(1)));
        assertThat(kept()).noneMatch(name -> name.contains(left));
        Files.createDirectories(store.kept.resolve("files").resolve(left));
        Files.writeString(stored(left, "content"), "half of it");
        store.does("test \"$1\" != delete || { echo 'ask the others' >&2; exit 9; }");
        String young = shelf.take(plan);
        assertThat(shelf.shelf(plan).ids()).containsExactly(old, young);
        BackupRun.PruneResult pruned = shelf.prune(plan);
        assertThat(pruned.removed()).isEmpty();
        assertThat(pruned.left()).containsOnlyKeys(left);
        assertThat(pruned.left().get(left)).contains("ask the others");
        assertThat(pruned.unremoved()).containsOnlyKeys(old);
        assertThat(pruned.unremoved().get(old)).contains("ask the others");
        store.does("");
        assertThat(shelf.prune(plan).removed()).containsExactly(old);
        assertThat(kept()).isNotEmpty().allMatch(name -> name.contains(young));
    }

    /** Its server is down: uploads hang, and so does their removal. */
    @Test
    void aHangingStoreTimesOut() throws IOException {
        BackupTarget.Exec target = (BackupTarget.Exec) store.target();
        try (ChildProcesses children = ChildProcesses.within(Duration.ofMillis(500))) {
            BackupStorage place =
                    new ExecStorage("files", target.program(), children, Clock.systemUTC(), Duration.ofMillis(500));
            store.does("sleep infinity");
            BackupStorage.PendingBackup beginning = place.begin("20260101T000000Z-abcdef");
            BackupStorage.StorageFile sink = beginning.file("content");
            assertThatThrownBy(sink::finish).isInstanceOf(BackupException.class);
            assertThatThrownBy(beginning::close).isInstanceOf(UncheckedIOException.class);
        }
    }

    /** No other limit applies while a backup is taken. */
    @Test
    void anEndlessListingIsRefused() throws IOException {
        BackupTarget.Exec target = (BackupTarget.Exec) store.target();
        try (ChildProcesses children = new ChildProcesses()) {
            BackupStorage place =
                    new ExecStorage("files", target.program(), children, Clock.systemUTC(), Duration.ofMillis(500));
            store.does("sleep infinity");
            assertThatThrownBy(() -> BackupStorage.runOnStorage(place::hold))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("did not finish its list within");
        }
        store.does("test \"$1\" != list || { seq -f '{\"bytes\":1,\"name\":\"files/a/%.0f\"}' 300001; exit; }");
        assertThatThrownBy(() -> BackupStorage.runOnStorage(shelf.shelf(plan)::ids))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("more files than a backup can have");
    }

    @Test
    void aBackupWithoutManifestIsIgnored() throws IOException {
        String hollow = shelf.take(plan);
        String young = shelf.take(plan);
        Files.delete(stored(hollow, "manifest"));
        assertThat(shelf.shelf(plan).ids()).containsExactly(young);
        assertThat(shelf.shelf(plan).leftovers()).containsOnly(Map.entry(hollow, "it has no manifest"));
        assertThat(shelf.prune(plan).left()).containsOnly(Map.entry(hollow, "it has no manifest"));
        assertThat(stored(hollow, "content")).exists();
    }

    @Test
    void foreignNamesAreOnlyCounted() throws IOException {
        String id = shelf.take(plan);
        List<String> names = TestingStore.NO_NAMES.stream()
                .filter(name -> !name.contains("\n")) // this program would make two lines of it
                .toList();
        for (String name : names) {
            Files.createDirectory(stored(name, "counts").getParent());
            for (String file : List.of("counts", "manifest")) {
                Files.copy(stored(id, file), stored(name, file));
            }
        }
        Map<String, String> others =
                Map.of("other things", names.size() + " are there under names that no backup uses");
        assertThat(shelf.shelf(plan).ids()).containsExactly(id);
        assertThat(shelf.shelf(plan).leftovers()).isEqualTo(others);
        assertThat(shelf.prune(plan).left()).isEqualTo(others);
        for (String name : names) {
            assertThat(stored(name, "counts")).exists();
            assertThatThrownBy(() -> shelf.verify(plan, name)).hasMessageContaining("there is no backup");
        }
    }

    /** A foreign file is not removed, however old it is, beside our files or among them. */
    @Test
    void onlyFilesOfABackupAreRemoved() throws IOException {
        String taken = shelf.take(plan);
        String left = "20260101T000000Z-abcdef";
        List<String> foreign = List.of(
                "files/1999-wedding/b.jpg",
                "files/2024/05/x",
                "files/" + left + "/a.jpg",
                "files/" + left + "/content/x",
                "files/" + taken + "/deeper/manifest",
                "files/" + taken + "/manifest.pdf",
                "files/other/" + taken + "/manifest",
                "files/readme");
        for (String name : Stream.concat(foreign.stream(), Stream.of("files/" + left + "/data-12"))
                .toList()) {
            Files.createDirectories(store.kept.resolve(name).getParent());
            Files.writeString(store.kept.resolve(name), "half of it");
        }
        try (ChildProcesses children = new ChildProcesses()) {
            BackupStorage place = place(children, Clock.systemUTC());
            try (BackupStorage.StorageLock held = place.hold()) {
                assertThat(held.unremoved())
                        .containsOnly(
                                Map.entry("other things", "4 are there under names that no " + "backup uses"),
                                Map.entry(left, "Interlock does not remove the other files in it"));
            }
            assertThat(place.ids()).containsExactly(taken);
            place.remove(taken);
        }
        assertThat(kept()).containsExactlyElementsOf(foreign);
    }

    /** The target fails after the last read of each backup, which is no backup's fault. */
    @Test
    void aTargetThatGoesAwayInTheMiddleSaysNothing() throws IOException {
        String id = shelf.take(plan);
        store.does("test ! -e gone || { echo 'no route' >&2; exit 3; }"
                + "; test \"$1 ${2##*/}\" != 'get manifest' || { touch gone; echo 'no route' >&2; exit 3; }");
        assertThatThrownBy(() -> shelf.listing(plan))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("no route");
        Files.delete(store.kept.resolve("gone"));
        store.does("test \"$1 ${2##*/}\" != 'get manifest' || { echo 'bad sector' >&2; exit 3; }");
        assertThat(shelf.listing(plan).unusable()).containsOnlyKeys(id);
    }

    /** The program may query a remote server: a listing of a year must not take an hour. */
    @Test
    void aCheckListsTheTargetOnce() throws IOException {
        for (int i = 0; i < 3; i++) {
            shelf.shelf(plan).note(shelf.take(plan), "attested.json", "{}");
        }
        store.does("echo \"$1\" >> ../calls");
        assertThat(shelf.listing(plan).entries()).hasSize(3);
        assertThat(Files.readAllLines(directory.resolve("calls")))
                .hasSizeGreaterThan(6)
                .containsOnlyOnce("list");
    }

    /** A user who ends the whole job gets no message about leftovers. */
    @Test
    void anInterruptedRemovalLeavesNothing() throws IOException {
        String left = "20260101T000000Z-abcdef";
        Files.createDirectories(store.kept.resolve("files").resolve(left));
        Files.writeString(stored(left, "content"), "half of it");
        String old = shelf.takeAt(plan, Instant.now().minus(Duration.ofDays(1)));
        shelf.take(plan);
        store.does("test \"$1\" != delete || kill -TERM $$");
        assertThatThrownBy(() -> shelf.prune(plan)).isInstanceOf(InconclusiveException.class);
        Files.createDirectories(store.kept.resolve("files").resolve(left));
        Files.writeString(stored(left, "content"), "half of it");
        assertThatThrownBy(() -> shelf.take(plan)).isInstanceOf(InconclusiveException.class);
        assertThat(stored(old, "manifest")).exists();
    }

    @Test
    void anInterruptedJobLeavesNoProcess() throws IOException {
        store.does("test \"$1\" != put || { mkdir -p \"$(dirname \"$2\")\"; sleep 1004 & cat > \"$2\"; wait; }");
        List<String> seen = new ArrayList<>();
        assertThatThrownBy(() -> shelf.take(plan, (doing, bytes) -> {
                    if (bytes > 1 << 20 && seen.isEmpty()) {
                        seen.add(doing);
                        shelf.interrupt();
                    }
                }))
                .isInstanceOf(BackupException.class);
        assertThat(seen).isNotEmpty();
        assertThat(ProcessHandle.allProcesses().map(process -> read(Path.of("/proc/" + process.pid() + "/cmdline"))))
                .noneMatch(command -> command.contains("sleep\0001004"));
        assertThat(kept()).isEmpty();
    }

    private static String read(Path path) {
        try {
            return Files.readString(path, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // it has ended
        }
    }
}
