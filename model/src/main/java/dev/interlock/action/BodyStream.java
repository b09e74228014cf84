package dev.interlock.action;

import dev.interlock.evidence.Json;

/** A body that is too long for memory. It is read once, after the decision, or lies in a file. */
public interface BodyStream {

    long length();

    /** Returns whether its content is known, because it has been read. */
    default boolean isKnown() {
        return false;
    }

    /**
     * Returns {@code request} with what people sign for of this body. Of a body that nobody has read that is only its
     * length. Of a known one it is all that it does, so that two requests with equal members do the same.
     */
    default Json.Members canonical(Json.Members request) {
        return request.with("body_length", length());
    }

    default void close() {}
}
