package dev.interlock.ledger;

import dev.interlock.evidence.GzipFile;
import dev.interlock.evidence.Segment;
import dev.interlock.linux.PrivateFiles;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Appends to the end of the segment files.
 *
 * <p>Threading: owned by the committer's thread once the ledger is open.
 */
final class Journal implements Closeable {

    private final int segmentBytes;
    private final NextSegment next;
    private SegmentFile file;
    private long first;
    private int position;
    private long size;

    private Journal(int segmentBytes, NextSegment next, SegmentFile file, long first) {
        this.segmentBytes = segmentBytes;
        this.next = next;
        this.file = file;
        this.first = first;
        this.size = first;
        this.position = Segment.HEADER_LENGTH;
    }

    /** Creates the journal of a ledger without receipts. */
    static Journal create(Path directory, int segmentBytes, SegmentFile.SegmentFileOpener opener) throws IOException {
        NextSegment next = new NextSegment(directory, segmentBytes, opener);
        return new Journal(segmentBytes, next, next.take(0), 0);
    }

    /**
     * Continues behind {@code good}. The last segment is written again: after a failed sync, what was read back may
     * have come from memory alone.
     */
    static Journal resume(Path directory, int segmentBytes, SegmentFile.SegmentFileOpener opener, Tail good)
            throws IOException {
        NextSegment next = new NextSegment(directory, segmentBytes, opener);
        Path path = directory.resolve(Segment.fileName(good.first()));
        Path compressed = GzipFile.of(path);
        boolean wasFull = Files.exists(compressed);
        if (wasFull) { // in one step: the plain form is read first, and a part of it would hide the other
            DiskFile.replaceForced(path, Arrays.copyOf(good.content(), good.fileBytes()));
        }
        SegmentFile file = opener.open(path);
        try {
            file.write(good.content(), 0);
            NextSegment.zeros(file, good.content().length, good.fileBytes());
            file.force();
            if (wasFull) {
                PrivateFiles.sync(directory);
                Files.delete(compressed);
            }
        } catch (IOException e) {
            file.close();
            throw e;
        }
        Journal journal = new Journal(segmentBytes, next, file, good.first());
        journal.position = good.content().length;
        journal.size = good.size();
        return journal;
    }

    static final class Tail {
        private final long first;
        private final long size;
        private final byte[] content;
        private final int fileBytes;

        Tail(long first, long size, byte[] content, int fileBytes) {
            this.first = first;
            this.size = size;
            this.content = content;
            this.fileBytes = fileBytes;
        }

        long first() {
            return first;
        }

        long size() {
            return size;
        }

        byte[] content() {
            return content;
        }

        int fileBytes() {
            return Math.max(fileBytes, content.length);
        }
    }

    long size() {
        return size;
    }

    /** Appends {@code entries} and returns once all are durable. After an exception the journal must not be used. */
    List<CommittedReceipt> append(List<LogEntry> entries) throws IOException {
        List<CommittedReceipt> committed = new ArrayList<>();
        ByteArrayOutputStream frames = new ByteArrayOutputStream(entries.stream()
                .mapToInt(entry -> Segment.FRAME_OVERHEAD + entry.bytes().length)
                .sum());
        long group = size;
        for (LogEntry entry : entries) {
            if (position + frames.size() + Segment.FRAME_OVERHEAD + entry.bytes().length > segmentBytes) {
                flush(frames);
                roll();
                group = size;
            }
            byte[] frame = Segment.frame(size, (int) (size - group), entry.bytes());
            CommittedReceipt.FramePosition place =
                    new CommittedReceipt.FramePosition(first, position + frames.size(), frame.length);
            committed.add(new CommittedReceipt(size, entry, place));
            frames.writeBytes(frame);
            size++;
        }
        flush(frames);
        return committed;
    }

    private void flush(ByteArrayOutputStream frames) throws IOException {
        if (frames.size() > 0) {
            file.write(frames.toByteArray(), position);
            file.force();
            position += frames.size();
            frames.reset();
            if (position > segmentBytes / 2) {
                next.prepare(); // not earlier: few ledgers fill a segment, and it takes as much of the disk
            }
        }
    }

    private void roll() throws IOException {
        file.close();
        file = next.take(size);
        first = size;
        position = Segment.HEADER_LENGTH;
    }

    @Override
    public void close() throws IOException {
        try {
            file.close();
        } finally {
            next.close();
        }
    }

    /**
     * The segment after the current one, written with zeros by a thread of its own, so that no receipt waits for that.
     * Until it is used it has no header and a hidden name, which recovery, verifier and replica leave out.
     *
     * <p>Threading: owned by the committer's thread, like the journal.
     */
    static final class NextSegment implements Closeable {

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
                FutureTask<SegmentFile> task =
                        new FutureTask<>(() -> written(prepared, new byte[Segment.HEADER_LENGTH]));
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

        /**
         * Waits for the prepared file; null if none was begun, or if it failed: a disk that was full may have room now.
         */
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
}
