package dev.interlock.action;

import dev.interlock.evidence.Sha256;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/** Immutable bytes. The text form is only the length, so that a body never reaches a log by accident. */
public final class Bytes {

    private static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] value;

    private Bytes(byte[] value) {
        this.value = value;
    }

    public static Bytes empty() {
        return EMPTY;
    }

    public static Bytes of(byte[] value) {
        return new Bytes(value.clone());
    }

    /** Returns {@code value} itself, without a copy. From then on nobody may change it. */
    public static Bytes owning(byte[] value) {
        return new Bytes(value);
    }

    /** The UTF-8 bytes of {@code text}. */
    public static Bytes utf8(String text) {
        return new Bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    public byte[] toArray() {
        return value.clone();
    }

    /** Returns a view that cannot be written to, without a copy. */
    public ByteBuffer view() {
        return ByteBuffer.wrap(value).asReadOnlyBuffer();
    }

    /** Writes all bytes to {@code out}, which keeps a copy. */
    public void writeTo(ByteArrayOutputStream out) {
        out.writeBytes(value);
    }

    public boolean holds(String text) {
        return value.length > 0 && new String(value, StandardCharsets.ISO_8859_1).contains(text);
    }

    public int length() {
        return value.length;
    }

    /** The SHA-256 in lower-case hexadecimal. */
    public String sha256() {
        return HexFormat.of().formatHex(sha256Bytes());
    }

    public byte[] sha256Bytes() {
        return Sha256.of(value);
    }

    /** Returns a new SHA-256 (FIPS 180-4), for bytes that come in pieces. */
    public static MessageDigest newSha256() {
        return Sha256.begin();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes bytes && Arrays.equals(value, bytes.value);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return value.length + " bytes";
    }
}
