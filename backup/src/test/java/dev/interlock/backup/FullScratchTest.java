package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.kept.SmallDisk;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a restore does not fill a disk that others need: the gateway's ledger may be on it. */
@Timeout(300)
@Tag("process")
class FullScratchTest {

    private static final int MEBIBYTES = 100;

    @TempDir
    private Path directory;

    private BackupFixture shelf;

    @BeforeEach
    void prepare() throws IOException {
        shelf = new BackupFixture(directory);
        for (Path above = directory; above.getNameCount() > 1; above = above.getParent()) {
            Files.setPosixFilePermissions(above, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    private SmallDisk small() throws Exception {
        return SmallDisk.at(shelf.scratch.resolveSibling(shelf.scratch.getFileName() + "-small"), MEBIBYTES);
    }

    private BackupPlanConfig ofPrograms(String verify) throws IOException {
        String report = "echo '{\"count\":1,\"digest\":\"d\",\"name\":\"n\"}'";
        return shelf.plan(new BackupSource.Exec(
                List.of(program("take", report + " > \"$INTERLOCK_REPORT\"\necho content")),
                List.of(program("verify", "cat > /dev/null\n" + verify + "\n" + report)),
                List.of(),
                Map.of()));
    }

    private String program(String name, String text) throws IOException {
        Path program = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + text + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return program.toString();
    }

    /** The program would go on for ever, and then report success. */
    @Test
    void whatFillsTheDiskIsEndedAndSaysNothing() throws Exception {
        BackupPlanConfig plan = ofPrograms("head -c 92M /dev/zero > filled; sleep 1000");
        assertIsEnded(plan, shelf.take(plan), "MiB are free there, and 10 MiB must stay free " + "for others");
    }

    /** A file that is still written can lose its name. */
    @Test
    void whatHasNoNameFillsTheDiskToo() throws Exception {
        BackupPlanConfig plan = ofPrograms("exec 3> filled; rm filled; head -c 92M /dev/zero >&3; sleep 1000");
        assertIsEnded(plan, shelf.take(plan), "MiB are free there");
    }

    /** Empty files use up a file system's inodes. */
    @Test
    void whatMakesEndlessFilesIsEnded() throws Exception {
        BackupPlanConfig plan = ofPrograms("seq 100000 | xargs -n 1000 touch 2> /dev/null; sleep 1000");
        assertIsEnded(plan, shelf.take(plan), "more files can be made there");
    }

    /** Zeroes are few bytes in a backup, and many in a restore. */
    @Test
    void whatIsUnpackedByThisProcessIsEndedToo() throws Exception {
        Path tree = Files.createDirectory(directory.resolve("files"));
        try (RandomAccessFile sparse =
                new RandomAccessFile(tree.resolve("sparse").toFile(), "rw")) {
            sparse.setLength((MEBIBYTES + 10L) << 20);
        }
        BackupPlanConfig plan = shelf.plan(new BackupSource.Directory(tree, Optional.empty()));
        assertIsEnded(plan, shelf.take(plan), "MiB are free there");
    }

    private void assertIsEnded(BackupPlanConfig plan, String id, String why) throws Exception {
        try (SmallDisk small = small()) {
            assertThatThrownBy(() -> shelf.verify(plan, id, small.path(), (_, _) -> {}))
                    .isInstanceOf(InconclusiveException.class)
                    .hasMessageContaining("restore test did not finish")
                    .hasMessageContaining(why)
                    .hasMessageContaining("`" + small.path() + "`: ");
            try (Stream<Path> left = Files.list(small.path())) {
                assertThat(left).isEmpty();
            }
        }
        assertThat(shelf.listing(plan).youngest().orElseThrow().attested()).isEmpty();
    }

    /** The others would miss that space. */
    @Test
    void whereLittleIsFreeNothingIsBegun() throws Exception {
        BackupPlanConfig plan = ofPrograms("true");
        String id = shelf.take(plan);
        try (SmallDisk small = small()) {
            assertThat(shelf.verify(plan, id, small.path(), (_, _) -> {}).faults())
                    .isEmpty();
            Path full = Files.write(small.path().resolve("full"), new byte[(MEBIBYTES - 8) << 20]);
            assertThatThrownBy(() -> shelf.verify(plan, id, small.path(), (_, _) -> {}))
                    .isInstanceOf(InconclusiveException.class)
                    .hasMessageContaining("only 8 MiB are free");
            try (Stream<Path> left = Files.list(small.path())) {
                assertThat(left).containsExactly(full);
            }
        }
    }
}
