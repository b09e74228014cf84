package dev.interlock.gate;

import dev.interlock.action.Header;
import java.net.URI;

/** An upstream's real credential, opened for one call. Its text form is redacted. */
public interface Credential {

    /**
     * The header field that carries it.
     *
     * @throws IllegalStateException if {@code target} is another scheme, host or port than the credential's own, or
     *     plain HTTP beyond loopback
     */
    Header headerFor(URI target);

    /** What the vault opened, as fronts see it. */
    static Credential of(dev.interlock.vault.Credential opened) {
        return target -> opened.headerFor(target).use(value -> new Header(opened.header(), value));
    }
}
