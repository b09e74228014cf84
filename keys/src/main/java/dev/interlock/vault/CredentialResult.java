package dev.interlock.vault;

public sealed interface CredentialResult {

    record CredentialOpened(OpenedCredential credential) implements CredentialResult {}

    /** No credential is needed: the upstream is open to all, and the attempt only reads. */
    record NoCredentialNeeded() implements CredentialResult {}

    /** The credential is refused; {@code reason} is one or two whole sentences without any secret. */
    record CredentialRefused(String reason) implements CredentialResult {}
}
