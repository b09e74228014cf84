package dev.interlock.front.http;

import dev.interlock.action.Loopback;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Set;

/**
 * Where an upstream's name leads, asked once for each connection: what is looked at here is what is connected to.
 *
 * <p>Only hosts of the seal are asked for. Whoever can write their names' records may still point one at what this
 * machine alone can reach; a certificate would not come from there, but no request belongs there either.
 */
final class Addresses {

    /** Where clouds tell a machine its own credentials, outside of the link-local network. */
    private static final Set<String> METADATA =
            Set.of("100.100.100.200", "168.63.129.16", "fd00:ec2:0:0:0:0:0:254", "fd20:ce:0:0:0:0:0:254");

    private Addresses() {}

    /**
     * The addresses of {@code host}.
     *
     * @throws UnknownHostException if it has none, or none that an upstream's name may have
     */
    static InetAddress[] of(String host) throws UnknownHostException {
        return admitted(host, InetAddress.getAllByName(host));
    }

    /**
     * Of {@code resolved}, those that the name {@code host} may have. An address that the seal itself says is itself.
     */
    static InetAddress[] admitted(String host, InetAddress... resolved) throws UnknownHostException {
        InetAddress[] admitted = Arrays.stream(resolved)
                .filter(address -> isSpelledOut(host) || !isOfThisMachineAlone(address))
                .toArray(InetAddress[]::new);
        if (admitted.length == 0) {
            throw new UnknownHostException("`" + host + "` leads to nothing but this machine's own network");
        }
        return admitted;
    }

    private static boolean isSpelledOut(String host) {
        return Loopback.isHost(host) || host.startsWith("[") || host.matches("[0-9.]+");
    }

    private static boolean isOfThisMachineAlone(InetAddress address) {
        return address.isAnyLocalAddress()
                || address.isLinkLocalAddress()
                || address.isMulticastAddress()
                || METADATA.contains(address.getHostAddress());
    }
}
