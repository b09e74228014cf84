package dev.interlock.evidence;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Reads and writes the data types of RFC 4251 §5: bytes, unsigned 32-bit numbers, strings and positive mpints. */
final class SshWire {

    private final ByteBuffer in;

    SshWire(byte[] bytes) {
        in = ByteBuffer.wrap(bytes);
    }

    byte[] bytes(long count) {
        if (count > in.remaining()) {
            throw new MalformedException("the SSH data ends too early");
        }
        byte[] bytes = new byte[(int) count];
        in.get(bytes);
        return bytes;
    }

    int octet() {
        return bytes(1)[0] & 0xff;
    }

    long uint32() {
        return ByteBuffer.wrap(bytes(4)).getInt() & 0xffff_ffffL;
    }

    byte[] string() {
        return bytes(uint32());
    }

    /** Reads a string that must be printable ASCII, such as a name of an algorithm or a namespace. */
    String word() {
        byte[] bytes = string();
        for (byte b : bytes) {
            if (b <= 0x20 || b >= 0x7f) {
                throw new MalformedException("a name in the SSH data is not printable ASCII");
            }
        }
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    /** Reads a positive mpint in its shortest form (RFC 4251 §5). */
    BigInteger positive() {
        byte[] bytes = string();
        if (bytes.length == 0) {
            throw new MalformedException("a number in the SSH data is zero");
        }
        BigInteger value = new BigInteger(bytes);
        if (value.signum() <= 0 || value.toByteArray().length != bytes.length) {
            throw new MalformedException("a number in the SSH data is negative or padded");
        }
        return value;
    }

    void end() {
        if (in.hasRemaining()) {
            throw new MalformedException("the SSH data has trailing bytes");
        }
    }

    static byte[] uint32(long value) {
        return ByteBuffer.allocate(4).putInt((int) value).array();
    }

    static byte[] string(byte[] value) {
        return concat(uint32(value.length), value);
    }

    static byte[] string(String value) {
        return string(value.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
