package dev.interlock.front.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;

/**
 * A body that the upstream compressed although nobody asked for it, so that it can be looked through. For one thread.
 */
final class DecodedBody extends Answer.Filter {

    private static final int PIECE = 16 * 1024;

    private final Encoding encoding;
    private final Pieces pieces = new Pieces();
    private Optional<InputStream> plain = Optional.empty();

    /** What is decoded; anything else is not passed on. */
    enum Encoding {
        GZIP,
        DEFLATE;

        static Optional<Encoding> of(String contentEncoding) {
            return switch (contentEncoding) {
                case "gzip", "x-gzip" -> Optional.of(GZIP);
                case "deflate" -> Optional.of(DEFLATE);
                default -> Optional.empty();
            };
        }
    }

    DecodedBody(Answer.Body body, Encoding encoding) {
        super(body);
        this.encoding = encoding;
    }

    @Override
    public Optional<byte[]> next() throws IOException {
        if (plain.isEmpty() && !pieces.more()) {
            return Optional.empty(); // of HEAD there is only the head of what would be compressed
        }
        byte[] piece = new byte[PIECE];
        int read = plain().read(piece);
        return read < 0 ? Optional.empty() : Optional.of(Arrays.copyOf(piece, read));
    }

    /** A piece may need several of the upstream's. */
    @Override
    public boolean isReady() {
        return false;
    }

    // Made when the first piece is wanted: reading the head of a stream waits for it.
    private InputStream plain() throws IOException {
        if (plain.isEmpty()) {
            plain = Optional.of(
                    switch (encoding) {
                        case GZIP -> new GZIPInputStream(pieces, PIECE);
                        case DEFLATE -> new InflaterInputStream(pieces);
                    });
        }
        return plain.get();
    }

    private final class Pieces extends InputStream {
        private byte[] piece = {};
        private int at;

        @Override
        public int read() throws IOException {
            return more() ? piece[at++] & 0xff : -1;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (!more()) {
                return -1;
            }
            int count = Math.min(length, piece.length - at);
            System.arraycopy(piece, at, into, offset, count);
            at += count;
            return count;
        }

        private boolean more() throws IOException {
            while (at == piece.length) {
                Optional<byte[]> next = body.next();
                if (next.isEmpty()) {
                    return false;
                }
                piece = next.get();
                at = 0;
            }
            return true;
        }
    }
}
