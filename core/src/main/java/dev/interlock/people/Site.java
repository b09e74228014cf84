package dev.interlock.people;

import dev.interlock.evidence.KeyStatement;
import java.net.URI;

/**
 * Where people use their passkeys.
 *
 * @param origin of the only pages that may ask for them, as browsers write it
 * @param rp the relying party: the origin's host
 */
public record Site(String origin, String rp) {

    /** @throws dev.interlock.evidence.MalformedException if no passkey can be for it */
    public Site {
        KeyStatement.requireOrigin(origin, rp);
    }

    /**
     * The site at {@code origin}.
     *
     * @throws dev.interlock.evidence.MalformedException if it is no origin that browsers would let use passkeys
     */
    public static Site at(String origin) {
        String host = URI.create(origin).getHost();
        return new Site(origin, host == null ? "" : host);
    }
}
