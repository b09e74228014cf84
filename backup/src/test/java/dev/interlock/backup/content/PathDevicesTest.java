package dev.interlock.backup.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests which paths lie on which devices, according to this machine's kernel. */
class PathDevicesTest {

    @TempDir
    private Path directory;

    @Test
    void twoPlacesOfOneFileSystemAreNotApart() throws IOException {
        Path one = Files.createDirectory(directory.resolve("one"));
        Path other = Files.createDirectory(directory.resolve("other"));
        assertThat(Separation.between(one, other)).isEqualTo(Separation.SAME);
    }

    /** Its device number is made up, like those of a subvolume, a data set or a network mount. */
    @Test
    void whatLiesOnNoDeviceIsNeverApart() throws IOException {
        Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isDirectory(memory), "no file system in memory is mounted");
        assertThat(PathDevices.under(memory).complete()).isFalse();
        assertThat(Separation.between(directory, memory)).isEqualTo(Separation.UNKNOWN);
        assertThat(Separation.between(memory, memory)).isEqualTo(Separation.SAME);
    }

    @Test
    void apartIsWhatIsKnownWholeAndSharesNothing() {
        PathDevices one = new PathDevices(Set.of("8:1", "8:0"), true);
        assertThat(Separation.between(one, new PathDevices(Set.of("8:17", "8:16"), true)))
                .isEqualTo(Separation.APART);
        assertThat(Separation.between(one, new PathDevices(Set.of("253:0", "8:0"), true)))
                .isEqualTo(Separation.SAME);
        assertThat(Separation.between(one, new PathDevices(Set.of("0:40"), false)))
                .isEqualTo(Separation.UNKNOWN);
        assertThat(Separation.between(one, new PathDevices(Set.of("0:40", "8:0"), false)))
                .isEqualTo(Separation.SAME);
    }

    /** A file system in a file lies where the file does. */
    @Test
    @Tag("process")
    void whatLiesInAFileIsNotApartFromIt() throws Exception {
        Path image = directory.resolve("an image");
        Path mounted = Files.createDirectory(directory.resolve("mounted"));
        boolean made = run("truncate", "-s", "8M", image.toString())
                && run("mkfs.ext4", "-q", "-F", image.toString())
                && run("mount", "-o", "loop", image.toString(), mounted.toString());
        assumeTrue(made, "nothing can be mounted from a file here");
        try {
            assertThat(Separation.between(directory, mounted)).isEqualTo(Separation.SAME);
        } finally {
            run("umount", mounted.toString());
        }
    }

    private static boolean run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 && !said.contains("failed");
    }
}
