package dev.interlock.front.http;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/** The upstreams of the seal in force. Asked once for every request. */
public interface Routes {

    /** Returns the upstream named {@code upstream}. */
    Found find(String upstream);

    /** Returns the upstreams that the seal names at {@code origin}; none by default. */
    default Hosting at(Origin origin) {
        return new Hosted(Map.of());
    }

    /** The upstreams at an origin, or the reason why they are unknown. */
    sealed interface Hosting {}

    /**
     * The upstreams there, by name; none for most origins.
     *
     * @param upstreams may have different base paths
     */
    record Hosted(Map<String, Route> upstreams) implements Hosting {
        public Hosted {
            upstreams = Map.copyOf(upstreams);
        }
    }

    /** The result for a name. */
    sealed interface Found {}

    /**
     * An upstream.
     *
     * @param address scheme, host, port and base path
     * @param ca further trusted certificates in PEM
     * @param carriers the further places where its clients put credentials
     * @param graphql whether a path (without the address's base path) speaks GraphQL, and so expects GraphQL's errors
     * @param opaque whether a method and a path (as above) take a body that is not parsed, however long
     * @param inside whether the address's name may lead into a private network
     * @param priorKnowledge whether it speaks HTTP/2 in the clear, and nothing else
     */
    record Route(
            URI address,
            Optional<String> ca,
            Carriers carriers,
            Predicate<String> graphql,
            BiPredicate<String, String> opaque,
            boolean inside,
            boolean priorKnowledge)
            implements Found {

        /** Creates a public upstream of which every body is parsed. */
        public Route(URI address, Optional<String> ca, Carriers carriers, Predicate<String> graphql) {
            this(address, ca, carriers, graphql, (_, _) -> false, false, false);
        }

        /** Returns host and port as they go into {@code Host}: the port only if it is not the scheme's own. */
        String authority() {
            return address.getRawAuthority();
        }
    }

    /** A name that the seal does not have. */
    record Unknown() implements Found {}

    /** No seal is in force; {@code why} is a whole sentence. */
    record Unsealed(String why) implements Found, Hosting {}

    /**
     * The further places where an upstream's clients put credentials. {@code Authorization},
     * {@code Proxy-Authorization}, {@code X-Api-Key}, {@code X-Amz-Security-Token} and cookies always count.
     *
     * @param headers names in lower case
     * @param query parameter names
     */
    record Carriers(Set<String> headers, Set<String> query) {

        /** No further place. */
        public static final Carriers USUAL = new Carriers(Set.of(), Set.of());

        public Carriers {
            headers = Set.copyOf(headers);
            query = Set.copyOf(query);
        }
    }
}
