package dev.interlock.front.http;

import dev.interlock.action.Attempt.PresentedCredential;
import dev.interlock.action.Secret;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The text before the {@code @} of an authority: a user and a password, either of which may be a token (RFC 3986
 * §3.2.1). A request with it is refused, but people want to know whose it is.
 */
final class UrlUserinfo {

    private static final String CARRIER = "userinfo";

    private UrlUserinfo() {}

    /** Returns whether {@code authority} has some. A host has no {@code @}. */
    static boolean isIn(String authority) {
        return authority.indexOf('@') >= 0;
    }

    /** Returns all of it in {@code head}: in the target and in the hosts it names. */
    static List<PresentedCredential> in(RequestHead head) {
        return Stream.concat(authority(head.method(), head.target()).stream(), head.values("host").stream())
                .flatMap(authority -> of(authority).stream())
                .toList();
    }

    /** Reads generously: every text that a person could take for an authority counts, even if no server would. */
    private static Optional<String> authority(String method, String target) {
        int slashes = target.indexOf("//");
        boolean whole = slashes == 0 || (slashes > 0 && target.charAt(slashes - 1) == ':');
        if (!whole && !method.equals("CONNECT")) {
            return Optional.empty();
        }
        String rest = whole ? target.substring(slashes + 2) : target;
        return Optional.of(rest.substring(0, UpstreamOrigin.end(rest)));
    }

    private static List<PresentedCredential> of(String authority) {
        int at = authority.lastIndexOf('@');
        if (at < 0) {
            return List.of();
        }
        String user = authority.substring(0, at);
        int colon = user.indexOf(':');
        List<PresentedCredential> presented = new ArrayList<>();
        if (colon < 0) {
            add(presented, CARRIER, user);
        } else {
            add(presented, CARRIER + " user", user.substring(0, colon));
            add(presented, CARRIER + " password", user.substring(colon + 1));
        }
        return presented;
    }

    private static void add(List<PresentedCredential> presented, String carrier, String raw) {
        String secret = PercentEncoding.decode(raw, _ -> true).orElse(raw);
        if (!secret.isEmpty()) {
            presented.add(new PresentedCredential(carrier, new Secret(secret)));
        }
    }
}
