package dev.interlock.gate;

import dev.interlock.action.Header;
import java.net.URI;
import java.util.Optional;

/**
 * The credential that the gateway adds to one call, as a header field; none if the upstream needs none. Its text form
 * shows no secret.
 */
public interface Credential {

    /**
     * Returns the header field that carries it, or empty if the upstream needs no credential.
     *
     * @throws IllegalStateException if {@code target} is another scheme, host or port than the credential's own, or
     *     plain HTTP beyond loopback
     */
    Optional<Header> headerFor(URI target);

    /** Wraps the credential that the vault opened, for fronts. */
    static Credential of(dev.interlock.vault.OpenedCredential opened) {
        return target -> opened.headerFor(target).use(value -> Optional.of(new Header(opened.header(), value)));
    }

    /** Returns the credential for an upstream that needs none. */
    static Credential none() {
        return _ -> Optional.empty();
    }
}
