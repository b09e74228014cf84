package dev.interlock.front.http;

import dev.interlock.action.Loopback;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * The addresses of an upstream's name, resolved once for each connection: the connection goes to the checked address.
 *
 * <p>Only hosts of the seal are resolved. A person who can write their DNS records may still point one at this machine,
 * or at a network that outsiders do not reach. The gateway connects to such an address only if the seal permits it.
 *
 * @param upstream its address, by the seal
 * @param inside whether its name may lead into a private network
 * @param lookup the resolver
 */
record UpstreamAddresses(URI upstream, boolean inside, Lookup lookup) {

    /** Resolves the addresses of a name. */
    @FunctionalInterface
    interface Lookup {
        InetAddress[] of(String host) throws UnknownHostException;
    }

    /**
     * Resolves and returns the addresses. An address that the seal itself spells out is accepted, wherever it leads.
     *
     * @throws UnknownHostException if there is none that the name may have
     */
    InetAddress[] ask() throws UnknownHostException {
        String host = upstream.getHost();
        InetAddress[] resolved = lookup.of(host);
        if (Loopback.isHost(host) || host.startsWith("[") || host.matches("[0-9.]+")) {
            return resolved;
        }
        InetAddress[] admitted = Arrays.stream(resolved)
                .filter(address -> isAdmitted(AddressScope.of(address)))
                .toArray(InetAddress[]::new);
        if (admitted.length == 0) {
            throw new UnknownHostException(
                    "`" + host
                            + "` resolves only to forbidden addresses: this machine's own network, or a private one without `private: true` in the seal");
        }
        return admitted;
    }

    private boolean isAdmitted(AddressScope reach) {
        return switch (reach) {
            case ANYBODY -> true;
            case INSIDERS -> inside;
            case THIS_MACHINE -> false;
        };
    }
}
