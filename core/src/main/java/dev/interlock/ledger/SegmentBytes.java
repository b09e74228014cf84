package dev.interlock.ledger;

import dev.interlock.evidence.GzipFile;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Segment;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Reads a segment file without the zeros at its end. Most of the last one is zeros, and 16 MiB of them in the heap
 * would be the larger part of an idle gateway's memory.
 */
final class SegmentBytes {

    private static final int CHUNK = 256 * 1024;
    private static final byte[] ZEROS = new byte[4096];

    /** With so many zeros behind the last other byte, every frame that begins before it ends as in the file. */
    private static final int MARGIN = Segment.FRAME_OVERHEAD + Receipt.MAX_BYTES;

    private SegmentBytes() {}

    /** Returns the bytes of {@code file}, with only as many zeros at the end as a frame can reach, or uncompressed. */
    static byte[] read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            byte[] bytes = new byte[Math.toIntExact(Math.min(size, end(channel, size) + MARGIN))];
            read(channel, 0, bytes, bytes.length);
            return bytes;
        } catch (NoSuchFileException e) {
            return decompressed(file);
        }
    }

    private static byte[] decompressed(Path file) throws IOException {
        try {
            return GzipFile.read(file);
        } catch (MalformedException e) {
            throw new LedgerCorruptException("`" + GzipFile.of(file).getFileName() + "` is damaged", e);
        }
    }

    /** Compresses a segment to which nothing will be appended, unless it is compressed already. */
    static void compress(Path file) throws IOException {
        if (Files.exists(file)) {
            try (InputStream in = Files.newInputStream(file)) {
                DiskFile.replaceCompressed(file, in);
            }
        }
    }

    /** Returns the offset behind the last byte that is not zero. */
    private static long end(FileChannel channel, long size) throws IOException {
        byte[] chunk = new byte[CHUNK];
        for (long to = size; to > 0; to -= CHUNK) {
            long from = Math.max(0, to - CHUNK);
            read(channel, from, chunk, (int) (to - from));
            int end = nonZeroEnd(chunk, (int) (to - from));
            if (end > 0) {
                return from + end;
            }
        }
        return 0;
    }

    private static void read(FileChannel channel, long from, byte[] bytes, int length) throws IOException {
        int done = 0;
        while (done < length) {
            int got = channel.read(ByteBuffer.wrap(bytes, done, Math.min(CHUNK, length - done)), from + done);
            if (got < 0) {
                throw new EOFException("the segment became shorter while it was read");
            }
            done += got;
        }
    }

    static int nonZeroEnd(byte[] bytes) {
        return nonZeroEnd(bytes, bytes.length);
    }

    private static int nonZeroEnd(byte[] bytes, int length) {
        int end = length;
        while (end >= ZEROS.length && Arrays.equals(bytes, end - ZEROS.length, end, ZEROS, 0, ZEROS.length)) {
            end -= ZEROS.length;
        }
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        return end;
    }
}
