package dev.interlock.front.http;

import dev.interlock.front.git.PushAdmission;
import java.net.URI;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/** The upstreams of the seal in force. Asked once for every request. */
public interface UpstreamRoutes {

    RouteLookup find(String upstream);

    default OriginLookup at(UpstreamOrigin origin) {
        return new OriginRoutes(Map.of());
    }

    /** The upstreams at an origin, or the reason why they are unknown. */
    sealed interface OriginLookup {}

    /** The upstreams there, by name; none for most origins. They may have different base paths. */
    record OriginRoutes(Map<String, UpstreamRoute> upstreams) implements OriginLookup {
        public OriginRoutes {
            upstreams = Map.copyOf(upstreams);
        }
    }

    /**
     * The upstream that stands for every host that is no upstream of its own, with the route to this one.
     *
     * @param name as sealed
     */
    record WebRoute(String name, UpstreamRoute route) implements OriginLookup {}

    sealed interface RouteLookup {}

    /**
     * An upstream.
     *
     * @param graphql whether a path (without the address's base path) speaks GraphQL, and so expects GraphQL's errors
     * @param longBodies whether a method and a path (as above) take a body that is too long for memory
     * @param storage whether a URL is in the provider's own storage, from which the gateway fetches in the agent's
     *     place
     * @param pages whether, for the path of a request, another one leads to a further page of the same
     * @param known whether the provider's catalog says what a request to a path (as above) does
     */
    record UpstreamRoute(
            UpstreamServer server,
            ExtraCarriers carriers,
            Predicate<String> graphql,
            BiPredicate<String, String> longBodies,
            Predicate<URI> storage,
            PushAdmission push,
            McpReader mcp,
            BiPredicate<String, String> pages,
            Predicate<String> known)
            implements RouteLookup {

        /** Creates a route that knows every path, and whose answers name further pages as they were asked for. */
        public UpstreamRoute(
                UpstreamServer server,
                ExtraCarriers carriers,
                Predicate<String> graphql,
                BiPredicate<String, String> longBodies,
                Predicate<URI> storage,
                PushAdmission push,
                McpReader mcp) {
            this(server, carriers, graphql, longBodies, storage, push, mcp, (_, _) -> false, _ -> true);
        }

        /** Returns the server's address. */
        public URI address() {
            return server.address();
        }
    }

    record UnknownUpstream() implements RouteLookup {}

    record NoSealInForce(String why) implements RouteLookup, OriginLookup {}

    /**
     * The further places (headers in lower case, parameters) where an upstream's clients put credentials.
     * {@code Authorization}, {@code Proxy-Authorization}, {@code X-Api-Key}, {@code X-Amz-Security-Token} and cookies
     * always count.
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
