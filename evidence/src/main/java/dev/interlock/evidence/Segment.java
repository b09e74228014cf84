package dev.interlock.evidence;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * A file of the commit log: a header, then one frame for each receipt, then zeros. {@code docs/formats/log.md} draws
 * it.
 *
 * <p>A frame is its entry's length, a truncated hash over the leaf index and the entry, and the entry. With the index
 * in the hash, a frame cannot be moved or an old one come back.
 */
public final class Segment {

    /** Where the first frame begins. */
    public static final int HEADER_LENGTH = 16;

    /** What a frame adds to its entry. */
    public static final int FRAME_OVERHEAD = 12;

    private static final byte[] MAGIC = "ILKSEG1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int HASH_LENGTH = 8;
    private static final String SUFFIX = ".segment";

    private final byte[] bytes;
    private int offset = HEADER_LENGTH;
    private long index;

    /** What lies at the place that was looked at. */
    public enum Found {
        /** A receipt. */
        FRAME,
        /** What was a receipt, with a good one behind it. */
        DAMAGED,
        /** Nothing but zeros up to the end of the file. */
        END,
        /** Bytes that are no frame, and none behind them: a write that was cut off, or damage. */
        TORN
    }

    /**
     * What was found, and where.
     *
     * @param found what
     * @param index the leaf index
     * @param offset in the file
     * @param length of the receipt; 0 if there is none
     */
    public record Frame(Found found, long index, int offset, int length) {}

    /**
     * Reads the file that begins with leaf {@code first}.
     *
     * @throws MalformedException if its header says otherwise
     */
    public Segment(byte[] bytes, long first) {
        if (bytes.length < HEADER_LENGTH || !Arrays.equals(Arrays.copyOf(bytes, HEADER_LENGTH), header(first))) {
            throw new MalformedException("the segment's header is damaged");
        }
        this.bytes = bytes;
        this.index = first;
    }

    /** The header of the file that begins with leaf {@code first}. */
    public static byte[] header(long first) {
        return ByteBuffer.allocate(HEADER_LENGTH).put(MAGIC).putLong(first).array();
    }

    /** The frame of the receipt at leaf {@code index}. */
    public static byte[] frame(long index, byte[] entry) {
        return ByteBuffer.allocate(FRAME_OVERHEAD + entry.length)
                .putInt(entry.length)
                .put(hash(index, entry))
                .put(entry)
                .array();
    }

    private static byte[] hash(long index, byte[] entry) {
        byte[] number = ByteBuffer.allocate(Long.BYTES).putLong(index).array();
        return Arrays.copyOf(Sha256.of(number, entry), HASH_LENGTH);
    }

    /** The name of the file that begins with leaf {@code first}. */
    public static String fileName(long first) {
        return String.format(Locale.ROOT, "%020d", first) + SUFFIX;
    }

    /** The leaf that the file of this name begins with; empty if it is no segment's name. */
    public static OptionalLong first(String fileName) {
        if (!fileName.matches("[0-9]{20}\\.segment")) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Long.parseLong(fileName.substring(0, 20)));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    /** Looks at the next place, and goes on behind it if something is there. */
    public Frame next() {
        Frame here = at(offset, index);
        if (here.found() == Found.FRAME || here.found() == Found.DAMAGED) {
            offset += FRAME_OVERHEAD + length(offset);
            index++;
        }
        return here;
    }

    /** The receipt's bytes. */
    public byte[] entry(Frame frame) {
        int start = frame.offset() + FRAME_OVERHEAD;
        return Arrays.copyOfRange(bytes, start, start + frame.length());
    }

    private Frame at(int place, long leaf) {
        int length = length(place);
        if (length == 0 && isZeroFrom(place)) {
            return new Frame(Found.END, leaf, place, 0);
        }
        if (!fits(place, length)) {
            return new Frame(Found.TORN, leaf, place, 0);
        }
        if (isGood(place, leaf)) {
            return new Frame(Found.FRAME, leaf, place, length);
        }
        int behind = place + FRAME_OVERHEAD + length;
        Found found = fits(behind, length(behind)) && isGood(behind, leaf + 1) ? Found.DAMAGED : Found.TORN;
        return new Frame(found, leaf, place, 0);
    }

    private boolean isGood(int place, long leaf) {
        int start = place + FRAME_OVERHEAD;
        byte[] entry = Arrays.copyOfRange(bytes, start, start + length(place));
        return Arrays.equals(Arrays.copyOfRange(bytes, place + Integer.BYTES, start), hash(leaf, entry));
    }

    private boolean fits(int place, int length) {
        return length > 0 && length <= Receipt.MAX_BYTES && place <= bytes.length - FRAME_OVERHEAD - length;
    }

    /** The length that a frame at {@code place} claims; 0 where there is no room for one. */
    private int length(int place) {
        return place <= bytes.length - Integer.BYTES ? ByteBuffer.wrap(bytes).getInt(place) : 0;
    }

    private boolean isZeroFrom(int place) {
        for (int i = place; i < bytes.length; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }
}
