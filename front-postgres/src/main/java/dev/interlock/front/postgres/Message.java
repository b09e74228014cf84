package dev.interlock.front.postgres;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A message of the protocol, without its length. The payload is not copied: nobody changes it. */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record Message(char type, byte[] payload) {

    static final int HEAD = 5;

    @Override
    public String toString() {
        return type + ", " + payload.length + " bytes"; // never the content
    }

    byte[] written() {
        byte[] all = Arrays.copyOf(head(type, payload.length), HEAD + payload.length);
        System.arraycopy(payload, 0, all, HEAD, payload.length);
        return all;
    }

    /** Returns the bytes on the wire of a packet without a type: the first of a connection. */
    byte[] untyped() {
        return Arrays.copyOfRange(written(), 1, HEAD + payload.length);
    }

    /** Returns what stands before a payload of {@code length} bytes. */
    static byte[] head(char type, int length) {
        return ByteBuffer.allocate(HEAD).put((byte) type).putInt(length + 4).array();
    }

    PayloadReader reader() {
        return new PayloadReader(payload);
    }

    static Builder of(char type) {
        return new Builder(type);
    }

    static final class Builder {
        private final char type;
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        private Builder(char type) {
            this.type = type;
        }

        Builder int32(int value) {
            out.write(value >>> 24);
            out.write(value >>> 16);
            out.write(value >>> 8);
            out.write(value);
            return this;
        }

        Builder int16(int value) {
            out.write(value >>> 8);
            out.write(value);
            return this;
        }

        Builder int8(int value) {
            out.write(value);
            return this;
        }

        Builder text(String value) {
            out.writeBytes(value.getBytes(StandardCharsets.UTF_8));
            out.write(0);
            return this;
        }

        Builder bytes(byte[] value) {
            out.writeBytes(value);
            return this;
        }

        Message build() {
            return new Message(type, out.toByteArray());
        }
    }
}
