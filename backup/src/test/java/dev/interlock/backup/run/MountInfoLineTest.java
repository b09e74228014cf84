package dev.interlock.backup.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests the kernel's list of mounts for a path. */
class MountInfoLineTest {

    @Test
    void theDeepestAndLastMountCounts() {
        List<String> mounts = List.of(
                "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
                "40 27 0:40 /@data /data rw shared:1 master:2 - btrfs /dev/sda1 rw",
                "41 27 0:41 / /a\\040b rw - overlay overlay rw",
                "42 27 8:1 / /data rw - ext4 /dev/sda2 rw",
                "nonsense");
        assertThat(MountInfoLine.of(Path.of("/data/x"), mounts)).contains(new MountInfoLine(Path.of("/data"), "ext4", "/dev/sda2"));
        assertThat(MountInfoLine.of(Path.of("/a b/c"), mounts)).contains(new MountInfoLine(Path.of("/a b"), "overlay", "overlay"));
        assertThat(MountInfoLine.of(Path.of("/database"), mounts)).contains(new MountInfoLine(Path.of("/"), "ext4", "/dev/vda"));
        assertThat(new MountInfoLine(Path.of("/a b"), "overlay", "overlay").device()).isEmpty();
    }

    /** An automounter first mounts something of its own there, and leaves it there. */
    @Test
    void whatWasMountedOnDemandLiesOnWhatMountedIt() {
        Path point = Path.of("/mnt/offsite");
        String root = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw";
        String waiting = "50 27 0:50 / /mnt/offsite rw shared:9 - autofs systemd-1 rw,fd=51,direct";
        String there = "61 50 0:61 / /mnt/offsite rw shared:10 - nfs4 files:/backups rw";
        assertThat(MountInfoLine.of(point, List.of(root, waiting)).orElseThrow().type()).isEqualTo("autofs");
        assertThat(MountInfoLine.of(point, List.of(root, waiting, there)).orElseThrow().type())
                .isEqualTo("nfs4");
    }

    /** A zero byte stands for letters that this process's locale does not have. */
    @Test
    void aMountThatCannotBeNamedHidesNoOther() {
        List<String> mounts =
                List.of("27 1 254:0 / / rw,relatime - ext4 /dev/vda rw", "41 27 0:41 / /media/\0 rw - fuse.any any rw");
        assertThat(MountInfoLine.of(Path.of("/media/disk"), mounts).orElseThrow().type())
                .isEqualTo("ext4");
    }
}
