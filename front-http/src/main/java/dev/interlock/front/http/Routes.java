package dev.interlock.front.http;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/** What the seal in force says about upstreams. Asked once for every request. */
public interface Routes {

    /** Where {@code upstream} is. */
    Found find(String upstream);

    /** What the seal names at {@code origin}; nothing, unless this is known. */
    default Hosting at(Origin origin) {
        return new Hosted(Map.of());
    }

    /** What is known of an origin. */
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

    /** What is known of a name. */
    sealed interface Found {}

    /**
     * It is an upstream.
     *
     * @param address scheme, host, port and base path
     * @param ca further trusted certificates in PEM
     * @param carriers where its clients put credentials, besides the usual places
     * @param graphql whether a path (without the address's base path) speaks GraphQL, and so wants GraphQL's errors
     * @param opaque whether a method and a path (as above) take a body that nobody reads, however long
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

        /** One that anybody reaches, and where every body is read. */
        public Route(URI address, Optional<String> ca, Carriers carriers, Predicate<String> graphql) {
            this(address, ca, carriers, graphql, (_, _) -> false, false, false);
        }

        /** Host and port as they go into {@code Host}: the port only if it is not the scheme's own. */
        String authority() {
            return address.getRawAuthority();
        }
    }

    /** The seal does not name it. */
    record Unknown() implements Found {}

    /** There is no seal in force; {@code why} is a whole sentence. */
    record Unsealed(String why) implements Found, Hosting {}

    /**
     * Where an upstream's clients put credentials, besides {@code Authorization}, {@code Proxy-Authorization},
     * {@code X-Api-Key}, {@code X-Amz-Security-Token} and cookies, which always count.
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
