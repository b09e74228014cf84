package dev.interlock.front.postgres;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A message of the protocol, without its length. The payload is not copied: nobody changes it. */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record Message(char type, byte[] payload) {

    @Override
    public String toString() {
        return type + ", " + payload.length + " bytes"; // never the content
    }

    /** Returns the bytes on the wire. */
    byte[] written() {
        byte[] all = new byte[payload.length + 5];
        all[0] = (byte) type;
        int length = payload.length + 4;
        for (int i = 0; i < 4; i++) {
            all[1 + i] = (byte) (length >>> (24 - 8 * i));
        }
        System.arraycopy(payload, 0, all, 5, payload.length);
        return all;
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
