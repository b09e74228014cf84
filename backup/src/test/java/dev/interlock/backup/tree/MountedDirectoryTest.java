package dev.interlock.backup.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests directories on a disk of their own. This test's disk is the machine's memory; redirecting a link removes it.
 */
@Tag("process")
class MountedDirectoryTest {

    @TempDir
    private Path directory;

    private BackupFixture shelf;
    private Path point;
    private Path disk;
    private Path below;
    private BackupPlanConfig plan;

    @BeforeEach
    void prepare() throws IOException {
        shelf = new BackupFixture(directory);
        disk = Files.createTempDirectory(shelf.target.getParent(), "uploads");
        Files.writeString(disk.resolve("invoice"), "an invoice");
        point = directory.resolve("point");
        Files.createSymbolicLink(point, disk.getParent());
        Path named = point.resolve(disk.getFileName());
        below = Files.createDirectory(directory.resolve("below"));
        Files.createDirectory(below.resolve(disk.getFileName()));
        Files.writeString(below.resolve(disk.getFileName()).resolve(".gitkeep"), "");
        plan = shelf.plan(new BackupSource.Directory(named, Optional.of(point)), directory.resolve("kept"));
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        OwnerFiles.removeTree(disk);
        shelf.close();
    }

    private void unmount() throws IOException {
        Files.delete(point);
        Files.createSymbolicLink(point, below);
    }

    /** The files below the mount point are complete, and are no copy of the mounted ones. */
    @Test
    void filesBelowAMissingDiskAreNoBackup() throws Exception {
        String id = shelf.take(plan);
        unmount();
        assertThatThrownBy(() -> shelf.take(plan))
                .isInstanceOf(BackupException.class)
                .hasMessage("nothing is mounted at `" + point + "`, where `" + point.resolve(disk.getFileName())
                        + "` should be, which is to be copied");
        Files.delete(point);
        assertThatThrownBy(() -> shelf.take(plan)).hasMessageStartingWith("nothing is mounted at");
        assertThat(shelf.shelf(plan).ids()).containsExactly(id);
    }

    @Test
    void aDiskUnmountedDuringABackupGivesNoBackup() {
        AtomicBoolean gone = new AtomicBoolean();
        assertThatThrownBy(() -> shelf.take(plan, (doing, _) -> {
                    if (doing.equals("copying") && !gone.getAndSet(true)) {
                        unmounted();
                    }
                }))
                .isInstanceOf(BackupException.class)
                .hasMessageStartingWith("nothing is mounted at");
    }

    private void unmounted() {
        try {
            unmount();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The disk with the backups may well be the one below it. */
    @Test
    void backupsOfAMissingDiskAreTriedAllTheSame() throws Exception {
        BackupRun.BackupResult taken = shelf.take(plan, (_, _) -> {});
        assertThat(taken.separation()).isNotEqualTo(Separation.SAME);
        unmount();
        BackupAttestation found = shelf.verify(plan, taken.id());
        assertThat(found.faults()).isEmpty();
        assertThat(found.json().text("separation")).isEqualTo("unknown");
    }
}
