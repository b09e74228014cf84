package dev.interlock.action;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A request as a front understood it, without any credential: an operation with its arguments, and where it goes. Each
 * protocol has a kind of its own. The code that decides about calls knows this much of them, and no more.
 */
public interface Call {

    /** The protocol's name in receipts: {@code http}. */
    String protocol();

    /** The host that it is sent to, with the port if it is not the protocol's default. */
    String authority();

    /** The content, as far as it is in memory; empty if there is none. */
    Bytes body();

    /**
     * Returns everything that would go upstream, except the credential, in the form that people sign. Salted digests
     * stand for the body and for other content that may hold secrets. It changes with any header, parameter or byte of
     * body.
     */
    Json.Members canonical(SaltedDigests digests);

    /** Returns the texts besides the body of which {@link #canonical} holds only digests. */
    default List<String> saltedTexts() {
        return List.of();
    }

    /** Returns all texts besides the body that the agent has chosen, also those that are not forwarded. */
    default Stream<String> texts() {
        return Stream.empty();
    }

    /** Returns whether {@code text} is in what would be sent. A body that is passed on unread is not searched. */
    default boolean holds(String text) {
        return texts().anyMatch(part -> part.contains(text)) || body().holds(text);
    }

    /** Returns whether all of it is here. Otherwise the rest is read after it was permitted. */
    default boolean isWhole() {
        return true;
    }

    /** Returns the body that is known but too long for memory; empty for nearly all. */
    default Optional<BodyStream> longBody() {
        return Optional.empty();
    }

    /** Takes all of it from the client, if it is not whole. Returns why not, if there is no room for it. */
    default Optional<Refusal> receive() throws IOException {
        return Optional.empty();
    }

    /** Returns whether what was sent before takes effect by it, as by a commit. */
    default boolean completesEarlier() {
        return false;
    }

    /** Returns whether a text in the body is a document of a query language, of which people are shown the parts. */
    default boolean holdsQuery() {
        return false;
    }

    /** Returns this call as one for a whole answer: a secret could stand across the edge of a part. */
    default Call forWholeAnswer() {
        return this;
    }

    /** Returns the whole call as it is kept, to be read again by its protocol. */
    Json.Members kept();

    /** Returns an estimate of the memory that it takes, in bytes. */
    default long weight() {
        return MemoryEstimate.of(authority()) + body().length();
    }

    default void discard() {}
}
