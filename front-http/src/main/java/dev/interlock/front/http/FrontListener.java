package dev.interlock.front.http;

import dev.interlock.action.Attempt.PresentedCredential;
import dev.interlock.action.Lease;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The listener that a connection came in by.
 *
 * @param place the agent's place, if it belongs to one agent alone
 * @param hosts the allowed values of {@code Host}, lower case; empty for any (a Unix socket has no name of its own)
 * @param tunnel the tunnel through this listener that it came in by, if it did
 */
record FrontListener(Optional<String> place, Set<String> hosts, Optional<ProxyTunnel> tunnel) {

    /** The port that clients leave out of {@code Host} (RFC 9110 §4.2.2). */
    private static final int HTTPS = 443;

    private static final Pattern PORT = Pattern.compile(":[0-9]{1,5}$");

    private static final Pattern NAME = Pattern.compile("[a-z0-9.\\-_]+(:[0-9]{1,5})?");

    /** Returns a TCP listener at loopback. Any other {@code Host} comes from a page or a proxy that was misled here. */
    static FrontListener loopback(int port) {
        return new FrontListener(Set.of("127.0.0.1:" + port, "localhost:" + port, "[::1]:" + port));
    }

    /** Returns the same for TLS. It also has each of {@code names}, which are in its certificate. */
    static FrontListener encrypted(int port, Set<String> names) {
        Set<String> hosts = Stream.concat(Stream.of("127.0.0.1", "localhost", "[::1]"), names.stream())
                .flatMap(name -> port == HTTPS ? Stream.of(name, name + ":" + port) : Stream.of(name + ":" + port))
                .collect(Collectors.toUnmodifiableSet());
        return new FrontListener(hosts);
    }

    /** Returns the listener of remote machines, for one of them. A client may reach it by any port. */
    static FrontListener remote(String machine, Set<String> names) {
        return new FrontListener(Optional.of(machine), names, Optional.empty());
    }

    static FrontListener ofPlace(String place) {
        return new FrontListener(Optional.of(place), Set.of(), Optional.empty());
    }

    private FrontListener(Set<String> hosts) {
        this(Optional.empty(), hosts, Optional.empty());
    }

    /** Returns whether who connects there thereby holds a lease: that of the place, unless it is a remote machine's. */
    boolean provesLease() {
        return place.filter(name -> !Lease.isRemote(name)).isPresent();
    }

    FrontListener through(ProxyTunnel opened) {
        return new FrontListener(place, Set.of(), Optional.of(opened));
    }

    List<PresentedCredential> presented() {
        return tunnel.map(ProxyTunnel::presented).orElse(List.of());
    }

    String asked() {
        return tunnel.map(ProxyTunnel::asked).orElse("");
    }

    FrontListener asked(String name) {
        if (tunnel.isPresent()) { // the end of a tunnel answers to no other name anyway
            return this;
        }
        String own = name.toLowerCase(Locale.ROOT);
        return new FrontListener(
                place,
                hosts.stream()
                        .filter(host -> host.equals(own) || host.startsWith(own + ":"))
                        .collect(Collectors.toUnmodifiableSet()),
                tunnel);
    }

    boolean accepts(String host) {
        if (hosts.isEmpty()) {
            return NAME.matcher(host).matches();
        }
        return hosts.contains(host)
                || (place.isPresent() && hosts.contains(PORT.matcher(host).replaceFirst("")));
    }
}
