package dev.interlock.vault;

/** The answer to a request for a credential. */
public sealed interface Opening {

    /**
     * The credential is open.
     *
     * @param credential for one request to the upstream, and then to be dropped
     */
    record Opened(Credential credential) implements Opening {}

    /** No credential is needed: the upstream is open to all, and the attempt only reads. */
    record Unneeded() implements Opening {}

    /**
     * The credential is refused.
     *
     * @param reason one or two whole sentences without any secret
     */
    record Shut(String reason) implements Opening {}
}
