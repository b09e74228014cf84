package dev.interlock.front.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Objects;
import java.util.Optional;

/** The redirects of an upstream that an agent may follow: those that come back through the gateway. */
sealed interface RedirectPolicy {

    /** Returns the upstream's address. */
    URI address();

    /**
     * Returns the location to tell the agent for {@code location}, in the answer to a call of {@code path}; empty if
     * none.
     */
    Optional<String> follow(String location, String path);

    /** For an agent that asked at the reverse front, where an upstream's paths begin with its name. */
    record PrefixedRedirects(URI address, String upstream) implements RedirectPolicy {

        @Override
        public Optional<String> follow(String location, String path) {
            return target(location, path)
                    .filter(this::isOwn)
                    .map(target -> "/" + upstream
                            + rawPath(target).substring(basePath().length()) + query(target))
                    .filter(this::leadsBack);
        }

        // A client resolves dots before it asks, and could then reach another upstream: RFC 3986 §5.2.4, and for
        // encoded dots the URL standard of browsers. A target that would be refused on its way back is removed as well.
        private boolean leadsBack(String target) {
            try {
                return RequestTarget.read(target).upstream().equals(upstream);
            } catch (UnreadableRequestException e) {
                return false;
            }
        }
    }

    /** For an agent that asked for the provider itself: any host that the seal names is allowed. */
    record ProxiedRedirects(URI address, UpstreamRoutes routes) implements RedirectPolicy {

        @Override
        public Optional<String> follow(String location, String path) {
            return target(location, path)
                    .filter(target -> target.getRawUserInfo() == null) // a credential, which the agent must not have
                    .filter(this::isSealed)
                    .map(URI::toString);
        }

        private boolean isSealed(URI target) {
            return switch (target.getHost() == null || target.getScheme() == null
                    ? new UpstreamRoutes.NoSealInForce("no host")
                    : routes.at(UpstreamOrigin.of(target))) {
                case UpstreamRoutes.OriginRoutes(var upstreams) -> !upstreams.isEmpty();
                case UpstreamRoutes.NoSealInForce _ -> false;
            };
        }
    }

    /** Returns the target of {@code location}, relative to the call that it answers. */
    default Optional<URI> target(String location, String path) {
        try {
            URI base = new URI(address().getScheme(), address().getRawAuthority(), basePath() + path, null, null);
            return Optional.of(base.resolve(new URI(location)).normalize());
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    /** Returns whether {@code target} is below the upstream's address. */
    default boolean isOwn(URI target) {
        String raw = rawPath(target);
        return address().getScheme().equalsIgnoreCase(target.getScheme())
                && address().getRawAuthority().equalsIgnoreCase(target.getRawAuthority())
                && (raw.equals(basePath()) || raw.startsWith(basePath() + "/"));
    }

    /** Returns the upstream's base path, without a slash at its end. */
    default String basePath() {
        String base = Objects.requireNonNullElse(address().getRawPath(), "");
        return base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    }

    private static String rawPath(URI target) {
        return Objects.requireNonNullElse(target.getRawPath(), "");
    }

    private static String query(URI target) {
        return target.getRawQuery() == null ? "" : "?" + target.getRawQuery();
    }
}
