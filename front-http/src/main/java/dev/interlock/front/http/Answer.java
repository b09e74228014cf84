package dev.interlock.front.http;

import dev.interlock.action.Header;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * An upstream's answer whose head has arrived. Its body is pulled: nothing more is read from the upstream than what has
 * been asked for. Whoever has it closes it.
 */
final class Answer implements AutoCloseable {

    private static final int PARTIAL = 206;

    /**
     * What is true of a body as it came, and of none that was decoded (RFC 9530 §2). An {@code etag} stays: the
     * upstream is asked by it again.
     */
    private static final Set<String> OF_CODING =
            Set.of("content-encoding", "content-length", "content-md5", "digest", "content-digest", "repr-digest");

    /** What beside is true of a body, or tells about it, and of none that stands in its place. */
    private static final Set<String> OF_BODY = Set.of("content-range", "accept-ranges", "etag", "trailer");

    private final int status;
    private final List<Header> headers;
    private final Body body;

    /** Ours. Not among the headers: what the upstream says in our name is left out there. */
    private final Optional<String> note;

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
        this(status, headers, body, Optional.empty());
    }

    private Answer(int status, List<Header> headers, Body body, Optional<String> note) {
        this.status = status;
        this.headers = List.copyOf(headers);
        this.body = body;
        this.note = note;
    }

    /** The status code, 200 to 599. */
    int status() {
        return status;
    }

    /** The header fields, names in lower case; those that hold the credential are left out. */
    List<Header> headers() {
        return headers;
    }

    /**
     * Waits for the next piece of the body; empty at its end.
     *
     * @throws IOException if the upstream went away in the middle, or was silent for too long
     */
    Optional<byte[]> next() throws IOException {
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
        return new Answer(status, others, body, note);
    }

    /** This answer with what {@code filter} makes of its body. */
    Answer through(UnaryOperator<Body> filter) {
        return new Answer(status, headers, filter.apply(body), note);
    }

    /** This answer with what {@code decoder} reads in its body. */
    Answer decoded(UnaryOperator<Body> decoder) {
        return without(OF_CODING).through(decoder);
    }

    /** This answer with a body of ours in the place of its own. */
    Answer replaced(UnaryOperator<Body> own) {
        return without(OF_CODING).without(OF_BODY).through(own);
    }

    private Answer without(Set<String> names) {
        return with(headers.stream()
                .filter(header -> !names.contains(header.name()))
                .toList());
    }

    /** Whether it is a part of what is there (RFC 9110 §15.3.7): nobody can say where in the whole it stood. */
    boolean isPart() {
        return status == PARTIAL;
    }

    /** This answer without its body, and why. */
    Answer withheld(String why) {
        Answer empty = replaced(Nothing::new);
        return new Answer(status, empty.headers, empty.body, Optional.of("the upstream's answer was withheld: " + why));
    }

    /** What the gateway itself has to say of it. */
    Optional<String> note() {
        return note;
    }

    /** The end, at once. */
    private static final class Nothing extends Filter {
        Nothing(Body body) {
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
