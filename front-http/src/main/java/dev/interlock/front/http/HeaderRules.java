package dev.interlock.front.http;

import dev.interlock.action.Header;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Which header fields belong to one hop or one try, and so to nobody's call and nobody's answer. */
final class HeaderRules {

    private static final Set<String> HOP = Set.of(
            "connection",
            "keep-alive",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "http2-settings",
            "proxy-connection",
            "proxy-authenticate",
            "proxy-authentication-info");

    // Ours to write, or different from one try to the next: they must not make two tries two calls.
    private static final Set<String> PER_TRY = Set.of(
            "host",
            "content-length",
            "expect",
            "user-agent",
            "accept-encoding",
            "traceparent",
            "tracestate",
            "baggage",
            "b3",
            "sentry-trace",
            "x-request-id",
            "x-correlation-id",
            "x-amzn-trace-id",
            "forwarded",
            "via",
            "x-real-ip",
            Marks.HEADER);

    // What an upstream says to its own client, which is the gateway: other routes and hosts, and cookies that would be
    // credentials.
    private static final Set<String> UPSTREAM_ONLY =
            Set.of("alt-svc", "set-cookie", "set-cookie2", "refresh", "content-length");

    private HeaderRules() {}

    /** The fields of a request that belong to the call. */
    static List<Header> ofCall(List<Header> headers) {
        Set<String> named = named(headers);
        return headers.stream()
                .filter(h -> !isHop(h.name(), named) && !isPerTry(h.name()))
                .toList();
    }

    /** The fields of an answer that the agent may see. */
    static List<Header> ofAnswer(List<Header> headers) {
        Set<String> named = named(headers);
        return headers.stream()
                .filter(h -> !isHop(h.name(), named) && !UPSTREAM_ONLY.contains(h.name()))
                .filter(h -> !h.name().startsWith("proxy-") && !h.name().startsWith("interlock-"))
                .toList();
    }

    /** Whether only the client writes field {@code name} (lower case), never a call. */
    static boolean isFraming(String name) {
        return HOP.contains(name) || name.equals("host") || name.equals("content-length") || name.equals("expect");
    }

    /** The elements of a comma-separated field, in lower case. */
    static List<String> list(String value) {
        return Arrays.stream(value.split(",", -1))
                .map(item -> item.strip().toLowerCase(Locale.ROOT))
                .filter(item -> !item.isEmpty())
                .toList();
    }

    private static boolean isHop(String name, Collection<String> named) {
        return HOP.contains(name) || named.contains(name);
    }

    private static boolean isPerTry(String name) {
        return PER_TRY.contains(name) || name.startsWith("x-forwarded-") || name.startsWith("x-b3-");
    }

    private static Set<String> named(List<Header> headers) {
        Set<String> named = new HashSet<>();
        headers.stream().filter(h -> h.name().equals("connection")).forEach(h -> named.addAll(list(h.value())));
        return named;
    }
}
