package dev.interlock.front.postgres;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads the fields of a message. Whatever does not fit is a {@link ProtocolException}. */
final class PayloadReader {

    private final byte[] payload;
    private int at;

    PayloadReader(byte[] payload) {
        this.payload = payload;
    }

    int left() {
        return payload.length - at;
    }

    int int8() throws ProtocolException {
        need(1);
        return payload[at++] & 0xff;
    }

    int int16() throws ProtocolException {
        return int8() << 8 | int8();
    }

    int int32() throws ProtocolException {
        return int16() << 16 | int16();
    }

    byte[] bytes(int length) throws ProtocolException {
        if (length < 0) {
            throw new ProtocolException("a length is negative");
        }
        need(length);
        byte[] part = java.util.Arrays.copyOfRange(payload, at, at + length);
        at += length;
        return part;
    }

    /** Reads a text that ends with 0. It is UTF-8: no other encoding is agreed on. */
    String text() throws ProtocolException {
        int end = at;
        while (end < payload.length && payload[end] != 0) {
            end++;
        }
        if (end == payload.length) {
            throw new ProtocolException("a text has no end");
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(payload, at, end - at))
                    .toString();
            at = end + 1;
            return text;
        } catch (CharacterCodingException _) {
            throw new ProtocolException("a text is not in UTF-8");
        }
    }

    /** Throws if anything is left. */
    void end() throws ProtocolException {
        if (left() != 0) {
            throw new ProtocolException("a message is longer than its fields");
        }
    }

    private void need(int length) throws ProtocolException {
        if (left() < length) {
            throw new ProtocolException("a message is shorter than its fields");
        }
    }
}
