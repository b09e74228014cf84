package dev.interlock.front.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A body that the upstream compressed although nobody asked for it, so that it can be looked through. For one thread.
 */
final class DecodedBody extends Answer.Filter {

    private static final int PIECE = 16 * 1024;

    /**
     * What a compressor says to tell that nothing follows for now takes five bytes (RFC 1951 §3.2.4), and may be all.
     */
    private static final int FLUSH = 16;

    private final Encoding encoding;
    private final Pieces pieces = new Pieces();
    private Optional<Plain> plain = Optional.empty();

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
        int read = plain().stream().read(piece);
        return read < 0 ? Optional.empty() : Optional.of(Arrays.copyOf(piece, read));
    }

    /**
     * A piece may need several of the upstream's; what is left of those that are here is more of it, or nearly so: in
     * the middle of a head or of a table {@link #next} still waits for the rest, which is on its way.
     */
    @Override
    public boolean isReady() {
        while (left() <= FLUSH && !pieces.over && body.isReady()) {
            pieces.fetch();
        }
        return pieces.over || left() > FLUSH;
    }

    /** Bytes that have come and were not decoded yet. */
    private int left() {
        return pieces.piece.length - pieces.at + plain.map(Plain::left).orElse(0);
    }

    // Made when the first piece is wanted: reading the head of a stream waits for it.
    private Plain plain() throws IOException {
        if (plain.isEmpty()) {
            plain = Optional.of(
                    switch (encoding) {
                        case GZIP -> new Unzipped(pieces);
                        case DEFLATE -> new Inflated(pieces);
                    });
        }
        return plain.get();
    }

    private sealed interface Plain {

        InputStream stream();

        /** What was taken and not looked at yet. */
        int left();
    }

    private static final class Unzipped extends GZIPInputStream implements Plain {
        Unzipped(InputStream packed) throws IOException {
            super(packed, PIECE);
        }

        @Override
        public InputStream stream() {
            return this;
        }

        @Override
        public int left() {
            return inf.getRemaining();
        }
    }

    private static final class Inflated extends InflaterInputStream implements Plain {
        Inflated(InputStream packed) {
            super(packed);
        }

        @Override
        public InputStream stream() {
            return this;
        }

        @Override
        public int left() {
            return inf.getRemaining();
        }
    }

    private final class Pieces extends InputStream {
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

        /** One more of the upstream's, behind what is left of the last. */
        private void fetch() {
            try {
                Optional<byte[]> next = body.next();
                over = next.isEmpty();
                next.ifPresent(this::append);
            } catch (IOException e) { // whoever reads on is told
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
