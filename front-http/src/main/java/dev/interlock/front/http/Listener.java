package dev.interlock.front.http;

import dev.interlock.action.Attempt.Presented;
import java.util.List;
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
 * @param tunnel which tunnel through this door it came in by, if it did
 */
record Listener(Optional<String> place, Set<String> hosts, Optional<Tunnel> tunnel) {

    /** Clients leave it out of {@code Host} (RFC 9110 §4.2.2). */
    private static final int HTTPS = 443;

    private static final Pattern NAME = Pattern.compile("[a-z0-9.\\-_]+(:[0-9]{1,5})?");

    /** A TCP listener at loopback. Any other name in {@code Host} is a page or a proxy that was led here. */
    static Listener loopback(int port) {
        return new Listener(Set.of("127.0.0.1:" + port, "localhost:" + port, "[::1]:" + port));
    }

    /** The same, where TLS is spoken: also by each of {@code names}, which its certificate has. */
    static Listener encrypted(int port, Set<String> names) {
        Set<String> hosts = Stream.concat(Stream.of("127.0.0.1", "localhost", "[::1]"), names.stream())
                .flatMap(name -> port == HTTPS ? Stream.of(name, name + ":" + port) : Stream.of(name + ":" + port))
                .collect(Collectors.toUnmodifiableSet());
        return new Listener(hosts);
    }

    static Listener ofPlace(String place) {
        return new Listener(Optional.of(place), Set.of(), Optional.empty());
    }

    private Listener(Set<String> hosts) {
        this(Optional.empty(), hosts, Optional.empty());
    }

    /** The inside of {@code opened}, which was asked for here. */
    Listener through(Tunnel opened) {
        return new Listener(place, Set.of(), Optional.of(opened));
    }

    /** The credentials that everything that comes in here carries. */
    List<Presented> presented() {
        return tunnel.map(Tunnel::presented).orElse(List.of());
    }

    /** Where everything that comes in here wants to go, as it was asked for. */
    String asked() {
        return tunnel.map(Tunnel::asked).orElse("");
    }

    /** This listener, for a client that asked for {@code name} alone when it shook hands. */
    Listener asked(String name) {
        if (tunnel.isPresent()) { // whose end answers to no other name
            return this;
        }
        String own = name.toLowerCase(Locale.ROOT);
        return new Listener(
                place,
                hosts.stream()
                        .filter(host -> host.equals(own) || host.startsWith(own + ":"))
                        .collect(Collectors.toUnmodifiableSet()),
                tunnel);
    }

    /** Not asked of what comes through a tunnel. */
    boolean accepts(String host) {
        return hosts.isEmpty() ? NAME.matcher(host).matches() : hosts.contains(host);
    }
}
