package dev.interlock.gate;

import dev.interlock.action.Header;
import dev.interlock.action.SecretForms;
import dev.interlock.vault.OpenedCredential;
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

    /** Returns the forms in which the credential in {@code slot}, which {@link #headerFor} returned, may come back. */
    default SecretForms forms(Header slot) {
        return SecretForms.ofField(slot.value());
    }

    /** Wraps the credential that the vault opened, for fronts. */
    static Credential of(OpenedCredential opened) {
        return new Credential() {
            @Override
            public Optional<Header> headerFor(URI target) {
                return opened.headerFor(target).use(value -> Optional.of(new Header(opened.header(), value)));
            }

            @Override
            public SecretForms forms(Header slot) {
                return opened.forms();
            }
        };
    }

    static Credential none() {
        return _ -> Optional.empty();
    }
}
