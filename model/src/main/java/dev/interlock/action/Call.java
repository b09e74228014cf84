package dev.interlock.action;

import dev.interlock.evidence.Json;
import java.util.List;

/** A request as a front understood it, without any credential. There is one variant for each protocol. */
public sealed interface Call permits HttpCall {

    /** The protocol's name in receipts: {@code http}. */
    String protocol();

    /** The host that it is sent to, with the port if it is not the protocol's default. */
    String authority();

    /**
     * Returns everything that would go upstream, except the credential, in the form that people sign. Salted digests
     * stand for the body and for other content that may hold secrets. It changes with any header, parameter or byte of
     * body.
     */
    Json.Members canonical(SaltedDigests digests);

    /** Returns the texts besides the body of which {@link #canonical} holds only digests. */
    List<String> saltedTexts();

    /** Returns whether all of it is here. Otherwise the rest is read after it was permitted. */
    default boolean isWhole() {
        return true;
    }
}
