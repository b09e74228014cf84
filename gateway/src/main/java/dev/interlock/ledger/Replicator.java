package dev.interlock.ledger;

import dev.interlock.evidence.Segment;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.Tile;
import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Copies what was published to a second place, behind the publisher.
 *
 * <p>Threading: the publisher leaves its last publication here; one platform thread copies. A second place that is slow
 * or gone only lets the lag grow.
 */
final class Replicator implements Closeable {

    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Path from;
    private final Path to;
    private final Thread thread;
    private final Object lock = new Object();

    /** The newest that is not yet copied. Guarded by {@link #lock}. */
    private @Nullable Publication next;

    private boolean closing;

    /** Up to where segments were copied; owned by the thread. */
    private long segment;

    private int offset;
    private Set<String> partials = Set.of();

    private volatile long replicated;
    private volatile @Nullable String failing;

    /** Goes on behind the first {@code replicated} receipts, which the second place holds already. */
    Replicator(Path from, Path to, long replicated) {
        this.from = from;
        this.to = to;
        this.replicated = replicated;
        this.segment = -1;
        this.thread = Thread.ofPlatform().daemon().name("ledger-replicate").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    long replicated() {
        return replicated;
    }

    Optional<String> failing() {
        return Optional.ofNullable(failing);
    }

    void accept(Publication publication) {
        synchronized (lock) {
            next = publication;
            lock.notifyAll();
        }
    }

    private void run() {
        Optional<Publication> work = await();
        while (work.isPresent()) {
            boolean copied = tryCopy(work.get());
            if (!copied && !Threads.pause(lock, () -> closing, RETRY)) {
                return;
            }
            work = copied ? await() : newest(work.get());
        }
    }

    private boolean tryCopy(Publication publication) {
        try {
            copy(publication);
            failing = null;
            return true;
        } catch (IOException | RuntimeException e) {
            failing = String.valueOf(e);
            return false;
        } catch (Error e) {
            failing = "an error of the machine ended it";
            throw e;
        }
    }

    private Optional<Publication> await() {
        synchronized (lock) {
            while (next == null && !closing) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    return Optional.empty();
                }
            }
            Publication found = next;
            next = null;
            return Optional.ofNullable(found);
        }
    }

    private Optional<Publication> newest(Publication failed) {
        synchronized (lock) {
            Publication found = next == null ? failed : next;
            next = null;
            return Optional.of(found);
        }
    }

    private void copy(Publication publication) throws IOException {
        copySegments(publication.end());
        for (Tile tile : Tile.changed(replicated, publication.size())) {
            if (tile.isFull()) {
                DiskFile.replace(to.resolve(tile.path()), Files.readAllBytes(from.resolve(tile.path())));
            }
        }
        for (Map.Entry<String, byte[]> file : publication.partials().entrySet()) {
            DiskFile.replace(to.resolve(file.getKey()), file.getValue());
        }
        // Last, as in the original: a checkpoint never speaks of what is not there.
        DiskFile.replace(
                to.resolve(StaticLog.CHECKPOINT), publication.checkpoint().bytes());
        replicated = publication.size();
        forget(publication.partials().keySet());
    }

    private void forget(Set<String> now) throws IOException {
        Set<String> old = new TreeSet<>(partials);
        old.removeAll(now);
        for (String path : old) {
            Files.deleteIfExists(to.resolve(path));
        }
        partials = Set.copyOf(now);
    }

    private void copySegments(Committed.Place end) throws IOException {
        List<Long> segments = Recovery.segments(from);
        if (segment < 0) {
            // After a start the last segment that the copy may have in part is copied whole.
            segment = segments.stream()
                    .filter(first -> first <= replicated)
                    .reduce((_, b) -> b)
                    .orElse(0L);
        }
        for (long first : segments) {
            if (first >= segment && first <= end.segment()) {
                int start = first == segment ? offset : 0;
                Path file = from.resolve("segments").resolve(Segment.fileName(first));
                int stop = first == end.segment() ? end.end() : (int) Files.size(file);
                copyRange(file, to.resolve("segments").resolve(Segment.fileName(first)), start, stop);
                segment = first;
                offset = stop;
            }
        }
    }

    private static void copyRange(Path source, Path target, int start, int stop) throws IOException {
        Files.createDirectories(target.getParent());
        byte[] bytes = new byte[stop - start];
        try (RandomAccessFile in = new RandomAccessFile(source.toFile(), "r")) {
            in.seek(start);
            in.readFully(bytes);
        }
        try (SegmentFile out = DiskFile.open(target)) {
            out.write(bytes, start);
            out.force();
        }
    }

    /** Copies what there is, if the second place is there, and stops. */
    @Override
    public void close() {
        synchronized (lock) {
            closing = true;
            lock.notifyAll();
        }
        Threads.join(thread);
    }
}
