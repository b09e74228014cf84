package dev.interlock.action;

import dev.interlock.evidence.Json;

/** A request as a front understood it, without any credential. There is one variant for each protocol. */
public sealed interface Call permits HttpCall {

    /** The protocol's name in receipts: {@code http}. */
    String protocol();

    /** The host that it is sent to, with the port if it is not the protocol's default. */
    String authority();

    /**
     * Returns everything that would go upstream, except the credential. {@link #digest} covers it, and people are shown
     * it.
     */
    Json.Members canonical();

    /** Returns whether all of it is here. Otherwise the rest is read after it was permitted. */
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
