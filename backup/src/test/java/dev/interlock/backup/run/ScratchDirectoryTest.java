package dev.interlock.backup.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("process")
class ScratchDirectoryTest {

    private Path base;

    @BeforeEach
    void make() throws IOException {
        base = Files.createTempDirectory("il");
        Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwx--x--x"));
    }

    @AfterEach
    void remove() throws IOException {
        OwnerFiles.removeTree(base);
    }

    /** Returns whether another process finds it locked. */
    private static boolean isLocked(Path lock) throws IOException {
        String inode = ":" + Files.getAttribute(lock, "unix:ino") + " ";
        try (var locks = Files.lines(Path.of("/proc/locks"))) {
            return locks.anyMatch(line -> line.contains("POSIX") && line.contains(inode));
        }
    }

    /**
     * A backup is taken during a restore test: the later job must not expose the other to another process's cleanup.
     */
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

    /** A restored file or a program may have removed the permissions. */
    @Test
    void whatIsClosedToItsOwnerIsRemoved() throws Exception {
        Path left = Files.createDirectory(base.resolve("job-000000000000"));
        for (String mode : new String[] {"---------", "-wx------", "r--------", "--x------"}) {
            Path closed = Files.createDirectory(left.resolve("a" + mode));
            Files.writeString(closed.resolve("rows"), "in the clear");
            Path deep = Files.createDirectory(closed.resolve("deep"));
            Files.writeString(deep.resolve("rows"), "in the clear");
            Files.setPosixFilePermissions(deep, PosixFilePermissions.fromString(mode));
            Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString(mode));
        }
        assertThat(clearWithoutPrivileges()).isEmpty();
        assertThat(left).doesNotExist();
    }

    /** Runs it without capabilities, because root with them opens every directory. */
    private String clearWithoutPrivileges() throws Exception {
        List<String> command = new ArrayList<>();
        if (RestoreSandbox.isRoot()) {
            command.addAll(List.of("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"));
        }
        command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ClearingProcess.class.getName()));
        command.add(base.toString());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }

    /** Another process, which prints its errors. */
    static final class ClearingProcess {
        public static void main(String[] arguments) throws IOException {
            ScratchDirectory.make(Path.of(arguments[0]), new SecureRandom()).close();
        }
    }

    private static int attribute(String change, Path file) throws IOException, InterruptedException {
        return new ProcessBuilder("chattr", change, file.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    /** One that stays keeps neither the others nor the next job. */
    @Test
    void whatCannotBeRemovedKeepsNothingElse() throws Exception {
        Path held = Files.createDirectory(base.resolve("job-000000000000"));
        Files.createFile(held.resolve("rows"));
        Path other = Files.createDirectory(base.resolve("job-111111111111"));
        assumeTrue(attribute("+i", held.resolve("rows")) == 0, "no file can be made immutable here");
        try {
            ScratchDirectory.make(base, new SecureRandom()).close();
            assertThat(held).isDirectory();
            assertThat(other).doesNotExist();
            assertThat(ScratchDirectory.clear(base)).containsOnlyKeys(held);
        } finally {
            attribute("-i", held.resolve("rows"));
        }
        assertThat(ScratchDirectory.clear(base)).isEmpty();
        assertThat(base).isEmptyDirectory();
    }
}
