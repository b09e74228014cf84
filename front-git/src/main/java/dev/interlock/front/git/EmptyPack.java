package dev.interlock.front.git;

import java.util.HexFormat;

/** A pack without objects: what Git sends if the server has them all. */
final class EmptyPack {

    /** Its header, and the SHA-1 of that. */
    static final byte[] BYTES =
            HexFormat.of().parseHex("5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e");

    private EmptyPack() {}
}
