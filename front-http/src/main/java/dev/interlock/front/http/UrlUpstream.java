package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.denied;
import static dev.interlock.front.http.UnreadableRequestException.refused;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The upstream of a request that is addressed to a provider itself.
 *
 * @param target below the upstream's base path
 */
record UrlUpstream(RequestTarget target, UpstreamRoutes.UpstreamRoute route) {

    /**
     * Finds the upstream of {@code target}, which is addressed to {@code origin}.
     *
     * @throws UnreadableRequestException if it belongs to no upstream, or not clearly to one
     */
    static UrlUpstream find(UpstreamRoutes routes, UpstreamOrigin origin, RequestTarget target)
            throws UnreadableRequestException {
        return switch (routes.at(origin)) {
            case UpstreamRoutes.NoSealInForce(String why) -> throw denied(FrontRefusals.unsealed(why));
            case UpstreamRoutes.OriginRoutes(var upstreams) when upstreams.isEmpty() ->
                throw denied(FrontRefusals.unknownHost(origin));
            case UpstreamRoutes.OriginRoutes(var upstreams) -> find(upstreams, origin, target);
        };
    }

    /** Chooses the longest of several base paths, if only one upstream has it. */
    private static UrlUpstream find(
            Map<String, UpstreamRoutes.UpstreamRoute> upstreams, UpstreamOrigin origin, RequestTarget target)
            throws UnreadableRequestException {
        List<String> best = new ArrayList<>();
        int longest = -1;
        for (Map.Entry<String, UpstreamRoutes.UpstreamRoute> upstream : upstreams.entrySet()) {
            String base = base(upstream.getValue());
            if (isBelow(target.path(), base) && base.length() >= longest) {
                if (base.length() > longest) {
                    best.clear();
                }
                best.add(upstream.getKey());
                longest = base.length();
            }
        }
        if (best.isEmpty()) {
            throw denied(FrontRefusals.unknownPath(origin));
        }
        if (best.size() > 1) {
            throw refused(
                    FrontRefusals.AMBIGUOUS_HOST,
                    origin,
                    String.join("`, `", best.stream().sorted().toList()));
        }
        String name = best.getFirst();
        String below = target.path().substring(longest);
        return new UrlUpstream(
                target.at(name, below.isEmpty() ? "/" : below), Objects.requireNonNull(upstreams.get(name)));
    }

    private static boolean isBelow(String path, String base) {
        return base.isEmpty() || path.equals(base) || path.startsWith(base + "/");
    }

    private static String base(UpstreamRoutes.UpstreamRoute route) {
        String base = Objects.requireNonNullElse(route.address().getPath(), "");
        return base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    }
}
