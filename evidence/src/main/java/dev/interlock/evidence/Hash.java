package dev.interlock.evidence;

import java.util.Arrays;
import java.util.HexFormat;

public final class Hash {

    public static final int LENGTH = 32;

    private final byte[] value;

    private Hash(byte[] value) {
        this.value = value;
    }

    /** Returns a hash with a copy of 32 {@code bytes}. */
    public static Hash of(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new MalformedException("a hash is not " + LENGTH + " bytes long");
        }
        return new Hash(bytes.clone());
    }

    static Hash ofBase64(String text) {
        return of(Base64Text.read(text));
    }

    /** RFC 9162 §2.1.1: the hash of a leaf. Its prefix prevents an entry from passing as a node. */
    public static Hash leaf(byte[] entry) {
        return new Hash(Sha256.of(new byte[] {0}, entry));
    }

    /** RFC 9162 §2.1.1: the hash of a node with two children. */
    public static Hash node(Hash left, Hash right) {
        return new Hash(Sha256.of(new byte[] {1}, left.value, right.value));
    }

    /** RFC 9162 §2.1.1: the root of a tree without leaves. */
    public static Hash emptyRoot() {
        return new Hash(Sha256.of());
    }

    public byte[] bytes() {
        return value.clone();
    }

    String base64() {
        return Base64Text.write(value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Hash hash && Arrays.equals(value, hash.value);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(value);
    }
}
