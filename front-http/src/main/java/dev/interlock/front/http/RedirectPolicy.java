package dev.interlock.front.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Objects;
import java.util.Optional;

/**
 * The redirects of an upstream that an agent may follow: those that come back through the gateway.
 *
 * @param proxied whether the agent asked for the provider itself, or else at the reverse front
 */
record RedirectPolicy(URI address, String upstream, boolean proxied, UpstreamRoutes routes) {

    static RedirectPolicy of(AttemptReader.RequestReading.AttemptRequest understood, UpstreamRoutes routes) {
        return new RedirectPolicy(
                understood.route().address(), understood.attempt().upstream(), understood.proxied(), routes);
    }

    Optional<String> follow(String location, String path) {
        try {
            URI base = new URI(
                    address.getScheme(), address.getRawAuthority(), RequestWriter.base(address) + path, null, null);
            URI target = base.resolve(new URI(location)).normalize();
            return proxied ? Optional.of(target).filter(this::isSealed).map(URI::toString) : prefixed(target);
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    /**
     * Any host that the seal names is allowed; pages of the web lead to others. An upstream's answer does not lead
     * there: such addresses often open without a credential. User information is one, too.
     */
    private boolean isSealed(URI target) {
        return target.getRawUserInfo() == null
                && target.getHost() != null
                && target.getScheme() != null
                && switch (routes.at(UpstreamOrigin.of(target))) {
                    case UpstreamRoutes.OriginRoutes(var upstreams) -> !upstreams.isEmpty();
                    case UpstreamRoutes.WebRoute web -> web.name().equals(upstream);
                    case UpstreamRoutes.NoSealInForce _ -> false;
                };
    }

    /**
     * Returns a target below the upstream's address as the reverse front names it. A client resolves dots before it
     * asks, and could then reach another upstream: RFC 3986 §5.2.4, and for encoded dots the URL standard of browsers.
     * A target that would be refused on its way back is removed as well.
     */
    private Optional<String> prefixed(URI target) {
        String path = Objects.requireNonNullElse(target.getRawPath(), "");
        String query = target.getRawQuery() == null ? "" : "?" + target.getRawQuery();
        boolean isOwn = address.getScheme().equalsIgnoreCase(target.getScheme())
                && address.getRawAuthority().equalsIgnoreCase(target.getRawAuthority())
                && (path.equals(RequestWriter.base(address)) || path.startsWith(RequestWriter.base(address) + "/"));
        if (!isOwn) {
            return Optional.empty();
        }
        String own = "/" + upstream + path.substring(RequestWriter.base(address).length()) + query;
        try {
            return RequestTarget.read(own).upstream().equals(upstream) ? Optional.of(own) : Optional.empty();
        } catch (UnreadableRequestException e) {
            return Optional.empty();
        }
    }
}
