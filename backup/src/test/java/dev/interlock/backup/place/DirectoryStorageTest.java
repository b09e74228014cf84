package dev.interlock.backup.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupStatus;
import dev.interlock.backup.DueJob;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests backups in a directory that does not answer, and in one that is not there. */
@Timeout(300)
@Tag("process")
class DirectoryStorageTest {

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

    private BackupPlanConfig in(BackupTarget target) {
        return new BackupPlanConfig(
                plan.name(), plan.of(), plan.source(), target, plan.every(), plan.keep(), Optional.empty());
    }

    /** Every question fails at a link that leads to itself, as with a file server that is down. */
    @Test
    void anUnresponsiveTargetIsNotEmpty() throws IOException {
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
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
    }

    /** There is a bad sector in the directory of one, or under its manifest. */
    @Test
    void anUnresponsiveTargetBlocksNoOther() throws Exception {
        try (BadSectorDisk disk = new BadSectorDisk(shelf.target)) {
            BackupPlanConfig rotting = in(new BackupTarget.Directory(disk.mounted, Optional.empty()));
            String other = shelf.takeAt(rotting, daysAgo(4));
            String another = shelf.takeAt(rotting, daysAgo(3));
            String id = shelf.takeAt(rotting, daysAgo(2));
            shelf.verifyAndNote(rotting, id);
            disk.rots(shelf.directory(rotting).resolve(other));
            disk.rots(shelf.file(rotting, another, BackupStorage.MANIFEST));
            assertThat(shelf.listing(rotting).youngest().orElseThrow().id()).isEqualTo(id);
            assertThat(shelf.listing(rotting).unusable()).containsOnlyKeys(other, another);
            assertThat(DueJob.of(rotting, shelf.listing(rotting), BackupStatus.UNKNOWN)
                            .getFirst()
                            .work())
                    .isEqualTo(DueJob.JobKind.TAKE);
            String young = shelf.take(rotting);
            assertThat(shelf.prune(rotting).left()).containsOnlyKeys(other, another);
            assertThat(shelf.youngest(rotting)).isEqualTo(young);
        }
    }

    private static Instant daysAgo(long days) {
        return Instant.now().minus(Duration.ofDays(days));
    }

    /** A bad sector, or a server that fails midway, must not be signed as an altered backup. */
    @Test
    void aReadErrorIsNotTheBackupsFault() throws Exception {
        try (BadSectorDisk disk = new BadSectorDisk(shelf.target)) {
            BackupPlanConfig rotting = in(new BackupTarget.Directory(disk.mounted, Optional.empty()));
            String id = shelf.take(rotting);
            String young = shelf.take(rotting);
            for (String name : List.of("content", BackupStorage.MANIFEST)) {
                disk.rots(shelf.file(rotting, id, name));
                assertThatThrownBy(() -> shelf.verify(rotting, id))
                        .as(name)
                        .isInstanceOf(BackupException.class)
                        .hasMessageContaining("cannot be read");
            }
            assertThat(shelf.listing(rotting).unusable()).containsOnlyKeys(id);
            assertThat(shelf.listing(rotting).youngest().orElseThrow().id()).isEqualTo(young);
        }
    }

    /** The disk was full, and somebody moved the large one. The link's target may lie beside the original data. */
    @Test
    void linksInTheTargetAreIgnored() throws IOException {
        String id = shelf.take(plan);
        Path own = shelf.directory(plan).resolve(id);
        Path moved = directory.resolve("moved");
        for (String name : List.of("content", BackupStorage.MANIFEST)) {
            Path file = own.resolve(name);
            Files.copy(file, moved);
            Files.delete(file);
            Files.createSymbolicLink(file, moved);
            String link = "its " + name + " is a link: replace it with its target";
            if (name.equals(BackupStorage.MANIFEST)) {
                assertThat(shelf.shelf(plan).leftovers()).isEqualTo(Map.of(id, link));
                assertThatThrownBy(() -> shelf.verify(plan, id)).hasMessageEndingWith(id + "` of `files`: " + link);
            } else {
                assertThat(shelf.verify(plan, id).faults()).containsExactly(link);
            }
            Files.delete(file);
            Files.move(moved, file);
            assertThat(shelf.verify(plan, id).faults()).isEmpty();
        }
        Files.move(own, own.resolveSibling(".away"));
        Files.createSymbolicLink(own, own.resolveSibling(".away"));
        assertThat(shelf.shelf(plan).ids()).isEmpty();
        assertThat(shelf.shelf(plan).leftovers()).isEqualTo(Map.of(id, "it is a link: replace it with its target"));
        assertThatThrownBy(() -> shelf.verify(plan, id)).hasMessageContaining("there is no backup");
        Files.delete(own);
    }

    /** Like a link, it would make statements about the target apply to another disk. */
    @Test
    void mountsOverABackupAreIgnored() throws Exception {
        String id = shelf.take(plan);
        Path own = shelf.directory(plan).resolve(id);
        String mounted = "is on another disk that is mounted there: move the files into its place";
        String same = Files.createDirectory(directory.resolve("same")).toString();
        for (String name : List.of("content", BackupStorage.MANIFEST)) {
            Files.copy(own.resolve(name), Path.of(same, name));
        }
        assumeTrue(
                ran("mount", "--bind", same + "/content", own.resolve("content").toString()), "nothing can be mounted");
        try {
            assertThat(shelf.verify(plan, id).faults()).containsExactly("its content " + mounted);
        } finally {
            ran("umount", own.resolve("content").toString());
        }
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
        ran("mount", "--bind", same, own.toString());
        try {
            assertThat(shelf.shelf(plan).ids()).isEmpty();
            assertThat(shelf.shelf(plan).leftovers()).isEqualTo(Map.of(id, "it " + mounted));
        } finally {
            ran("umount", own.toString());
        }
        assertThat(shelf.shelf(plan).ids()).containsExactly(id);
    }

    /** The author of the plan may have used links: the place of the bytes counts. */
    @Test
    void aTargetLiesWhereItsBytesDo() throws IOException {
        Path here = Files.createDirectory(directory.resolve("here"));
        Path linked = shelf.target.resolve("linked");
        Files.createSymbolicLink(linked, here);
        Path own = Files.createDirectory(shelf.target.resolve("own"));
        Files.createSymbolicLink(own.resolve(plan.name()), here);
        for (Path target : List.of(linked, own)) {
            BackupPlanConfig together = in(new BackupTarget.Directory(target, Optional.empty()));
            assertThat(shelf.verify(together, shelf.take(together)).faults())
                    .containsExactly("it is on the same device as its source");
        }
    }

    /** A check of thousands of remote names makes progress all the while, and ends once nobody waits for it. */
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
                    throw new InconclusiveException("this check was abandoned");
                }))
                .isInstanceOf(InconclusiveException.class);
        assertThat(steps).hasValue(5);
    }

    /** Somebody removed its manifest, or all its files: it is not there, and that is reported. */
    @Test
    void aBackupWithoutManifestIsIgnored() throws IOException {
        String hollow = shelf.take(plan);
        String empty = shelf.take(plan);
        String young = shelf.take(plan);
        Files.delete(shelf.file(plan, hollow, BackupStorage.MANIFEST));
        for (String name : List.of(BackupStorage.MANIFEST, "content", "listing")) {
            Files.delete(shelf.file(plan, empty, name));
        }
        assertThat(shelf.shelf(plan).ids()).containsExactly(young);
        assertThat(shelf.listing(plan).unusable()).isEmpty();
        assertThat(shelf.prune(plan).left())
                .containsOnly(Map.entry(hollow, "it has no manifest"), Map.entry(empty, "it has no manifest"));
        assertThat(shelf.directory(plan).resolve(hollow)).isNotEmptyDirectory();
    }

    /**
     * A user who may write there must not have their own texts printed as ours: they would reach agents, and signers.
     */
    @Test
    void foreignNamesAreOnlyCounted() throws IOException {
        String id = shelf.take(plan);
        for (String name : TestingStore.NO_NAMES) {
            Path other = Files.createDirectory(shelf.directory(plan).resolve(name));
            Files.copy(shelf.file(plan, id, BackupStorage.MANIFEST), other.resolve(BackupStorage.MANIFEST));
        }
        Map<String, String> others =
                Map.of("other things", TestingStore.NO_NAMES.size() + " are there under names that no backup uses");
        assertThat(shelf.shelf(plan).ids()).containsExactly(id);
        assertThat(shelf.shelf(plan).leftovers()).isEqualTo(others);
        assertThat(shelf.listing(plan).entries()).hasSize(1);
        assertThat(shelf.prune(plan).left()).isEqualTo(others);
        for (String name : TestingStore.NO_NAMES) {
            assertThat(shelf.directory(plan).resolve(name)).isNotEmptyDirectory();
            assertThatThrownBy(() -> shelf.verify(plan, name)).hasMessageContaining("there is no backup");
        }
    }

    /** A leftover of a killed run that nobody can remove must not prevent the next backup. */
    @Test
    void leftoversThatCannotBeRemovedBlockNoBackup() throws Exception {
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

    static boolean ran(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    /** The disk of this test is the machine's memory; redirecting a link removes it. */
    @Test
    void nothingIsWrittenWithoutTheMountedDisk() throws IOException {
        Path point = directory.resolve("point");
        Path below = Files.createDirectory(directory.resolve("below"));
        Path onDisk = point.resolve(shelf.target.getFileName());
        Files.createSymbolicLink(point, shelf.target.getParent());
        BackupPlanConfig mounted = in(new BackupTarget.Directory(onDisk, Optional.of(point)));
        String id = shelf.take(mounted);
        assertThat(shelf.verifyAndNote(mounted, id).faults()).isEmpty();
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
        assertThat(shelf.verify(mounted, id).faults()).isEmpty();
        shelf.take(mounted);
    }

    private void assertMissing(BackupPlanConfig mounted, String id) {
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
        assertThat(new BackupTarget.Directory(there, Optional.of(there)).mountedAt())
                .contains(there);
        for (Path other : new Path[] {Path.of("/mnt/other"), there.resolve("deeper"), Path.of("/")}) {
            assertThatThrownBy(() -> new BackupTarget.Directory(there, Optional.of(other)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("`mounted-at`");
        }
    }
}
