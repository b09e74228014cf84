package dev.interlock.people;

import dev.interlock.evidence.KeyStatement;
import java.net.URI;

/**
 * The web site where people use their passkeys.
 *
 * @param rp the relying party: the origin's host
 */
public record PasskeySite(String origin, String rp) {

    /** @throws dev.interlock.evidence.MalformedException if no passkey can belong to it */
    public PasskeySite {
        KeyStatement.requireOrigin(origin, rp);
    }

    /** Returns the site at {@code origin}, if browsers would let it use passkeys. */
    public static PasskeySite at(String origin) {
        String host = URI.create(origin).getHost();
        return new PasskeySite(origin, host == null ? "" : host);
    }
}
