package dev.interlock.front.git;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.zip.DeflaterOutputStream;

/** Writes packs byte by byte, also such as Git would not write. */
final class Packs {

    static final int COMMIT = 1;
    static final int TREE = 2;
    static final int BLOB = 3;
    static final int OFFSET_DELTA = 6;
    static final int REFERENCE_DELTA = 7;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int count;

    /** The number of bytes so far, with the header. */
    int position() {
        return out.size() + 12;
    }

    /** Adds an object that says it has {@code size} bytes. */
    Packs object(int type, int size, byte[] before, byte[] content) {
        int first = type << 4 | size & 15;
        int left = size >>> 4;
        while (left > 0) {
            out.write(first | 0x80);
            first = left & 0x7f;
            left >>>= 7;
        }
        out.write(first);
        out.writeBytes(before);
        out.writeBytes(deflated(content));
        count++;
        return this;
    }

    Packs blob(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return object(BLOB, bytes.length, new byte[0], bytes);
    }

    /** Adds a delta of the object at {@code base} that makes {@code size} bytes of nothing. */
    Packs delta(int base, int baseSize, int size) {
        ByteArrayOutputStream delta = new ByteArrayOutputStream();
        number(delta, baseSize);
        number(delta, size);
        delta.write(1);
        delta.write('x');
        return object(OFFSET_DELTA, delta.size(), distance(position() - base), delta.toByteArray());
    }

    /** Adds a delta that makes {@code before}, the first {@code length} bytes of its base, and {@code after}. */
    Packs delta(int base, int baseSize, byte[] before, int length, byte[] after) {
        ByteArrayOutputStream delta = new ByteArrayOutputStream();
        number(delta, baseSize);
        number(delta, before.length + length + after.length);
        delta.write(before.length);
        delta.writeBytes(before);
        delta.write(0x90); // a copy from the base's begin
        delta.write(length);
        delta.write(after.length);
        delta.writeBytes(after);
        return object(OFFSET_DELTA, delta.size(), distance(position() - base), delta.toByteArray());
    }

    /** Adds two deltas in a row: all of the object at {@code base} and {@code first}, and then {@code second}. */
    Packs edit(int base, int baseSize, byte[] first, byte[] second) {
        int between = position();
        return append(base, baseSize, first).append(between, baseSize + first.length, second);
    }

    private Packs append(int base, int baseSize, byte[] more) {
        ByteArrayOutputStream delta = new ByteArrayOutputStream();
        number(delta, baseSize);
        number(delta, baseSize + more.length);
        if (baseSize > 0) {
            delta.write(0xb0); // a copy from the base's begin, of two bytes of length
            delta.write(baseSize);
            delta.write(baseSize >> 8);
        }
        delta.write(more.length);
        delta.writeBytes(more);
        return object(OFFSET_DELTA, delta.size(), distance(position() - base), delta.toByteArray());
    }

    private static void number(ByteArrayOutputStream to, int value) {
        int left = value;
        while (left > 0x7f) {
            to.write(left & 0x7f | 0x80);
            left >>>= 7;
        }
        to.write(left);
    }

    static byte[] distance(int distance) {
        byte[] reversed = new byte[8];
        int length = 0;
        int left = distance;
        reversed[length++] = (byte) (left & 0x7f);
        while ((left >>>= 7) > 0) {
            reversed[length++] = (byte) (--left & 0x7f | 0x80);
        }
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = reversed[length - 1 - i];
        }
        return bytes;
    }

    static byte[] deflated(byte[] content) {
        ByteArrayOutputStream deflated = new ByteArrayOutputStream();
        try (DeflaterOutputStream to = new DeflaterOutputStream(deflated)) {
            to.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return deflated.toByteArray();
    }

    byte[] bytes() {
        return bytes(count);
    }

    /** Returns the pack, which says that it has {@code objects} objects. */
    byte[] bytes(int objects) {
        byte[] head = ByteBuffer.allocate(12)
                .putInt(0x5041434b)
                .putInt(2)
                .putInt(objects)
                .array();
        ByteArrayOutputStream pack = new ByteArrayOutputStream();
        pack.writeBytes(head);
        pack.writeBytes(out.toByteArray());
        byte[] summed = pack.toByteArray();
        try {
            pack.writeBytes(MessageDigest.getInstance("SHA-1").digest(summed));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
        return pack.toByteArray();
    }
}
