package dev.interlock.front.http;

import dev.interlock.action.Header;
import dev.interlock.gate.ProbeMarks;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** Separates the header fields that belong to one hop or one try from those of the call and of the answer. */
final class HeaderRules {

    private static final Set<String> HOP = words(
            "connection|keep-alive|te|trailer|transfer-encoding|upgrade|http2-settings|proxy-connection|proxy-authenticate|proxy-authentication-info");

    /** The field in which an agent tells people why it makes a call. */
    static final String REASON = "interlock-reason";

    // The gateway writes these itself, or they differ from try to try: they must not make two calls of two tries.
    private static final Set<String> PER_TRY = words(
            "host|content-length|expect|user-agent|accept-encoding|traceparent|tracestate|baggage|b3|sentry-trace|x-request-id|x-correlation-id|x-amzn-trace-id|forwarded|via|x-real-ip|"
                    + REASON + "|" + ProbeMarks.NAME);

    // Fields by which an upstream addresses its own client, which is the gateway: other routes and hosts, cookies that
    // would be credentials, and challenges, which would send the agent to an authorization server.
    private static final Set<String> UPSTREAM_ONLY =
            Set.of("alt-svc", "set-cookie", "set-cookie2", "refresh", "content-length", "www-authenticate");

    private HeaderRules() {}

    /** Returns the values of {@code name} in order. Each request asks often, and mostly there are none. */
    static List<String> values(List<Header> headers, String name) {
        List<String> values = new ArrayList<>();
        for (Header header : headers) {
            if (header.name().equals(name)) {
                values.add(header.value());
            }
        }
        return List.copyOf(values);
    }

    static List<Header> ofCall(List<Header> headers) {
        Set<String> named = named(headers);
        return headers.stream()
                .filter(header -> !isHop(header.name(), named)
                        && !PER_TRY.contains(header.name())
                        && !header.name().startsWith("x-b3-")
                        && !header.name().startsWith("x-forwarded-"))
                .toList();
    }

    private static Set<String> words(String all) {
        return Set.of(all.split("\\|", -1));
    }

    static List<Header> ofAnswer(List<Header> headers) {
        Set<String> named = named(headers);
        return headers.stream()
                .filter(header -> !isHop(header.name(), named)
                        && !UPSTREAM_ONLY.contains(header.name())
                        && !header.name().startsWith("proxy-")
                        && !header.name().startsWith("interlock-"))
                .toList();
    }

    /** Returns whether only the client's HTTP layer writes the field {@code name} (lower case), never a call. */
    static boolean isFraming(String name) {
        return HOP.contains(name) || Set.of("host", "content-length", "expect").contains(name);
    }

    /** Returns the elements of a comma-separated field, in lower case. */
    static List<String> list(String value) {
        return Stream.of(value.split(",", -1))
                .map(item -> item.strip().toLowerCase(Locale.ROOT))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    private static boolean isHop(String name, Collection<String> named) {
        return HOP.contains(name) || named.contains(name);
    }

    private static Set<String> named(List<Header> headers) {
        List<String> values = values(headers, "connection");
        return values.isEmpty() ? Set.of() : Set.copyOf(list(String.join(",", values)));
    }
}
