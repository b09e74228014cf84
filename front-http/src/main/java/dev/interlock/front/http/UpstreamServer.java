package dev.interlock.front.http;

import java.net.URI;
import java.util.Optional;

/**
 * A server to connect to.
 *
 * @param ca further trusted certificates in PEM
 * @param inside whether the address's name may lead into a private network
 * @param priorKnowledge whether it speaks HTTP/2 in the clear, and nothing else
 */
public record UpstreamServer(URI address, Optional<String> ca, boolean inside, boolean priorKnowledge) {

    String authority() {
        return address.getRawAuthority();
    }

    /** Returns a server that is trusted like this one. */
    UpstreamServer at(URI other) {
        return new UpstreamServer(other, ca, inside, priorKnowledge);
    }
}
