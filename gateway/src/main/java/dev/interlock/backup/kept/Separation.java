package dev.interlock.backup.kept;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Whether a backup lies apart from what it is a copy of, as far as this machine can see. */
public enum Separation {
    /** On another device of this machine. */
    APART,
    /** On the same device: what takes the one takes the other. */
    SAME,
    /** It cannot be seen from here; what is sealed of the target's failure domain is all there is. */
    UNKNOWN;

    private static final Path BLOCK_DEVICES = Path.of("/sys/dev/block");

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws dev.interlock.evidence.MalformedException if there is none */
    static Separation of(String word) {
        for (Separation separation : values()) {
            if (separation.word().equals(word)) {
                return separation;
            }
        }
        throw new dev.interlock.evidence.MalformedException("`" + word + "` says nothing of devices");
    }

    /** Of two paths that are both here. */
    static Separation between(Path one, Path other) throws IOException {
        Set<String> shared = disks(one);
        shared.retainAll(disks(other));
        return shared.isEmpty() ? APART : SAME;
    }

    /** The device that {@code path} lies on, and what that is a part of or made of. */
    private static Set<String> disks(Path path) throws IOException {
        long device = ((Number) Files.getAttribute(path, "unix:dev")).longValue();
        // Linux, glibc's makedev(3): 12 + 20 bits in the low word, the rest above.
        long major = (device >> 8 & 0xfff) | (device >> 32 & ~0xfffL);
        long minor = (device & 0xff) | (device >> 12 & ~0xffL);
        Set<String> disks = new TreeSet<>(Set.of(major + ":" + minor));
        Path block = BLOCK_DEVICES.resolve(major + ":" + minor);
        if (Files.exists(block)) {
            addWhole(block.toRealPath(), disks);
        }
        return disks;
    }

    private static void addWhole(Path block, Set<String> disks) throws IOException {
        if (Files.exists(block.resolve("dev"))) {
            disks.add(Files.readString(block.resolve("dev")).strip());
        }
        if (Files.exists(block.resolve("partition"))) {
            addWhole(block.resolve("..").toRealPath(), disks);
        }
        Path slaves = block.resolve("slaves");
        if (Files.isDirectory(slaves)) {
            try (Stream<Path> parts = Files.list(slaves)) {
                for (Path part : parts.toList()) {
                    addWhole(part.toRealPath(), disks);
                }
            }
        }
    }
}
