package dev.interlock.backup.kept;

import dev.interlock.backup.run.OwnerFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The empty cluster that a trial has made, handed on from one test's scratch to the next one's in this process: to make
 * one takes longer than most of what is tested with it.
 */
final class ClusterCache {

    /** What servers of a test or two write. */
    private static final long ROOM = 4L << 30;

    private static final Path KEPT = kept();

    private ClusterCache() {}

    private static Path kept() {
        try {
            Path kept = Files.createTempDirectory(scratches(), "ilc");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(kept)));
            return kept;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where tests have their scratch: in memory, if there is room, since what is written there is soon thrown away. */
    static Path scratches() throws IOException {
        Path memory = Path.of("/dev/shm");
        return Files.isWritable(memory) && Files.getFileStore(memory).getUsableSpace() > ROOM
                ? memory
                : Path.of(System.getProperty("java.io.tmpdir"));
    }

    private static void remove(Path kept) {
        try {
            OwnerFiles.removeTree(kept);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lays it into {@code scratch}, if it is there. */
    static void to(Path scratch) throws IOException {
        move(KEPT, scratch);
    }

    /** Takes it out of {@code scratch}, if it is there and not here. */
    static void from(Path scratch) throws IOException {
        move(scratch, KEPT);
    }

    private static synchronized void move(Path from, Path to) throws IOException {
        List<Path> clusters;
        try (Stream<Path> all = Files.list(from)) {
            clusters = all.filter(path -> path.getFileName().toString().startsWith("cluster-"))
                    .toList();
        }
        for (Path cluster : clusters) {
            Path moved = to.resolve(cluster.getFileName());
            if (!Files.exists(moved)) {
                Files.move(cluster, moved);
            }
        }
    }
}
