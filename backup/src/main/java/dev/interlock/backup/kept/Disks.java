package dev.interlock.backup.kept;

import dev.interlock.backup.run.Mount;
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
 * What a path lies on, as the kernel tells it: its device, and what that is a part of or made of.
 *
 * @param names {@code major:minor}, of disks and of all that lies between
 * @param complete whether all of them are among these; of a file system on a network, in memory, or of a kind that
 *     spreads over disks by itself, nobody can say that from here
 */
record Disks(Set<String> names, boolean complete) {

    private static final Path BLOCK_DEVICES = Path.of("/sys/dev/block");

    /** For each file system of btrfs, the devices that it spreads over. */
    private static final Path BTRFS = Path.of("/sys/fs/btrfs");

    /** Where file systems lie in files of others, there is an end to it. */
    private static final int MAX_DEPTH = 8;

    Disks {
        names = Collections.unmodifiableSet(new TreeSet<>(names));
    }

    /** Those under {@code path}, which is there. */
    static Disks under(Path path) throws IOException {
        Finding finding = new Finding();
        finding.path(path.toRealPath(), 0);
        return new Disks(finding.names, finding.complete);
    }

    /** Whether a device of this machine is among them: what comes over a network has none here. */
    boolean isHere() {
        return names.stream().anyMatch(name -> Files.exists(BLOCK_DEVICES.resolve(name)));
    }

    /** One search. */
    private static final class Finding {
        private final Set<String> names = new TreeSet<>();
        private boolean complete = true;

        void path(Path path, int depth) throws IOException {
            Number device = (Number) Files.getAttribute(path, "unix:dev", LinkOption.NOFOLLOW_LINKS);
            if (major(device.longValue()) != 0) {
                device(name(device.longValue()), depth);
                return;
            }
            // Made up by the file system, such as for each subvolume: what is mounted there may be a device.
            names.add(name(device.longValue()));
            Optional<Path> source = Mount.of(path).flatMap(Mount::device);
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
                    complete = false; // it has no name any more, or one that cannot be seen from here
                }
            }
        }

        /** The devices of a file system of btrfs of which {@code name} is one; without that none. */
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

    // Linux, glibc's makedev(3): 12 + 20 bits in the low word, the rest above.
    private static long major(long device) {
        return (device >> 8 & 0xfff) | (device >> 32 & ~0xfffL);
    }

    private static String name(long device) {
        return major(device) + ":" + ((device & 0xff) | (device >> 12 & ~0xffL));
    }
}
