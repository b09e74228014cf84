package dev.interlock.vault;

/** The answer to a request for a credential. */
public sealed interface CredentialResult {

    /**
     * The credential is open.
     *
     * @param credential for one request to the upstream, and then to be dropped
     */
    record CredentialOpened(OpenedCredential credential) implements CredentialResult {}

    /** No credential is needed: the upstream is open to all, and the attempt only reads. */
    record NoCredentialNeeded() implements CredentialResult {}

    /**
     * The credential is refused.
     *
     * @param reason one or two whole sentences without any secret
     */
    record CredentialRefused(String reason) implements CredentialResult {}
}
