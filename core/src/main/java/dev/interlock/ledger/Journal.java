package dev.interlock.ledger;

import dev.interlock.evidence.Segment;
import dev.interlock.linux.PrivateFiles;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Appends to the end of the segment files.
 *
 * <p>Threading: owned by the committer's thread once the ledger is open.
 */
final class Journal implements Closeable {

    /** Maximum bytes of one write. A whole segment would stay in memory twice, in the heap and outside of it. */
    private static final int CHUNK = 256 * 1024;

    private final Path directory;
    private final int segmentBytes;
    private final SegmentFile.SegmentFileOpener opener;

    private SegmentFile file;
    private long first;
    private int position;
    private long size;

    private Journal(
            Path directory, int segmentBytes, SegmentFile.SegmentFileOpener opener, SegmentFile file, long first) {
        this.directory = directory;
        this.segmentBytes = segmentBytes;
        this.opener = opener;
        this.file = file;
        this.first = first;
        this.size = first;
        this.position = Segment.HEADER_LENGTH;
    }

    /** Creates the journal of a ledger without receipts. */
    static Journal create(Path directory, int segmentBytes, SegmentFile.SegmentFileOpener opener) throws IOException {
        return new Journal(directory, segmentBytes, opener, preallocate(directory, 0, segmentBytes, opener), 0);
    }

    /**
     * Continues behind {@code good}, the readable beginning of the last segment.
     *
     * <p>That segment is written again. After a failed sync, the bytes that were read back may have come from memory
     * alone, and there may be half a frame behind the last whole one.
     */
    static Journal resume(Path directory, int segmentBytes, SegmentFile.SegmentFileOpener opener, Tail good)
            throws IOException {
        SegmentFile file = opener.open(directory.resolve(Segment.fileName(good.first())));
        try {
            file.write(good.content(), 0);
            zeros(file, good.content().length, good.fileBytes());
            file.force();
        } catch (IOException e) {
            file.close();
            throw e;
        }
        Journal journal = new Journal(directory, segmentBytes, opener, file, good.first());
        journal.position = good.content().length;
        journal.size = good.size();
        return journal;
    }

    /** The last segment up to its last whole frame. */
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

        /** Returns the number of receipts in the whole ledger. */
        long size() {
            return size;
        }

        byte[] content() {
            return content;
        }

        /** Returns the size of the whole file. */
        int fileBytes() {
            return Math.max(fileBytes, content.length);
        }
    }

    /** Creates a segment of zeros, written and forced, so that appending never changes its size. */
    private static SegmentFile preallocate(Path directory, long first, int bytes, SegmentFile.SegmentFileOpener opener)
            throws IOException {
        Path path = directory.resolve(Segment.fileName(first));
        SegmentFile file = opener.open(path);
        try {
            file.write(Segment.header(first), 0);
            zeros(file, Segment.HEADER_LENGTH, bytes);
            file.force();
            PrivateFiles.sync(directory);
            return file;
        } catch (IOException e) {
            file.close();
            // It was never used. On a full disk it takes the last blocks, which a report of the failure needs.
            Files.deleteIfExists(path);
            throw e;
        }
    }

    private static void zeros(SegmentFile file, int from, int to) throws IOException {
        byte[] chunk = new byte[CHUNK];
        for (int at = from; at < to; at += CHUNK) {
            file.write(to - at < CHUNK ? new byte[to - at] : chunk, at);
        }
    }

    long size() {
        return size;
    }

    /** Appends {@code entries} and returns once all are durable. After an exception the journal must not be used. */
    List<CommittedReceipt> append(List<LogEntry> entries) throws IOException {
        List<CommittedReceipt> committed = new ArrayList<>();
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
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
        }
    }

    private void roll() throws IOException {
        file.close();
        file = preallocate(directory, size, segmentBytes, opener);
        first = size;
        position = Segment.HEADER_LENGTH;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
