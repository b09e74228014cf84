package dev.interlock.front.http;

import dev.interlock.action.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Finds the upstream that a whole URL leads to. The request is then treated as at the reverse front. */
sealed interface UrlUpstream {

    /** The URL belongs to an upstream; {@code target} is below its base path. */
    record UrlMatch(RequestTarget target, UpstreamRoutes.UpstreamRoute route) implements UrlUpstream {}

    /** The URL belongs to no upstream, or not clearly to one. */
    record UrlMismatch(Refusal refusal) implements UrlUpstream {}

    /** Finds the upstream of {@code target}, which is addressed to {@code origin}. */
    static UrlUpstream find(UpstreamRoutes routes, UpstreamOrigin origin, RequestTarget target) {
        return switch (routes.at(origin)) {
            case UpstreamRoutes.NoSealInForce(String why) -> new UrlMismatch(FrontRefusals.unsealed(why));
            case UpstreamRoutes.OriginRoutes(var upstreams)
            when upstreams.isEmpty() -> new UrlMismatch(FrontRefusals.unknownHost(origin));
            case UpstreamRoutes.OriginRoutes(var upstreams) -> find(upstreams, origin, target);
        };
    }

    /** Chooses the longest of several base paths, if only one upstream has it. */
    private static UrlUpstream find(
            Map<String, UpstreamRoutes.UpstreamRoute> upstreams, UpstreamOrigin origin, RequestTarget target) {
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
        if (best.size() != 1) {
            return new UrlMismatch(
                    best.isEmpty()
                            ? FrontRefusals.unknownPath(origin)
                            : FrontRefusals.AMBIGUOUS_HOST.notUnderstood(
                                    origin,
                                    String.join("`, `", best.stream().sorted().toList())));
        }
        String name = best.getFirst();
        String below = target.path().substring(longest);
        return new UrlMatch(
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
