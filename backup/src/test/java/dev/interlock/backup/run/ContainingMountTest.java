package dev.interlock.backup.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.linux.MountTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests the mount of a path, by the kernel's list of mounts. */
class ContainingMountTest {

    @Test
    void theDeepestAndLastMountCounts() throws IOException {
        MountTable mounts = MountTable.parse(String.join(
                "\n",
                "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
                "40 27 0:40 /@data /data rw shared:1 master:2 - btrfs /dev/sda1 rw",
                "41 27 0:41 / /a\\040b rw - overlay overlay rw",
                "42 27 8:1 / /data rw - ext4 /dev/sda2 rw",
                ""));
        assertThat(found("/data/x", mounts)).containsExactly("/data", "ext4", "/dev/sda2");
        assertThat(found("/a b/c", mounts)).containsExactly("/a b", "overlay", "overlay");
        assertThat(found("/database", mounts)).containsExactly("/", "ext4", "/dev/vda");
        assertThat(ContainingMount.of(Path.of("/a b"), mounts).flatMap(ContainingMount::device))
                .isEmpty();
        assertThatThrownBy(() -> MountTable.parse("nonsense")).isInstanceOf(IOException.class);
    }

    private static List<String> found(String path, MountTable mounts) {
        MountTable.ProcessMount found =
                ContainingMount.of(Path.of(path), mounts).orElseThrow();
        return List.of(found.at(), found.type(), found.source());
    }

    /** A zero byte stands for letters that this process's locale does not have. */
    @Test
    void aMountThatCannotBeNamedHidesNoOther() throws IOException {
        MountTable mounts = MountTable.parse(
                "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n41 27 0:41 / /media/\0 rw - fuse.any any rw");
        assertThat(ContainingMount.of(Path.of("/media/disk"), mounts)
                        .orElseThrow()
                        .type())
                .isEqualTo("ext4");
    }
}
