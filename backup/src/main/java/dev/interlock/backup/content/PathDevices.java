package dev.interlock.backup.content;

import dev.interlock.backup.run.ContainingMount;
import dev.interlock.linux.MountTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The devices below a path by the kernel, as {@code major:minor}, with all layers between; perhaps not {@code complete}
 * for file systems on a network, in memory, or that spread over disks themselves.
 */
record PathDevices(Set<String> names, boolean complete) {

    private static final Path BLOCK_DEVICES = Path.of("/sys/dev/block");
    private static final Path BTRFS = Path.of("/sys/fs/btrfs");

    private static final int MAX_DEPTH = 8; // maximum depth of file systems in files of other file systems

    PathDevices {
        names = Collections.unmodifiableSet(new TreeSet<>(names));
    }

    static PathDevices under(Path path) throws IOException {
        Finding finding = new Finding();
        finding.path(path.toRealPath(), 0);
        return new PathDevices(finding.names, finding.complete);
    }

    private static final class Finding {
        private final Set<String> names = new TreeSet<>();
        private boolean complete = true;

        void path(Path path, int depth) throws IOException {
            Number device = (Number) Files.getAttribute(path, "unix:dev", LinkOption.NOFOLLOW_LINKS);
            if (major(device.longValue()) != 0) {
                device(name(device.longValue()), depth);
                return;
            }
            // A device number that the file system made up, as for each subvolume. The mount's source may be a real
            // device.
            names.add(name(device.longValue()));
            Optional<Path> source =
                    ContainingMount.of(path, MountTable.of("self")).flatMap(ContainingMount::device);
            if (source.isPresent()) {
                Number behind = (Number) Files.getAttribute(source.get(), "unix:rdev");
                device(name(behind.longValue()), depth);
            } else {
                complete = false;
            }
        }

        private void device(String name, int depth) throws IOException {
            names.add(name);
            Path block = BLOCK_DEVICES.resolve(name);
            if (!Files.exists(block) || depth > MAX_DEPTH) {
                complete = false;
                return;
            }
            block(block.toRealPath(), depth);
            for (Path other : ofOneFileSystem(name)) {
                block(other, depth);
            }
        }

        private void block(Path block, int depth) throws IOException {
            if (Files.exists(block.resolve("dev"))) {
                names.add(Files.readString(block.resolve("dev")).strip());
            }
            if (Files.exists(block.resolve("partition"))) {
                block(block.resolve("..").toRealPath(), depth);
            }
            for (Path part : list(block.resolve("slaves"))) {
                block(part.toRealPath(), depth);
            }
            if (Files.exists(block.resolve("loop/backing_file"))) {
                Path file = Path.of(
                        Files.readString(block.resolve("loop/backing_file")).strip());
                if (Files.exists(file)) {
                    path(file.toRealPath(), depth + 1);
                } else {
                    complete = false; // the device is gone, or has no name that is visible here
                }
            }
        }

        private static List<Path> ofOneFileSystem(String name) throws IOException {
            for (Path system : list(BTRFS)) {
                List<Path> devices = list(system.resolve("devices"));
                for (Path device : devices) {
                    Path dev = device.resolve("dev");
                    if (Files.exists(dev) && Files.readString(dev).strip().equals(name)) {
                        return devices;
                    }
                }
            }
            return List.of();
        }

        private static List<Path> list(Path directory) throws IOException {
            if (!Files.isDirectory(directory)) {
                return List.of();
            }
            try (Stream<Path> all = Files.list(directory)) {
                return all.toList();
            }
        }
    }

    // Returns the major number by glibc's makedev(3) on Linux: 12 + 20 bits in the low word, the rest above.
    private static long major(long device) {
        return (device >> 8 & 0xfff) | (device >> 32 & ~0xfffL);
    }

    private static String name(long device) {
        return major(device) + ":" + ((device & 0xff) | (device >> 12 & ~0xffL));
    }
}
