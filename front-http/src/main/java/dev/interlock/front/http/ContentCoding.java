package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.refused;

import dev.interlock.action.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Removes the content coding (RFC 9110 §8.4) from a request's body. The plain body is what is read, signed and sent. A
 * body is refused if it could be decoded in two ways, or to more than there is room for.
 *
 * @param most maximum bytes of the plain body, which is held in {@code room}
 */
record ContentCoding(BodyBudget.Share room, int most) {

    /** Maximum expansion. Text by people or programs shrinks to a tenth; a hundredth is made to exhaust memory. */
    static final int MAX_RATIO = 100;

    /**
     * Maximum plain bytes for which the expansion does not matter. A short body of one repeated character is no attack.
     */
    static final int ANY_RATIO = 64 * 1024;

    private static final int PIECE = 8 * 1024;
    /** RFC 1952 §2.3: magic, method, flags, time, extra flags, system. */
    private static final int GZIP_HEAD = 10;
    /** RFC 1952 §2.3: the plain text's checksum and length. */
    private static final int GZIP_END = 8;
    /** RFC 1952 §2.3.1: the only method there is. */
    private static final int DEFLATED = 8;
    /** RFC 1952 §2.3.1. The {@code gzip} program writes the file's name. No program writes the other additions. */
    private static final int NAMED = 8;

    /** Returns whether the body has no coding. Then a long body is passed on as it comes. */
    boolean isPlain(RequestHead head) {
        return head.values("content-encoding").stream().allMatch("identity"::equals);
    }

    UnreadableRequestException tooLong() {
        return refused(FrontRefusals.TOO_LONG, most);
    }

    Bytes plain(RequestHead head, Bytes body) throws UnreadableRequestException {
        List<String> codings = head.values("content-encoding");
        if (codings.size() > 1) {
            throw refused(FrontRefusals.CODED_TWICE);
        }
        return switch (codings.isEmpty() ? "identity" : codings.getFirst().toLowerCase(Locale.ROOT)) {
            case "identity" -> body;
            case "gzip", "x-gzip" -> gunzipped(body.toArray());
            case "deflate" -> inflated(body.toArray());
            default -> throw refused(FrontRefusals.CODING);
        };
    }

    /** RFC 1950: a zlib stream. Some clients write it without its frame. Then it has no checksum, and is refused. */
    private Bytes inflated(byte[] body) throws UnreadableRequestException {
        try (Inflater inflater = new Inflater()) {
            byte[] plain = inflate(inflater, body, 0);
            requireEnd(inflater.getRemaining() == 0);
            return Bytes.of(plain);
        }
    }

    /** RFC 1952: one member. */
    private Bytes gunzipped(byte[] body) throws UnreadableRequestException {
        int start = gzipHead(body);
        try (Inflater inflater = new Inflater(true)) {
            byte[] plain = inflate(inflater, body, start);
            requireEnd(inflater.getRemaining() == GZIP_END);
            ByteBuffer end =
                    ByteBuffer.wrap(body, body.length - GZIP_END, GZIP_END).order(ByteOrder.LITTLE_ENDIAN);
            CRC32 checksum = new CRC32();
            checksum.update(plain);
            if (end.getInt() != (int) checksum.getValue() || end.getInt() != plain.length) {
                throw malformed();
            }
            return Bytes.of(plain);
        }
    }

    private static int gzipHead(byte[] body) throws UnreadableRequestException {
        boolean plain = body.length > GZIP_HEAD
                && (body[0] & 0xff) == 0x1f
                && (body[1] & 0xff) == 0x8b
                && body[2] == DEFLATED
                && (body[3] == 0 || body[3] == NAMED);
        if (!plain) {
            throw malformed();
        }
        int at = GZIP_HEAD;
        if (body[3] == NAMED) {
            while (at < body.length && body[at] != 0) {
                at++;
            }
            at++;
        }
        if (at >= body.length) {
            throw malformed();
        }
        return at;
    }

    private byte[] inflate(Inflater inflater, byte[] body, int start) throws UnreadableRequestException {
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        byte[] piece = new byte[PIECE];
        inflater.setInput(body, start, body.length - start);
        try {
            while (!inflater.finished()) {
                int count = inflater.inflate(piece);
                if (count == 0 && !inflater.finished()) { // it wants more input, or a dictionary
                    throw malformed();
                }
                plain.write(piece, 0, count);
                requireRoom(plain.size(), body.length);
            }
        } catch (DataFormatException _) {
            throw malformed();
        }
        return plain.toByteArray();
    }

    private void requireRoom(int plain, int compressed) throws UnreadableRequestException {
        if (plain > most) {
            throw tooLong();
        }
        if (plain > ANY_RATIO && plain / MAX_RATIO > compressed) {
            throw refused(FrontRefusals.CODING_RATIO, MAX_RATIO);
        }
        if (!room.hold(plain)) {
            throw UnreadableRequestException.outOfMemory();
        }
    }

    private static void requireEnd(boolean whole) throws UnreadableRequestException {
        if (!whole) {
            throw refused(FrontRefusals.CODED_REST);
        }
    }

    private static UnreadableRequestException malformed() {
        return refused(FrontRefusals.CODED_WRONGLY);
    }
}
