package dev.interlock.ledger;

import dev.interlock.evidence.Segment;
import dev.interlock.linux.PrivateFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * The segment after the current one, written with zeros by a thread of its own, so that no receipt waits for that.
 * Until it is used it has no header and a hidden name, which recovery, verifier and replica leave out.
 *
 * <p>Threading: owned by the committer's thread, like the journal.
 */
final class NextSegment implements Closeable {

    static final String NAME = ".next";

    /** Maximum bytes of one write. A whole segment would stay in memory twice, in the heap and outside of it. */
    private static final int CHUNK = 256 * 1024;

    private final Path directory;
    private final int segmentBytes;
    private final SegmentFile.SegmentFileOpener opener;
    private final Path prepared;

    /** Writes the zeros; null if it was not begun since the last use. */
    private @Nullable FutureTask<SegmentFile> preparing;

    /** Removes the file that an earlier process prepared. It may have a header already, or not all of its zeros. */
    NextSegment(Path directory, int segmentBytes, SegmentFile.SegmentFileOpener opener) throws IOException {
        this.directory = directory;
        this.segmentBytes = segmentBytes;
        this.opener = opener;
        this.prepared = directory.resolve(NAME);
        Files.deleteIfExists(prepared);
    }

    /** Begins to prepare the file, unless that was begun before. */
    void prepare() {
        if (preparing == null) {
            FutureTask<SegmentFile> task = new FutureTask<>(() -> written(prepared, new byte[Segment.HEADER_LENGTH]));
            preparing = task;
            Thread.ofPlatform().daemon().name("ledger-prepare").start(task);
        }
    }

    /** Returns the durable segment that begins with leaf {@code first}: the prepared one, or a new one. */
    SegmentFile take(long first) throws IOException {
        Path path = directory.resolve(Segment.fileName(first));
        try {
            SegmentFile ready = awaitPrepared();
            if (ready == null) {
                return created(path, first);
            }
            try (ready) {
                ready.write(Segment.header(first), 0);
                // INVARIANT: the header is durable before the name, because recovery takes a frame without one for
                // damage.
                ready.force();
            }
            Files.move(prepared, path, StandardCopyOption.ATOMIC_MOVE);
            PrivateFiles.sync(directory);
            return opener.open(path);
        } catch (IOException e) {
            // It was never used. On a full disk it takes the last blocks, which a report of the failure needs.
            Files.deleteIfExists(prepared);
            Files.deleteIfExists(path);
            throw e;
        }
    }

    private SegmentFile created(Path path, long first) throws IOException {
        SegmentFile file = written(path, Segment.header(first));
        PrivateFiles.sync(directory);
        return file;
    }

    private SegmentFile written(Path path, byte[] header) throws IOException {
        SegmentFile file = opener.open(path);
        try {
            file.write(header, 0);
            zeros(file, header.length, segmentBytes);
            file.force();
            return file;
        } catch (IOException e) {
            file.close();
            Files.deleteIfExists(path);
            throw e;
        }
    }

    static void zeros(SegmentFile file, int from, int to) throws IOException {
        byte[] chunk = new byte[CHUNK];
        for (int at = from; at < to; at += CHUNK) {
            file.write(to - at < CHUNK ? new byte[to - at] : chunk, at);
        }
    }

    /** Waits for the prepared file; null if none was begun, or if it failed: a disk that was full may have room now. */
    private @Nullable SegmentFile awaitPrepared() {
        FutureTask<SegmentFile> task = preparing;
        preparing = null;
        boolean interrupted = false;
        try {
            while (task != null) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true; // none of our code interrupts this thread
                } catch (ExecutionException e) {
                    return null;
                }
            }
            return null;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() throws IOException {
        SegmentFile ready = awaitPrepared();
        if (ready != null) {
            ready.close();
        }
        Files.deleteIfExists(prepared);
    }
}
