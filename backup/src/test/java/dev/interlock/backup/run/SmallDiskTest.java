package dev.interlock.backup.run;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requires that small disks can be mounted on some machine: tests that need them pass silently where they cannot. */
@Tag("process")
class SmallDiskTest {

    /** CAP_SYS_ADMIN (capabilities(7)). */
    private static final int MAY_MOUNT = 21;

    private static String effective() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("CapEff:"))
                .map(line -> line.substring("CapEff:".length()).strip())
                .findFirst()
                .orElse("0");
    }

    @Test
    void whereRootMayMountThereIsOne(@TempDir Path directory) throws IOException {
        boolean mayMount = new BigInteger(effective(), 16).testBit(MAY_MOUNT);
        boolean isRoot = Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
        assumeTrue(mayMount && isRoot, "this process may not mount");
        assertThatCode(() -> SmallDisk.at(directory.resolve("small"), 1).close())
                .as("or ScratchWatchTest would pass through here")
                .doesNotThrowAnyException();
    }
}
