package dev.interlock.ledger;

import dev.interlock.evidence.Segment;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
        SegmentFile file = opener.open(directory.resolve(Segment.fileName(good.first())));
        try {
            file.write(good.content(), 0);
            NextSegment.zeros(file, good.content().length, good.fileBytes());
            file.force();
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
}
