package dev.interlock.action;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** A body that is too long for memory. It is read once, after the decision, or lies in a file. */
public interface BodyStream {

    /** Returns how many bytes it has; {@link Long#MAX_VALUE} if nobody announced it and its end has not come. */
    long length();

    /** Returns whether its content is known, because it has been read. */
    default boolean isKnown() {
        return false;
    }

    /**
     * Takes all of it from the client, so that it is known, and can be read by {@link #open}. Returns why not, if there
     * is no room for it.
     */
    default Optional<Refusal> receive() throws IOException {
        throw new IOException("this body is read only once");
    }

    /** Returns the bytes of one that is known, from the beginning. */
    default InputStream open() throws IOException {
        throw new IOException("this body is read only once");
    }

    /**
     * Returns {@code request} with what people sign for of this body. Of a body that nobody has read that is only its
     * length. Of a known one it is all that it does, so that two requests with equal members do the same.
     */
    default Json.Members canonical(Json.Members request, SaltedDigests digests) {
        return request.with("body_length", length());
    }

    default void close() {}
}
