package dev.interlock.front.http;

import dev.interlock.action.Loopback;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The addresses of an upstream's name, resolved once for each connection: the connection goes to the checked address.
 * Only hosts of the seal are resolved. A person who can write their DNS records may still point one at this machine, or
 * at a network that outsiders do not reach; the gateway connects there only if the seal permits it ({@code inside}).
 */
record UpstreamAddresses(URI upstream, boolean inside, Lookup lookup) {

    @FunctionalInterface
    interface Lookup {
        InetAddress[] of(String host) throws UnknownHostException;
    }

    /**
     * Resolves the addresses. One that the seal itself spells out is accepted, wherever it leads. Throws without any.
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

    /** The range of machines that can reach an address; later values are narrower. */
    enum AddressScope {
        ANYBODY,

        /** A private network, such as those of RFC 1918, or this machine by its loopback. */
        INSIDERS,

        THIS_MACHINE;

        /** Addresses outside of the link-local network where clouds give a machine its own credentials. */
        private static final Set<String> METADATA =
                Set.of("100.100.100.200", "168.63.129.16", "fd00:ec2:0:0:0:0:0:254", "fd20:ce:0:0:0:0:0:254");

        private static final int V4 = 4;

        /** The IPv4 addresses that begin with the first {@code bits} of {@code prefix}. */
        private record Network(int prefix, int bits) {
            boolean holds(byte[] address) {
                return (ByteBuffer.wrap(address).getInt() ^ prefix) >>> (Integer.SIZE - bits) == 0;
            }
        }

        /**
         * RFC 6890: 100.64.0.0/10 behind a provider's translator, 192.0.0.0/24 for protocols, 198.18.0.0/15 for tests.
         */
        private static final List<Network> INSIDE =
                List.of(new Network(0x64400000, 10), new Network(0xc0000000, 24), new Network(0xc6120000, 15));

        /** RFC 4193: fc00::/7. */
        private static final int LOCAL = 0xfc;

        /** RFC 8215: 64:ff9b:1::/48. */
        private static final int[] TRANSLATED = {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01};

        /** Returns the narrowest range of {@code address}, and of every IPv4 address that it may be translated to. */
        static AddressScope of(InetAddress address) {
            return Stream.concat(
                            Stream.of(plainly(address)),
                            embedded(address).stream().map(AddressScope::plainly))
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
        }

        private static AddressScope plainly(InetAddress address) {
            byte[] bytes = address.getAddress();
            boolean nobodyElse = address.isAnyLocalAddress()
                    || address.isLinkLocalAddress()
                    || address.isMulticastAddress()
                    || (bytes.length == V4 && (bytes[0] == 0 || (bytes[0] & 0xf0) == 0xf0)) // RFC 1122, RFC 1112
                    || METADATA.contains(address.getHostAddress());
            if (nobodyElse) {
                return THIS_MACHINE;
            }
            boolean isPrivate = address.isLoopbackAddress()
                    || address.isSiteLocalAddress()
                    || (bytes.length == V4
                            ? INSIDE.stream().anyMatch(network -> network.holds(bytes))
                            : isLocal(bytes));
            return isPrivate ? INSIDERS : ANYBODY;
        }

        /** RFC 8215's prefix is one that a network translates by itself, and leads wherever the network decides. */
        private static boolean isLocal(byte[] bytes) {
            return (bytes[0] & 0xfe) == LOCAL || begins(bytes, TRANSLATED);
        }

        private static List<InetAddress> embedded(InetAddress address) {
            List<InetAddress> found = new ArrayList<>();
            if (address instanceof Inet4Address) {
                return found;
            }
            byte[] bytes = ((Inet6Address) address).getAddress();
            boolean zeros = begins(bytes, 0, 0, 0, 0, 0, 0, 0, 0);
            if (begins(bytes, 0x20, 0x02)) { // 6to4, RFC 3056
                found.add(v4(bytes, 2, 3, 4, 5));
            }
            if (begins(bytes, 0x20, 0x01, 0x00, 0x00)) { // Teredo, RFC 4380: a server, and an inverted client
                found.add(v4(bytes, 4, 5, 6, 7));
                byte[] turned = bytes.clone();
                for (int i = 12; i < bytes.length; i++) {
                    turned[i] = (byte) ~turned[i];
                }
                found.add(v4(turned, 12, 13, 14, 15));
            }
            if (begins(bytes, 0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0)) { // NAT64, RFC 6052 §2.1
                found.add(v4(bytes, 12, 13, 14, 15));
            }
            if (begins(bytes, TRANSLATED)) { // RFC 8215: the length of its prefix is not fixed, RFC 6052 §2.2
                Stream.of(
                                v4(bytes, 6, 7, 9, 10),
                                v4(bytes, 7, 9, 10, 11),
                                v4(bytes, 9, 10, 11, 12),
                                v4(bytes, 12, 13, 14, 15))
                        .filter(one -> one.getAddress()[0] != 0) // a zero comes from the prefix, not from an address
                        .forEach(found::add);
            }
            boolean isWritten = zeros
                    && (isZero(bytes, 8, 12) // IPv4-compatible, RFC 4291 §2.5.5.1
                            || (isZero(bytes, 8, 10) && bytes[10] == -1 && bytes[11] == -1) // mapped, §2.5.5.2
                            || (bytes[8] == -1 && bytes[9] == -1 && isZero(bytes, 10, 12))); // translated, RFC 2765
            boolean isIsatap = (bytes[8] & 0xfd) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == (byte) 0xfe;
            if ((isWritten && !address.isLoopbackAddress()) || isIsatap) { // ISATAP: RFC 5214 §6.1
                found.add(v4(bytes, 12, 13, 14, 15));
            }
            return found;
        }

        private static boolean begins(byte[] bytes, int... first) {
            return bytes.length > first.length
                    && Arrays.equals(
                            Arrays.stream(first).toArray(),
                            IntStream.range(0, first.length)
                                    .map(i -> bytes[i] & 0xff)
                                    .toArray());
        }

        private static boolean isZero(byte[] bytes, int from, int to) {
            return Arrays.equals(bytes, from, to, new byte[to - from], 0, to - from);
        }

        private static InetAddress v4(byte[] bytes, int one, int two, int three, int four) {
            try {
                return InetAddress.getByAddress(new byte[] {bytes[one], bytes[two], bytes[three], bytes[four]});
            } catch (UnknownHostException e) {
                throw new IllegalStateException("four bytes always form an address", e);
            }
        }
    }
}
