package dev.interlock.front.http;

import dev.interlock.action.Attempt.PresentedCredential;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.action.Secret;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Removes every credential from a request, so that the rest can be shown, hashed and sent. */
final class CredentialCarriers {

    private static final Set<String> ALWAYS =
            Set.of("authorization", "proxy-authorization", "x-api-key", "x-amz-security-token");

    private static final Set<String> SCHEMES = Set.of("bearer", "token");

    private final UpstreamRoutes.ExtraCarriers carriers;
    private final List<PresentedCredential> presented = new ArrayList<>();

    private CredentialCarriers(UpstreamRoutes.ExtraCarriers carriers) {
        this.carriers = carriers;
    }

    record SplitRequest(List<PresentedCredential> presented, List<Header> headers, List<Parameter> query) {}

    static SplitRequest part(UpstreamRoutes.ExtraCarriers carriers, List<Header> headers, List<Parameter> query) {
        CredentialCarriers found = new CredentialCarriers(carriers);
        List<Header> plainHeaders =
                headers.stream().filter(h -> !found.takes(h)).toList();
        List<Parameter> plainQuery = query.stream().filter(p -> !found.takes(p)).toList();
        return new SplitRequest(List.copyOf(found.presented), plainHeaders, plainQuery);
    }

    private boolean takes(Header header) {
        if (header.name().equals("cookie")) {
            cookies(header.value());
            return true;
        }
        boolean carrier = ALWAYS.contains(header.name()) || carriers.headers().contains(header.name());
        if (carrier) {
            schemed("header " + header.name(), header.value());
        }
        return carrier;
    }

    private boolean takes(Parameter parameter) {
        boolean carrier = carriers.query().contains(parameter.name());
        if (carrier) {
            add("query " + parameter.name(), parameter.value());
        }
        return carrier;
    }

    private void schemed(String carrier, String value) {
        int space = value.indexOf(' ');
        String scheme = space < 0 ? "" : value.substring(0, space).toLowerCase(Locale.ROOT);
        String rest = value.substring(space + 1).strip();
        if (SCHEMES.contains(scheme)) {
            add(carrier, rest);
        } else if (scheme.equals("basic")) {
            basic(carrier, rest);
        } else {
            add(carrier, value);
        }
    }

    private void basic(String carrier, String encoded) {
        try {
            String text = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
            if (text.indexOf(':') >= 0) {
                pair(carrier, text);
                return;
            }
        } catch (IllegalArgumentException e) {
            // no Base64
        }
        add(carrier, encoded);
    }

    // Both halves count: clients put a token in either.
    private void pair(String carrier, String text) {
        int colon = text.indexOf(':');
        add(carrier + " user", text.substring(0, colon));
        add(carrier + " password", text.substring(colon + 1));
    }

    /**
     * Returns the user information (RFC 3986 §3.2.1) of the target and the hosts of {@code head}. A request with it is
     * refused, but people want to know whose it is. What a person could take for an authority counts.
     */
    static List<PresentedCredential> userinfo(RequestHead head) {
        CredentialCarriers found = new CredentialCarriers(UpstreamRoutes.ExtraCarriers.USUAL);
        String target = head.target();
        int slashes = target.indexOf("//");
        boolean whole = slashes == 0 || (slashes > 0 && target.charAt(slashes - 1) == ':');
        List<String> authorities = new ArrayList<>(head.values("host"));
        if (whole || head.method().equals("CONNECT")) {
            String rest = whole ? target.substring(slashes + 2) : target;
            authorities.addFirst(rest.substring(0, UpstreamOrigin.end(rest)));
        }
        for (String authority : authorities) {
            String user = authority.substring(0, Math.max(0, authority.lastIndexOf('@')));
            if (user.indexOf(':') >= 0) {
                found.pair("userinfo", user);
            } else {
                found.add("userinfo", user);
            }
        }
        return found.presented.stream()
                .map(one -> new PresentedCredential(one.carrier(), one.secret().use(CredentialCarriers::decoded)))
                .toList();
    }

    private static Secret decoded(String raw) {
        return new Secret(PercentEncoding.decode(raw, _ -> true).orElse(raw));
    }

    private void cookies(String value) {
        for (String cookie : value.split(";", -1)) {
            add("cookie", cookie.substring(cookie.indexOf('=') + 1).strip());
        }
    }

    // An empty carrier holds no credential, but is still removed.
    private void add(String carrier, String secret) {
        if (!secret.isEmpty()) {
            presented.add(new PresentedCredential(carrier, new Secret(secret)));
        }
    }
}
