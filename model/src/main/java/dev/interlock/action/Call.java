package dev.interlock.action;

import dev.interlock.evidence.Json;

/** A request as a front understood it, free of every credential carrier. One variant a protocol. */
public sealed interface Call permits HttpCall {

    /** The protocol's word in receipts: {@code http}. */
    String protocol();

    /** The host, and the port if it is not the protocol's own, that it is sent to. */
    String authority();

    /**
     * All that would go upstream, but for the credential: what {@link #digest} is made of, and what a person is shown.
     */
    Json.Members canonical();

    /** Whether all of it is here; otherwise the rest is read once it may go. */
    default boolean isWhole() {
        return true;
    }

    /**
     * The SHA-256 of {@link #canonical}, lower-case hexadecimal. It changes with any header, parameter or byte of body.
     */
    default String digest() {
        return Bytes.of(canonical().canonical()).sha256();
    }
}
