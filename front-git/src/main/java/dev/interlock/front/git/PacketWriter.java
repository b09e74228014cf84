package dev.interlock.front.git;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Writes packets. */
final class PacketWriter {

    /** The most content that a packet of the side band carries, beside its length and the number of its band. */
    private static final int MAX_BAND = PacketReader.MAX_PACKET - 5;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    PacketWriter line(String text) {
        byte[] content = text.getBytes(StandardCharsets.UTF_8);
        length(content.length + 4);
        out.writeBytes(content);
        return this;
    }

    /** Writes {@code content} to one band of the side band, in as many packets as it takes. */
    PacketWriter band(int number, byte[] content) {
        for (int at = 0; at < content.length; at += MAX_BAND) {
            int count = Math.min(MAX_BAND, content.length - at);
            length(count + 5);
            out.write(number);
            out.write(content, at, count);
        }
        return this;
    }

    PacketWriter flush() {
        length(0);
        return this;
    }

    PacketWriter delimiter() {
        length(1);
        return this;
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    private void length(int length) {
        out.writeBytes(String.format(Locale.ROOT, "%04x", length).getBytes(StandardCharsets.US_ASCII));
    }
}
