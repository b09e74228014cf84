package dev.interlock.backup.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScratchDirectoryTest {

    private Path base;

    @BeforeEach
    void make() throws IOException {
        base = Files.createTempDirectory("il");
        Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwx--x--x"));
    }

    @AfterEach
    void remove() throws IOException {
        PrivateFiles.removeTree(base);
    }

    /** As another process sees it. */
    private static boolean isLocked(Path lock) throws IOException {
        String inode = ":" + Files.getAttribute(lock, "unix:ino") + " ";
        try (var locks = Files.lines(Path.of("/proc/locks"))) {
            return locks.anyMatch(line -> line.contains("POSIX") && line.contains(inode));
        }
    }

    /** One is taken while another is tried: what begins later must not lay the other open to somebody else's sweep. */
    @Test
    void jobsOfOneProcessLeaveEachOthersLocksAlone() throws IOException {
        try (ScratchDirectory trial = ScratchDirectory.make(base, new SecureRandom())) {
            Path lock = Path.of(trial.path() + ".lock");
            assertThat(isLocked(lock)).isTrue();
            try (ScratchDirectory take = ScratchDirectory.make(base, new SecureRandom())) {
                assertThat(isLocked(Path.of(take.path() + ".lock"))).isTrue();
                assertThat(isLocked(lock)).isTrue();
            }
            ScratchDirectory.clear(base);
            assertThat(isLocked(lock)).isTrue();
            assertThat(trial.path()).isDirectory();
        }
        assertThat(base).isEmptyDirectory();
    }

    @Test
    void whatNobodyHasLockedIsRemoved() throws IOException {
        Path left = Files.createDirectory(base.resolve("job-000000000000"));
        Files.writeString(left.resolve("rows"), "in the clear");
        Files.createFile(base.resolve("job-000000000000.lock"));
        Files.createFile(base.resolve("job-111111111111.lock"));
        ScratchDirectory.clear(base);
        assertThat(base).isEmptyDirectory();
    }
}
