package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * An upstream's answer whose head has arrived. The body is pulled: nothing is read from the upstream before it is asked
 * for. The holder must close it.
 */
final class UpstreamAnswer implements AutoCloseable {

    private static final int PARTIAL = 206;

    /**
     * Header fields that describe a coded body, and do not hold for the decoded one (RFC 9530 §2). An {@code etag}
     * stays, because later requests to the upstream use it.
     */
    private static final Set<String> OF_CODING =
            Set.of("content-encoding", "content-length", "content-md5", "digest", "content-digest", "repr-digest");

    /** Further header fields that describe a body, and do not hold for a replacement. */
    private static final Set<String> OF_BODY = Set.of("content-range", "accept-ranges", "etag", "trailer");

    private final int status;
    private final List<Header> headers;
    private final AnswerBody body;

    /**
     * A note of the gateway's own. It is not among the headers, because fields in the gateway's name are removed from
     * those.
     */
    private final Optional<String> note;

    /** The source of the remaining body. */
    interface AnswerBody extends AutoCloseable {

        /** Returns the next piece as soon as there is one; empty at the end. A piece may have no bytes. */
        Optional<byte[]> next() throws IOException;

        /** Returns whether {@link #next} returns without waiting for the upstream. */
        boolean isReady();

        /** Returns the most bytes that ever lay in memory unread. */
        int peak();

        /** Ends the exchange. If the body was not read to its end, the connection is closed. */
        @Override
        void close();
    }

    /** A body made of another one, and closed with it. */
    abstract static class BodyFilter implements AnswerBody {
        final AnswerBody body;

        BodyFilter(AnswerBody body) {
            this.body = body;
        }

        @Override
        public boolean isReady() {
            return body.isReady();
        }

        @Override
        public int peak() {
            return body.peak();
        }

        @Override
        public void close() {
            body.close();
        }
    }

    UpstreamAnswer(int status, List<Header> headers, AnswerBody body) {
        this(status, headers, body, Optional.empty());
    }

    private UpstreamAnswer(int status, List<Header> headers, AnswerBody body, Optional<String> note) {
        this.status = status;
        this.headers = List.copyOf(headers);
        this.body = body;
        this.note = note;
    }

    /** Returns the status code, 200 to 599. */
    int status() {
        return status;
    }

    /** Returns the header fields, names in lower case, without those that hold the credential. */
    List<Header> headers() {
        return headers;
    }

    /**
     * Waits for the next piece of the body; empty at its end.
     *
     * @throws IOException if the upstream broke off in the middle, or was silent for too long
     */
    Optional<byte[]> next() throws IOException {
        return body.next();
    }

    /** Returns whether {@link #next} returns without waiting. */
    boolean isReady() {
        return body.isReady();
    }

    /** Returns the most bytes that lay unread, for the test of the bound. */
    int peak() {
        return body.peak();
    }

    /** Returns this answer with other header fields. */
    UpstreamAnswer with(List<Header> others) {
        return new UpstreamAnswer(status, others, body, note);
    }

    /** Returns this answer with its body passed through {@code filter}. */
    UpstreamAnswer withBody(UnaryOperator<AnswerBody> filter) {
        return new UpstreamAnswer(status, headers, filter.apply(body), note);
    }

    /** Returns this answer with its body decoded by {@code decoder}. */
    UpstreamAnswer decoded(UnaryOperator<AnswerBody> decoder) {
        return without(OF_CODING).withBody(decoder);
    }

    /** Returns this answer with a body of the gateway's own in place of its own. */
    UpstreamAnswer replaced(UnaryOperator<AnswerBody> own) {
        return without(OF_CODING).without(OF_BODY).withBody(own);
    }

    /** Returns this answer with {@code whole} in place of its body; {@code closed} is run when it is closed. */
    UpstreamAnswer replacedBy(byte[] whole, Runnable closed) {
        return replaced(rest -> new WholeBody(rest, whole, closed));
    }

    /** Reads the whole body; empty if it is longer than {@code most} bytes. */
    Optional<Bytes> whole(int most) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (Optional<byte[]> piece = next(); piece.isPresent(); piece = next()) {
            if (all.size() + piece.get().length > most) {
                return Optional.empty();
            }
            all.writeBytes(piece.get());
        }
        return Optional.of(Bytes.of(all.toByteArray()));
    }

    private UpstreamAnswer without(Set<String> names) {
        return with(headers.stream()
                .filter(header -> !names.contains(header.name()))
                .toList());
    }

    /** Returns whether it is a part of a whole (RFC 9110 §15.3.7). Nobody can say where in the whole it belongs. */
    boolean isPart() {
        return status == PARTIAL;
    }

    /** Returns this answer without its body, and with the reason. */
    UpstreamAnswer withheld(String why) {
        UpstreamAnswer empty = replaced(EmptyBody::new);
        return new UpstreamAnswer(
                status, empty.headers, empty.body, Optional.of("the upstream's answer was withheld: " + why));
    }

    /** Returns the gateway's own note on it. */
    Optional<String> note() {
        return note;
    }

    /** A whole body that is here already. */
    private static final class WholeBody extends BodyFilter {
        private final Runnable leave;
        private Optional<byte[]> left;
        private boolean closed;

        WholeBody(AnswerBody read, byte[] body, Runnable leave) {
            super(read);
            this.leave = leave;
            this.left = body.length == 0 ? Optional.empty() : Optional.of(body);
        }

        @Override
        public Optional<byte[]> next() {
            Optional<byte[]> next = left;
            left = Optional.empty();
            return next;
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                leave.run();
            }
            super.close();
        }
    }

    /** A body that ends at once. */
    private static final class EmptyBody extends BodyFilter {
        EmptyBody(AnswerBody body) {
            super(body);
        }

        @Override
        public Optional<byte[]> next() {
            return Optional.empty();
        }

        @Override
        public boolean isReady() {
            return true;
        }
    }

    @Override
    public void close() {
        body.close();
    }
}
