package dev.interlock.front.http;

import dev.interlock.front.git.PushAdmission;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/** The upstreams of the seal in force. Asked once for every request. */
public interface UpstreamRoutes {

    /** Returns the upstream named {@code upstream}. */
    RouteLookup find(String upstream);

    /** Returns the upstreams that the seal names at {@code origin}; none by default. */
    default OriginLookup at(UpstreamOrigin origin) {
        return new OriginRoutes(Map.of());
    }

    /** The upstreams at an origin, or the reason why they are unknown. */
    sealed interface OriginLookup {}

    /**
     * The upstreams there, by name; none for most origins.
     *
     * @param upstreams may have different base paths
     */
    record OriginRoutes(Map<String, UpstreamRoute> upstreams) implements OriginLookup {
        public OriginRoutes {
            upstreams = Map.copyOf(upstreams);
        }
    }

    /** The result for a name. */
    sealed interface RouteLookup {}

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
     * @param push which requests are pushes by Git
     * @param mcp which requests are messages of MCP
     */
    record UpstreamRoute(
            URI address,
            Optional<String> ca,
            ExtraCarriers carriers,
            Predicate<String> graphql,
            BiPredicate<String, String> opaque,
            boolean inside,
            boolean priorKnowledge,
            PushAdmission push,
            McpReader mcp)
            implements RouteLookup {

        /** Creates a route to which nobody pushes, and that does not speak MCP. */
        public UpstreamRoute(
                URI address,
                Optional<String> ca,
                ExtraCarriers carriers,
                Predicate<String> graphql,
                BiPredicate<String, String> opaque,
                boolean inside,
                boolean priorKnowledge) {
            this(address, ca, carriers, graphql, opaque, inside, priorKnowledge, PushAdmission.NONE, McpReader.NONE);
        }

        /** Returns host and port as they go into {@code Host}: the port only if it is not the scheme's own. */
        String authority() {
            return address.getRawAuthority();
        }
    }

    /** A name that the seal does not have. */
    record UnknownUpstream() implements RouteLookup {}

    /** No seal is in force; {@code why} is a whole sentence. */
    record NoSealInForce(String why) implements RouteLookup, OriginLookup {}

    /**
     * The further places where an upstream's clients put credentials. {@code Authorization},
     * {@code Proxy-Authorization}, {@code X-Api-Key}, {@code X-Amz-Security-Token} and cookies always count.
     *
     * @param headers names in lower case
     * @param query parameter names
     */
    record ExtraCarriers(Set<String> headers, Set<String> query) {

        /** No further place. */
        public static final ExtraCarriers USUAL = new ExtraCarriers(Set.of(), Set.of());

        public ExtraCarriers {
            headers = Set.copyOf(headers);
            query = Set.copyOf(query);
        }
    }
}
