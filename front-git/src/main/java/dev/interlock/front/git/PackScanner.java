package dev.interlock.front.git;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.BitSet;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.eclipse.jgit.lib.Constants;

/**
 * Checks a pack before anything unpacks it (gitformat-pack(5)): its framing, its checksum, and that it stays within the
 * limits. Every byte of it belongs to exactly one object. It holds one short object in memory. Only deltas against
 * objects of the same pack are accepted: the gateway has no others, and asks clients to send none.
 */
final class PackScanner {

    /** The most objects. An initial push of a large project has fewer. */
    static final int MAX_OBJECTS = 200_000;
    /** The longest object, in bytes. It lies in memory whole, in the process of the gateway, whose heap is 256 MiB. */
    static final int MAX_OBJECT = 16 * 1024 * 1024;
    /** The longest file that is no delta, in bytes: the most that GitHub takes. It is read in pieces. */
    static final int MAX_FILE = 100 * 1024 * 1024;
    /** The longest chain of deltas. Git makes chains of at most 50 by default. */
    static final int MAX_DEPTH = 250;
    /** The most bytes of one object and all that it is a delta of: they lie in memory together. */
    static final long MAX_CHAIN = 2L * MAX_OBJECT;
    /** The most bytes of all objects together. */
    static final long MAX_INFLATED = 2L * 1024 * 1024 * 1024;

    private static final int TRAILER = 20;
    private static final int VERSION = 2;
    private static final int OFFSET_DELTA = 6;
    private static final int REFERENCE_DELTA = 7;
    /** The bytes of a delta that say how long its base is, and what it makes. */
    private static final int DELTA_HEAD = 24;

    private final InputStream in;
    private final MessageDigest digest;
    private final byte[] buffer = new byte[64 * 1024];
    private int at;
    private int end;
    private long consumed;
    private long inflated;

    private final long[] offsets;
    private final short[] depths;
    private final long[] chains;
    private final BitSet searched = new BitSet();
    private final ObjectSearch search;
    private int count;

    private PackScanner(InputStream in, int objects, ObjectSearch search) {
        this.in = in;
        this.search = search;
        this.digest = Constants.newMessageDigest(); // SHA-1: the format's own checksum, against damage
        this.offsets = new long[objects];
        this.depths = new short[objects];
        this.chains = new long[objects];
    }

    /** Checks the pack that {@code in} is, and gives {@code search} the objects that are short and no deltas. */
    static PackScanner scan(InputStream in, ObjectSearch search) throws IOException {
        byte[] header = in.readNBytes(12);
        ByteBuffer fields = ByteBuffer.wrap(header);
        if (header.length < 12 || fields.getInt() != 0x5041434b || fields.getInt() != VERSION) {
            throw new UnreadablePushException(PushRefusals.PACK_VERSION);
        }
        int objects = fields.getInt();
        if (objects < 0 || objects > MAX_OBJECTS) {
            throw tooMuch("has more than " + MAX_OBJECTS + " objects");
        }
        PackScanner scanner = new PackScanner(in, objects, search);
        scanner.digest.update(header);
        scanner.consumed = header.length;
        scanner.objects();
        return scanner;
    }

    int size() {
        return offsets.length;
    }

    /** Returns whether the search has taken the object that begins at {@code offset}. */
    boolean isSearched(long offset) {
        int object = Arrays.binarySearch(offsets, offset);
        return object >= 0 && searched.get(object);
    }

    private static UnreadablePushException tooMuch(String what) {
        return new UnreadablePushException(PushRefusals.PACK_LIMIT, what);
    }

    private void objects() throws IOException {
        Inflater inflater = new Inflater();
        try {
            while (count < offsets.length) {
                object(inflater);
            }
        } finally {
            inflater.end();
        }
        byte[] sum = digest.digest();
        byte[] trailer = new byte[TRAILER];
        for (int i = 0; i < TRAILER; i++) {
            trailer[i] = (byte) next(false);
        }
        if (!Arrays.equals(sum, trailer) || at < end || in.read() >= 0) {
            throw new UnreadablePushException(PushRefusals.PACK_END);
        }
    }

    private void object(Inflater inflater) throws IOException {
        long offset = consumed;
        int first = next(true);
        int type = first >> 4 & 7;
        long size = first & 15;
        for (int shift = 4, more = first; (more & 0x80) != 0; shift += 7) {
            if (shift > 32) {
                throw tooMuch("has an object of more than " + MAX_FILE + " bytes");
            }
            more = next(true);
            size |= (long) (more & 0x7f) << shift;
        }
        requireSize(size, type == Constants.OBJ_BLOB ? MAX_FILE : MAX_OBJECT);
        if (type == REFERENCE_DELTA) {
            throw new UnreadablePushException(PushRefusals.THIN_PACK);
        }
        if (type == 0 || type == 5) {
            throw new UnreadablePushException(PushRefusals.OBJECT_TYPE);
        }
        int base = type == OFFSET_DELTA ? base(offset) : -1;
        long whole = inflate(inflater, size, base >= 0);
        requireSize(whole, base < 0 ? MAX_FILE : MAX_OBJECT);
        offsets[count] = offset;
        depths[count] = (short) (base < 0 ? 0 : depths[base] + 1);
        chains[count] = whole + (base < 0 ? 0 : chains[base]);
        if (depths[count] > MAX_DEPTH || (base >= 0 && chains[count] > MAX_CHAIN)) {
            throw new UnreadablePushException(PushRefusals.DELTA_CHAIN);
        }
        count++;
    }

    private static void requireSize(long size, int most) throws UnreadablePushException {
        if (size > most) {
            throw tooMuch("has an object of more than " + most + " bytes");
        }
    }

    /** Reads the distance to the base of a delta. Returns which object that is. */
    private int base(long offset) throws IOException {
        int c = next(true);
        long distance = c & 0x7f;
        while ((c & 0x80) != 0) {
            c = next(true);
            distance = ((distance + 1) << 7) + (c & 0x7f);
            if (distance > offset) {
                break;
            }
        }
        int base = distance > offset ? -1 : Arrays.binarySearch(offsets, 0, count, offset - distance);
        if (base < 0) {
            throw new UnreadablePushException(PushRefusals.DELTA_BASE);
        }
        return base;
    }

    private long inflate(Inflater inflater, long size, boolean isDelta) throws IOException {
        inflater.reset();
        boolean isShort = !isDelta && size <= ObjectSearch.LONGEST;
        byte[] begin = new byte[(int) (isShort ? size : Math.min(size, DELTA_HEAD))];
        byte[] out = new byte[8 * 1024];
        long made = 0;
        try {
            while (!inflater.finished()) {
                if (inflater.needsInput()) {
                    fill();
                    inflater.setInput(buffer, at, end - at);
                }
                int came = inflater.inflate(out);
                take(end - at - inflater.getRemaining());
                if (made + came > size || inflater.needsDictionary()) {
                    throw new UnreadablePushException(PushRefusals.OBJECT_SIZE);
                }
                if (made < begin.length) {
                    System.arraycopy(out, 0, begin, (int) made, Math.min(came, begin.length - (int) made));
                }
                made += came;
            }
        } catch (DataFormatException e) {
            throw new UnreadablePushException(PushRefusals.OBJECT_COMPRESSION);
        }
        inflated += made;
        if (made != size) {
            throw new UnreadablePushException(PushRefusals.OBJECT_SIZE);
        }
        if (inflated > MAX_INFLATED) {
            throw tooMuch("unpacks to more than " + MAX_INFLATED + " bytes");
        }
        searched.set(count, isShort && search.takeEarly(begin));
        return isDelta ? made(begin) : made;
    }

    /** Returns the size of the object that a delta makes: the second number of the delta. */
    private static long made(byte[] delta) throws UnreadablePushException {
        long value = 0;
        int number = 0;
        int shift = 0;
        for (byte b : delta) {
            value |= (long) (b & 0x7f) << shift;
            shift += 7;
            if ((b & 0x80) == 0) {
                if (++number == 2) {
                    return value;
                }
                value = 0;
                shift = 0;
            } else if (shift > 42) {
                break;
            }
        }
        throw new UnreadablePushException(PushRefusals.DELTA_SIZE);
    }

    private int next(boolean isSummed) throws IOException {
        fill();
        if (isSummed) {
            int b = buffer[at] & 0xff;
            take(1);
            return b;
        }
        consumed++;
        return buffer[at++] & 0xff;
    }

    private void take(int bytes) {
        digest.update(buffer, at, bytes);
        at += bytes;
        consumed += bytes;
    }

    private void fill() throws IOException {
        if (at < end) {
            return;
        }
        at = 0;
        end = in.read(buffer);
        if (end <= 0) {
            end = 0;
            throw new UnreadablePushException(PushRefusals.PACK_CUT_OFF);
        }
    }
}
