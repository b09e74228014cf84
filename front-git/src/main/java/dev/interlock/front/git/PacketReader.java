package dev.interlock.front.git;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads packets (gitprotocol-common(5), pkt-line): their length and content, and no byte beyond those asked for. */
final class PacketReader {

    /** The longest packet, with its length. */
    static final int MAX_PACKET = 65_520;

    private static final int LENGTH_DIGITS = 4;

    private final InputStream in;
    private long position;

    PacketReader(InputStream in) {
        this.in = in;
    }

    sealed interface Packet {}

    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Data(byte[] bytes) implements Packet {

        /** Returns it without a line feed at its end. Throws if it is no UTF-8, or holds control characters. */
        String line() throws UnreadablePushException {
            int length = bytes.length > 0 && bytes[bytes.length - 1] == '\n' ? bytes.length - 1 : bytes.length;
            try {
                String text = StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes, 0, length))
                        .toString();
                if (text.chars().anyMatch(c -> c != 0 && Character.isISOControl(c))) {
                    throw new UnreadablePushException(PushRefusals.CONTROL_CHARACTER);
                }
                return text;
            } catch (CharacterCodingException e) {
                throw new UnreadablePushException(PushRefusals.NO_UTF8);
            }
        }
    }

    /** The end of a list of packets: {@code 0000}. */
    record Flush() implements Packet {}
    /** The border between two parts: {@code 0001}. */
    record Delimiter() implements Packet {}

    /** Reads the next packet. Throws if there is none, not all of it, or it is no packet. */
    Packet next() throws IOException {
        int length = length();
        return switch (length) {
            case 0 -> new Flush();
            case 1 -> new Delimiter();
            case 2, 3 -> throw new UnreadablePushException(PushRefusals.PACKET_LENGTH);
            default -> new Data(exactly(length - LENGTH_DIGITS));
        };
    }

    /** Reads the next packet of a list. Returns empty at its end. Throws if a border comes instead. */
    Optional<Data> nextInList() throws IOException {
        return switch (next()) {
            case Data data -> Optional.of(data);
            case Flush _ -> Optional.empty();
            case Delimiter _ -> throw new UnreadablePushException(PushRefusals.BORDER);
        };
    }

    long position() {
        return position;
    }

    private int length() throws IOException {
        int length = 0;
        for (byte digit : exactly(LENGTH_DIGITS)) {
            int value = Character.digit(digit, 16);
            if (digit < 0 || value < 0) {
                throw new UnreadablePushException(PushRefusals.PACKET_START);
            }
            length = length * 16 + value;
        }
        if (length > MAX_PACKET) {
            throw new UnreadablePushException(PushRefusals.PACKET_TOO_LONG, MAX_PACKET);
        }
        return length;
    }

    private byte[] exactly(int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException("it ends in the middle of a packet");
        }
        position += count;
        return bytes;
    }
}
