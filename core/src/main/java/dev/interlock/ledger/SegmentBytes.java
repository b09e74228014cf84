package dev.interlock.ledger;

import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Segment;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Reads a segment file without the zeros at its end. Most of the last one is zeros, and 16 MiB of them in the heap
 * would be the larger part of an idle gateway's memory.
 */
final class SegmentBytes {

    private static final int CHUNK = 256 * 1024;

    /** With so many zeros behind the last other byte, every frame that begins before it ends as in the file. */
    private static final int MARGIN = Segment.FRAME_OVERHEAD + Receipt.MAX_BYTES;

    private SegmentBytes() {}

    /** Returns the bytes of {@code file}, with only as many zeros at the end as a frame can reach. */
    static byte[] read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            return read(channel, 0, Math.toIntExact(Math.min(size, end(channel, size) + MARGIN)));
        }
    }

    /** Returns the offset behind the last byte that is not zero. */
    private static long end(FileChannel channel, long size) throws IOException {
        for (long to = size; to > 0; to -= CHUNK) {
            long from = Math.max(0, to - CHUNK);
            int end = nonZeroEnd(read(channel, from, (int) (to - from)));
            if (end > 0) {
                return from + end;
            }
        }
        return 0;
    }

    private static byte[] read(FileChannel channel, long from, int length) throws IOException {
        byte[] bytes = new byte[length];
        int done = 0;
        while (done < length) {
            int got = channel.read(ByteBuffer.wrap(bytes, done, Math.min(CHUNK, length - done)), from + done);
            if (got < 0) {
                throw new EOFException("the segment became shorter while it was read");
            }
            done += got;
        }
        return bytes;
    }

    static int nonZeroEnd(byte[] bytes) {
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        return end;
    }
}
