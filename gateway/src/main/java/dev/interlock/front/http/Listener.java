package dev.interlock.front.http;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where a connection came in.
 *
 * @param place whose it is, if it belongs to one agent alone
 * @param hosts what may stand in {@code Host}, lower case; empty for anything (a Unix socket has no name of its own)
 */
record Listener(Optional<String> place, Set<String> hosts) {

    /** Clients leave it out of {@code Host} (RFC 9110 §4.2.2). */
    private static final int HTTPS = 443;

    private static final Pattern NAME = Pattern.compile("[a-z0-9.\\-_]+(:[0-9]{1,5})?");

    /** A TCP listener at loopback. Any other name in {@code Host} is a page or a proxy that was led here. */
    static Listener loopback(int port) {
        return new Listener(Optional.empty(), Set.of("127.0.0.1:" + port, "localhost:" + port, "[::1]:" + port));
    }

    /** The same, where TLS is spoken: also by each of {@code names}, which its certificate has. */
    static Listener encrypted(int port, Set<String> names) {
        Set<String> hosts = Stream.concat(Stream.of("127.0.0.1", "localhost", "[::1]"), names.stream())
                .flatMap(name -> port == HTTPS ? Stream.of(name, name + ":" + port) : Stream.of(name + ":" + port))
                .collect(Collectors.toUnmodifiableSet());
        return new Listener(Optional.empty(), hosts);
    }

    static Listener ofPlace(String place) {
        return new Listener(Optional.of(place), Set.of());
    }

    /** This listener, for a client that asked for {@code name} alone when it shook hands. */
    Listener asked(String name) {
        String own = name.toLowerCase(Locale.ROOT);
        return new Listener(
                place,
                hosts.stream()
                        .filter(host -> host.equals(own) || host.startsWith(own + ":"))
                        .collect(Collectors.toUnmodifiableSet()));
    }

    boolean accepts(String host) {
        return hosts.isEmpty() ? NAME.matcher(host).matches() : hosts.contains(host);
    }
}
