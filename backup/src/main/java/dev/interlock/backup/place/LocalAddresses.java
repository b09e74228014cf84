package dev.interlock.backup.place;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;

/** Finds out whether an address belongs to this machine. */
final class LocalAddresses {

    private LocalAddresses() {}

    /**
     * Returns whether {@code host} is this machine. A host without an address is unknown, so false. A server at another
     * machine's address may still pass its data back here.
     */
    static boolean answersAt(String host) {
        try {
            for (InetAddress address : InetAddress.getAllByName(host)) {
                if (isOwn(address)) {
                    return true;
                }
            }
            return false;
        } catch (UnknownHostException | SocketException e) {
            return false;
        }
    }

    private static boolean isOwn(InetAddress address) throws SocketException {
        return address.isLoopbackAddress()
                || address.isAnyLocalAddress()
                || NetworkInterface.getByInetAddress(address) != null;
    }
}
