package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A file in a provider's own storage, to which it redirects a GET: a log, an artifact, an archive. Its address opens
 * without a credential, so the agent does not get it. The call has none, and no header of the agent's.
 */
record StoredFile(UpstreamServer server, HttpCall call) {

    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    static Optional<StoredFile> of(UpstreamRoutes.UpstreamRoute route, HttpCall asked, UpstreamAnswer answer) {
        if (!asked.method().equals("GET") || !REDIRECTS.contains(answer.status())) {
            return Optional.empty();
        }
        List<String> locations = answer.values("location");
        try {
            URI location = locations.size() == 1 ? new URI(locations.getFirst()) : URI.create("");
            return route.storage().test(location) ? Optional.of(at(location, route.server())) : Optional.empty();
        } catch (URISyntaxException
                | UnreadableRequestException _) { // the agent gets the redirect without its location
            return Optional.empty();
        }
    }

    private static StoredFile at(URI location, UpstreamServer provider)
            throws URISyntaxException, UnreadableRequestException {
        String query = location.getRawQuery() == null ? "" : "?" + location.getRawQuery();
        RequestTarget target = RequestTarget.readUnaimed(location.getRawPath() + query);
        URI server = new URI(location.getScheme(), location.getRawAuthority(), null, null, null);
        return new StoredFile(
                provider.at(server),
                new HttpCall("GET", server.getRawAuthority(), target.path(), target.query(), List.of(), Bytes.empty()));
    }
}
