package dev.interlock.front.http;

import java.net.URI;
import java.util.Optional;

/**
 * A server to connect to.
 *
 * @param ca further trusted certificates in PEM
 * @param inside whether the address's name may lead into a private network
 * @param priorKnowledge whether it speaks HTTP/2 in the clear, and nothing else
 * @param anyHost whether an agent chose the host, and not the seal
 */
public record UpstreamServer(
        URI address, Optional<String> ca, boolean inside, boolean priorKnowledge, boolean anyHost) {

    /** Creates a server that the seal names. */
    public UpstreamServer(URI address, Optional<String> ca, boolean inside, boolean priorKnowledge) {
        this(address, ca, inside, priorKnowledge, false);
    }

    /** Creates the public server at {@code address}, which an agent chose. */
    public static UpstreamServer ofWeb(URI address) {
        return new UpstreamServer(address, Optional.empty(), false, false, true);
    }

    String authority() {
        return address.getRawAuthority();
    }

    /** Returns a server that is trusted like this one. */
    UpstreamServer at(URI other) {
        return new UpstreamServer(other, ca, inside, priorKnowledge, anyHost);
    }
}
