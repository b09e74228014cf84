package dev.interlock.front.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A body that the upstream compressed although nobody asked for it, decoded so that it can be searched. For one thread.
 */
final class DecodedBody extends UpstreamAnswer.BodyFilter {

    private static final int PIECE = 16 * 1024;
    /** Bytes that may be left without data: a compressor's flush takes five (RFC 1951 §3.2.4), and may be all. */
    private static final int FLUSH = 16;

    private final Encoding encoding;
    private final DecodedPieces pieces = new DecodedPieces();
    private Optional<PlainStream> plain = Optional.empty();

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

    DecodedBody(UpstreamAnswer.AnswerBody body, Encoding encoding) {
        super(body);
        this.encoding = encoding;
    }

    @Override
    public Optional<byte[]> next() throws IOException {
        if (plain.isEmpty() && !pieces.more()) {
            return Optional.empty(); // an answer to HEAD has only the head
        }
        byte[] piece = new byte[PIECE];
        int read = plain().stream().read(piece);
        return read < 0 ? Optional.empty() : Optional.of(Arrays.copyOf(piece, read));
    }

    /**
     * {@inheritDoc} A piece may need several pieces of the upstream's. More bytes than a flush mean that another piece
     * can be decoded, or nearly so. In the middle of a head or of a table {@link #next} still waits for the rest, which
     * is on its way.
     */
    @Override
    public boolean isReady() {
        while (left() <= FLUSH && !pieces.over && body.isReady()) {
            pieces.fetch();
        }
        return pieces.over || left() > FLUSH;
    }

    @Override
    public boolean isWhole() {
        return false; // nobody knows how long it becomes
    }

    private int left() {
        return pieces.piece.length
                - pieces.at
                + plain.map(made -> made.left().getAsInt()).orElse(0);
    }

    // Made when the first piece is wanted, because reading the head of a stream waits for it.
    private PlainStream plain() throws IOException {
        if (plain.isEmpty()) {
            if (encoding == Encoding.GZIP) {
                GzipStream gzip = new GzipStream(pieces);
                plain = Optional.of(new PlainStream(gzip, gzip::left));
            } else {
                Inflater inflater = new Inflater();
                plain = Optional.of(new PlainStream(new InflaterInputStream(pieces, inflater), inflater::getRemaining));
            }
        }
        return plain.get();
    }

    /** @param left returns the number of bytes taken and not decoded yet */
    private record PlainStream(InputStream stream, IntSupplier left) {}

    private static final class GzipStream extends GZIPInputStream {
        GzipStream(InputStream packed) throws IOException {
            super(packed, PIECE);
        }

        int left() {
            return inf.getRemaining();
        }
    }

    private final class DecodedPieces extends InputStream {
        private byte[] piece = {};
        private int at;
        private boolean over;
        private @Nullable IOException broken;

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
            while (at == piece.length && !over) {
                fetch();
            }
            if (at == piece.length && broken != null) {
                throw broken;
            }
            return at < piece.length;
        }

        /** Appends one more piece of the upstream's to the rest of the last. */
        private void fetch() {
            try {
                Optional<byte[]> next = body.next();
                over = next.isEmpty();
                next.ifPresent(this::append);
            } catch (IOException e) { // the next read reports it
                over = true;
                broken = e;
            }
        }

        private void append(byte[] next) {
            byte[] both = Arrays.copyOfRange(piece, at, piece.length + next.length);
            System.arraycopy(next, 0, both, piece.length - at, next.length);
            piece = both;
            at = 0;
        }
    }
}
