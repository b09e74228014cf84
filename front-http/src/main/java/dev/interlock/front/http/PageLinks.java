package dev.interlock.front.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The links in an answer to further pages of what was asked for at {@code path}, without the address's base path. */
record PageLinks(UpstreamRoutes.UpstreamRoute route, String path) {

    private static final Pattern LINK = Pattern.compile("<([^<>]*)>");

    /**
     * Returns the value of a {@code Link} field in which such pages have the path that was asked for: it is read like
     * that request, while the provider's own name of it says nothing about where it is.
     */
    String named(String value) {
        return LINK.matcher(value).replaceAll(link -> Matcher.quoteReplacement("<" + target(link.group(1)) + ">"));
    }

    private String target(String link) {
        try {
            URI target = new URI(link);
            String base = RequestWriter.base(route.address());
            String linked = Objects.requireNonNullElse(target.getPath(), "");
            boolean isOwn = target.getUserInfo() == null
                    && target.getHost() != null
                    && target.getScheme() != null
                    && UpstreamOrigin.of(target).equals(UpstreamOrigin.of(route.address()))
                    && linked.startsWith(base);
            return isOwn && route.pages().test(path, linked.substring(base.length()))
                    ? new URI(target.getScheme(), target.getAuthority(), base + path, null, null)
                            + Optional.ofNullable(target.getRawQuery())
                                    .map(query -> "?" + query)
                                    .orElse("")
                    : link;
        } catch (URISyntaxException _) {
            return link;
        }
    }
}
