package dev.interlock.vault;

/** What came of asking for a credential. */
public sealed interface Opening {

    /**
     * It is open.
     *
     * @param credential for one request to the upstream, and then to be forgotten
     */
    record Opened(Credential credential) implements Opening {}

    /** There is nothing to open: the upstream takes everybody, and this only reads. */
    record Unneeded() implements Opening {}

    /**
     * It stays shut.
     *
     * @param reason one or two whole sentences without any secret
     */
    record Shut(String reason) implements Opening {}
}
