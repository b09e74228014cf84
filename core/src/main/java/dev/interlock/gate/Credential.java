package dev.interlock.gate;

import dev.interlock.action.Header;
import java.net.URI;
import java.util.Optional;

/** What opens an upstream for one call: its real credential, or nothing at all. Its text form is redacted. */
public interface Credential {

    /**
     * The header field that carries it; none where the upstream takes everybody.
     *
     * @throws IllegalStateException if {@code target} is another scheme, host or port than the credential's own, or
     *     plain HTTP beyond loopback
     */
    Optional<Header> headerFor(URI target);

    /** What the vault opened, as fronts see it. */
    static Credential of(dev.interlock.vault.Credential opened) {
        return target -> opened.headerFor(target).use(value -> Optional.of(new Header(opened.header(), value)));
    }

    /** For an upstream that takes everybody. */
    static Credential none() {
        return _ -> Optional.empty();
    }
}
