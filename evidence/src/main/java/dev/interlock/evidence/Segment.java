package dev.interlock.evidence;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * A file of the commit log: a header, then one frame for each receipt, then zeros ({@code docs/formats/log.md}). A
 * frame has its position in the group that was made durable at once, the length of its entry, a truncated hash, and the
 * entry. The hash covers the leaf index, so that a frame cannot be moved and an old one cannot come back. The group
 * distinguishes a torn write, behind which nothing was ever acknowledged, from damage.
 */
public final class Segment {

    public static final int HEADER_LENGTH = 16;
    public static final int FRAME_OVERHEAD = 12;
    private static final byte[] MAGIC = "ILKSEG1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int HASH_LENGTH = 8;
    private static final String SUFFIX = ".segment";

    private final byte[] bytes;
    private int offset = HEADER_LENGTH;
    private long index;

    public enum FrameState {
        FRAME,
        /** A damaged receipt, with a good one behind it. */
        DAMAGED,
        /** Only zeros up to the end of the file. */
        END,
        /** Bytes that are no frame, with no frame behind them: a torn write, or damage. */
        TORN
    }

    /**
     * A position in the file and its content: the length is 0 if there is no receipt, {@code groupBehind} the first
     * leaf of the next good frame's group if this one is not good.
     */
    public record Frame(FrameState found, long index, int offset, int length, OptionalLong groupBehind) {

        /** Returns whether a later group was made durable, so that this receipt was durable before it. */
        public boolean wasDurable() {
            return groupBehind.isPresent() && groupBehind.getAsLong() > index;
        }
    }

    /** Reads the file that begins with leaf {@code first}, as its header must say. */
    public Segment(byte[] bytes, long first) {
        if (bytes.length < HEADER_LENGTH || !Arrays.equals(Arrays.copyOf(bytes, HEADER_LENGTH), header(first))) {
            throw new MalformedException("the segment's header is damaged");
        }
        this.bytes = bytes;
        this.index = first;
    }

    public static byte[] header(long first) {
        return ByteBuffer.allocate(HEADER_LENGTH).put(MAGIC).putLong(first).array();
    }

    public static byte[] frame(long index, int place, byte[] entry) {
        return ByteBuffer.allocate(FRAME_OVERHEAD + entry.length)
                .putShort((short) place)
                .putShort((short) entry.length)
                .put(hash(index, place, entry))
                .put(entry)
                .array();
    }

    private static byte[] hash(long index, int place, byte[] entry) {
        byte[] numbers = ByteBuffer.allocate(Long.BYTES + Integer.BYTES)
                .putLong(index)
                .putInt(place)
                .array();
        return Arrays.copyOf(Sha256.of(numbers, entry), HASH_LENGTH);
    }

    public static String fileName(long first) {
        return String.format(Locale.ROOT, "%020d", first) + SUFFIX;
    }

    /** Returns the leaf that the file of this name begins with; empty if it is no segment's name. */
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

    /** Reads the frame at the current position, and moves behind it if something is there. */
    public Frame next() {
        Frame here = at(offset, index);
        if (here.found() == FrameState.FRAME || here.found() == FrameState.DAMAGED) {
            offset += FRAME_OVERHEAD + length(offset);
            index++;
        }
        return here;
    }

    public byte[] entry(Frame frame) {
        int start = frame.offset() + FRAME_OVERHEAD;
        return Arrays.copyOfRange(bytes, start, start + frame.length());
    }

    private Frame at(int place, long leaf) {
        int length = length(place);
        if (length == 0 && LogPass.isZeroFrom(bytes, place)) {
            return new Frame(FrameState.END, leaf, place, 0, OptionalLong.empty());
        }
        if (fits(place, length) && isGood(place, leaf)) {
            return new Frame(FrameState.FRAME, leaf, place, length, OptionalLong.empty());
        }
        OptionalLong behind = groupBehind(place, leaf);
        return new Frame(behind.isPresent() ? FrameState.DAMAGED : FrameState.TORN, leaf, place, 0, behind);
    }

    private OptionalLong groupBehind(int place, long leaf) {
        int next = place;
        long index = leaf;
        while (fits(next, length(next))) {
            next += FRAME_OVERHEAD + length(next);
            index++;
            if (fits(next, length(next)) && isGood(next, index)) {
                return OptionalLong.of(index - groupPlace(next));
            }
        }
        return OptionalLong.empty();
    }

    private boolean isGood(int place, long leaf) {
        int start = place + FRAME_OVERHEAD;
        byte[] entry = Arrays.copyOfRange(bytes, start, start + length(place));
        byte[] hash = Arrays.copyOfRange(bytes, place + Integer.BYTES, start);
        return Arrays.equals(hash, hash(leaf, groupPlace(place), entry));
    }

    private boolean fits(int place, int length) {
        return length > 0 && length <= Receipt.MAX_BYTES && place <= bytes.length - FRAME_OVERHEAD - length;
    }

    private int groupPlace(int place) {
        return Short.toUnsignedInt(ByteBuffer.wrap(bytes).getShort(place));
    }

    /** Returns the length that a frame at {@code place} claims; 0 if there is not enough space for a frame. */
    private int length(int place) {
        return place <= bytes.length - Integer.BYTES
                ? Short.toUnsignedInt(ByteBuffer.wrap(bytes).getShort(place + Short.BYTES))
                : 0;
    }
}
