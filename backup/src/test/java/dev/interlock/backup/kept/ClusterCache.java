package dev.interlock.backup.kept;

import dev.interlock.backup.run.OwnerFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The empty database cluster of a restore test, passed from one test's scratch directory to the next in this process.
 * Making one takes longer than most tests with it.
 */
final class ClusterCache {

    /** The space that the servers of a test or two need. */
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

    /**
     * Returns the directory for scratch directories: in memory if there is space, since their files are soon deleted.
     */
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

    /** Copies the cluster to {@code scratch}, if there is one. */
    static void to(Path scratch) throws IOException {
        move(KEPT, scratch);
    }

    /** Takes the cluster from {@code scratch}, if there is one there and none here. */
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
