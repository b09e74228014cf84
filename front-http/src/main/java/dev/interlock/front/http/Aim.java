package dev.interlock.front.http;

import dev.interlock.action.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Finds the upstream that a whole URL leads to. The request is then treated as at the reverse front. */
sealed interface Aim {

    /** The URL belongs to an upstream; {@code target} is below its base path. */
    record At(RequestTarget target, Routes.Route route) implements Aim {}

    /** The URL belongs to no upstream, or not clearly to one. */
    record Missed(Refusal refusal) implements Aim {}

    /** Finds the upstream of {@code target}, which is addressed to {@code origin}. */
    static Aim take(Routes routes, Origin origin, RequestTarget target) {
        return switch (routes.at(origin)) {
            case Routes.Unsealed(String why) -> new Missed(Refusals.unsealed(why));
            case Routes.Hosted(var upstreams) when upstreams.isEmpty() -> new Missed(Refusals.unknownHost(origin));
            case Routes.Hosted(var upstreams) -> take(upstreams, origin, target);
        };
    }

    /** Chooses the longest of several base paths, if only one upstream has it. */
    private static Aim take(Map<String, Routes.Route> upstreams, Origin origin, RequestTarget target) {
        List<String> best = new ArrayList<>();
        int longest = -1;
        for (Map.Entry<String, Routes.Route> upstream : upstreams.entrySet()) {
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
            return new Missed(
                    best.isEmpty()
                            ? Refusals.unknownPath(origin)
                            : Refusals.ambiguous(origin, best.stream().sorted().toList()));
        }
        String name = best.getFirst();
        String below = target.path().substring(longest);
        return new At(target.at(name, below.isEmpty() ? "/" : below), Objects.requireNonNull(upstreams.get(name)));
    }

    private static boolean isBelow(String path, String base) {
        return base.isEmpty() || path.equals(base) || path.startsWith(base + "/");
    }

    private static String base(Routes.Route route) {
        String base = Objects.requireNonNullElse(route.address().getPath(), "");
        return base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    }
}
