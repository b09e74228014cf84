package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.function.UnaryOperator;

/**
 * An upstream's answer whose head has arrived. The body is pulled: nothing is read from the upstream before it is asked
 * for. The holder must close it.
 *
 * @param headers names in lower case, without those that hold the credential
 * @param note of the gateway's own; fields in its name are removed from the headers
 */
record UpstreamAnswer(int status, List<Header> headers, AnswerBody body, Optional<String> note)
        implements AutoCloseable {

    private static final int PARTIAL = 206;

    /**
     * Header fields that describe a coded body, and do not hold for the decoded one (RFC 9530 §2). An {@code etag}
     * stays, because later requests to the upstream use it.
     */
    private static final Set<String> OF_CODING =
            Set.of("content-encoding", "content-length", "content-md5", "digest", "content-digest", "repr-digest");

    /** Further header fields that describe a body, and do not hold for a replacement. */
    private static final Set<String> OF_BODY = Set.of("content-range", "accept-ranges", "etag", "trailer");

    interface AnswerBody extends AutoCloseable {

        /** Returns the next piece as soon as there is one; empty at the end. A piece may have no bytes. */
        Optional<byte[]> next() throws IOException;

        /** Returns whether {@link #next} returns without waiting for the upstream. */
        boolean isReady();

        /** Returns whether all that is unread has arrived, its end too, and is no more than is searched at once. */
        boolean isWhole();

        /** Returns the most bytes that ever lay in memory unread. */
        int peak();

        /** Returns its length, if it has come to its end. */
        default Optional<String> length() {
            return Optional.empty();
        }

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
        public boolean isWhole() {
            return body.isWhole();
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

    UpstreamAnswer {
        headers = List.copyOf(headers);
    }

    UpstreamAnswer(int status, List<Header> headers, AnswerBody body) {
        this(status, headers, body, Optional.empty());
    }

    List<String> values(String name) {
        return HeaderRules.values(headers, name);
    }

    /** Waits for the next piece; empty at the end. Throws if the upstream broke off, or was silent for too long. */
    Optional<byte[]> next() throws IOException {
        return body.next();
    }

    boolean isReady() {
        return body.isReady();
    }

    UpstreamAnswer with(List<Header> others) {
        return new UpstreamAnswer(status, others, body, note);
    }

    UpstreamAnswer withBody(UnaryOperator<AnswerBody> filter) {
        return new UpstreamAnswer(status, headers, filter.apply(body), note);
    }

    UpstreamAnswer decoded(UnaryOperator<AnswerBody> decoder) {
        return without(OF_CODING).withBody(decoder);
    }

    UpstreamAnswer replacedBy(byte[] whole) {
        return without(OF_CODING).without(OF_BODY).withBody(rest -> new WholeBody(rest, whole));
    }

    UpstreamAnswer whenClosed(Runnable then) {
        return withBody(open -> new ClosingBody(open, then));
    }

    /** Reads the whole body; empty if it is longer than {@code most} bytes. */
    Optional<Bytes> whole(int most) throws IOException {
        return whole(most, _ -> true);
    }

    /** Does the same, and holds it in {@code memory}. Throws if there is no room. */
    Optional<Bytes> whole(int most, BodyBudget.Share memory) throws IOException {
        return whole(most, memory::hold);
    }

    private Optional<Bytes> whole(int most, LongPredicate room) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (Optional<byte[]> piece = next(); piece.isPresent(); piece = next()) {
            if (all.size() + piece.get().length > most) {
                return Optional.empty();
            }
            all.writeBytes(piece.get());
            if (!room.test(all.size())) {
                throw new AnswerMemory.NoRoomException();
            }
        }
        return Optional.of(Bytes.owning(all.toByteArray()));
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
        UpstreamAnswer empty = replacedBy(new byte[0]);
        return new UpstreamAnswer(
                status, empty.headers, empty.body, Optional.of("the upstream's answer was withheld: " + why));
    }

    private static final class WholeBody extends BodyFilter {
        private Optional<byte[]> left;

        WholeBody(AnswerBody read, byte[] body) {
            super(read);
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
    }

    private static final class ClosingBody extends BodyFilter {
        private final Runnable then;
        private boolean closed;

        ClosingBody(AnswerBody body, Runnable then) {
            super(body);
            this.then = then;
        }

        @Override
        public Optional<byte[]> next() throws IOException {
            return body.next();
        }

        @Override
        public void close() {
            super.close();
            if (!closed) {
                closed = true;
                then.run();
            }
        }
    }

    @Override
    public void close() {
        body.close();
    }
}
