package dev.interlock.front.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Objects;
import java.util.Optional;

/** Where an upstream may send an agent: to what comes back through here. */
sealed interface Redirects {

    /** Where the upstream is. */
    URI address();

    /** What the agent is told of {@code location}, the answer to a call of {@code path}; empty if nothing. */
    Optional<String> follow(String location, String path);

    /** The agent asked at the reverse front, where an upstream's paths begin with its name. */
    record Prefixed(URI address, String upstream) implements Redirects {

        @Override
        public Optional<String> follow(String location, String path) {
            return target(location, path)
                    .filter(this::isOwn)
                    .map(target -> "/" + upstream
                            + rawPath(target).substring(basePath().length()) + query(target))
                    .filter(this::leadsBack);
        }

        // A client removes dots before it asks, and then what comes is another upstream's: RFC 3986 §5.2.4, and encoded
        // ones as the URL standard of browsers has it. What would be refused on its way back leads nowhere anyway.
        private boolean leadsBack(String target) {
            try {
                return RequestTarget.read(target).upstream().equals(upstream);
            } catch (UnreadableException e) {
                return false;
            }
        }
    }

    /** The agent asked for the provider itself: any host that the seal names is as good. */
    record Proxied(URI address, Routes routes) implements Redirects {

        @Override
        public Optional<String> follow(String location, String path) {
            return target(location, path)
                    .filter(target -> target.getRawUserInfo() == null) // a credential, which the agent is not to have
                    .filter(this::isSealed)
                    .map(URI::toString);
        }

        private boolean isSealed(URI target) {
            return switch (target.getHost() == null || target.getScheme() == null
                    ? new Routes.Unsealed("no host")
                    : routes.at(Origin.of(target))) {
                case Routes.Hosted(var upstreams) -> !upstreams.isEmpty();
                case Routes.Unsealed _ -> false;
            };
        }
    }

    /** What {@code location} means, relative to the call that it answers. */
    default Optional<URI> target(String location, String path) {
        try {
            URI base = new URI(address().getScheme(), address().getRawAuthority(), basePath() + path, null, null);
            return Optional.of(base.resolve(new URI(location)).normalize());
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    /** Whether {@code target} is below the upstream's address. */
    default boolean isOwn(URI target) {
        String raw = rawPath(target);
        return address().getScheme().equalsIgnoreCase(target.getScheme())
                && address().getRawAuthority().equalsIgnoreCase(target.getRawAuthority())
                && (raw.equals(basePath()) || raw.startsWith(basePath() + "/"));
    }

    /** The upstream's, without a slash at its end. */
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
