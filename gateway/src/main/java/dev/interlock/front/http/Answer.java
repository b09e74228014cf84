package dev.interlock.front.http;

import dev.interlock.action.Header;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * An upstream's answer whose head has arrived. Its body is pulled: nothing more is read from the upstream than what has
 * been asked for. Whoever has it closes it.
 */
public final class Answer implements AutoCloseable {

    private final int status;
    private final List<Header> headers;
    private final Body body;

    /** Where the rest comes from. */
    interface Body extends AutoCloseable {

        /** The next piece as soon as there is one; empty at the end. A piece may have no bytes. */
        Optional<byte[]> next() throws IOException;

        /** Whether {@link #next} returns without waiting for the upstream. */
        boolean isReady();

        /** The most bytes that ever lay in memory unread. */
        int peak();

        /** Ends the exchange; if it has not been read to its end, the connection goes with it. */
        @Override
        void close();
    }

    /** A body made of another one, which goes with it. */
    abstract static class Filter implements Body {
        final Body body;

        Filter(Body body) {
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

    Answer(int status, List<Header> headers, Body body) {
        this.status = status;
        this.headers = List.copyOf(headers);
        this.body = body;
    }

    /** The status code, 200 to 599. */
    public int status() {
        return status;
    }

    /** The header fields, names in lower case; those that hold the credential are left out. */
    public List<Header> headers() {
        return headers;
    }

    /**
     * Waits for the next piece of the body; empty at its end.
     *
     * @throws IOException if the upstream went away in the middle, or was silent for too long
     */
    public Optional<byte[]> next() throws IOException {
        return body.next();
    }

    /** Whether {@link #next} returns without waiting. */
    boolean isReady() {
        return body.isReady();
    }

    /** For the test of the bound. */
    int peak() {
        return body.peak();
    }

    /** This answer with other header fields. */
    Answer with(List<Header> others) {
        return new Answer(status, others, body);
    }

    /** This answer with what {@code filter} makes of its body. */
    Answer through(UnaryOperator<Body> filter) {
        return new Answer(status, headers, filter.apply(body));
    }

    @Override
    public void close() {
        body.close();
    }
}
