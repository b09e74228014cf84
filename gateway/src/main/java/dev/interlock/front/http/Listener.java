package dev.interlock.front.http;

import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Where a connection came in.
 *
 * @param place whose it is, if it belongs to one agent alone
 * @param hosts what may stand in {@code Host}, lower case; empty for anything (a Unix socket has no name of its own)
 */
record Listener(Optional<String> place, Set<String> hosts) {

    private static final Pattern NAME = Pattern.compile("[a-z0-9.\\-_]+(:[0-9]{1,5})?");

    /** A TCP listener at loopback. Any other name in {@code Host} is a page or a proxy that was led here. */
    static Listener loopback(int port) {
        return new Listener(Optional.empty(), Set.of("127.0.0.1:" + port, "localhost:" + port, "[::1]:" + port));
    }

    static Listener ofPlace(String place) {
        return new Listener(Optional.of(place), Set.of());
    }

    boolean accepts(String host) {
        return hosts.isEmpty() ? NAME.matcher(host).matches() : hosts.contains(host);
    }
}
