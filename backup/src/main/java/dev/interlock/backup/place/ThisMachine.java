package dev.interlock.backup.place;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;

/** What can be known of who answers at an address. */
final class ThisMachine {

    private ThisMachine() {}

    /**
     * Whether {@code host} is this machine. Of one without an address nobody knows, and what answers at another
     * machine's may come back here all the same.
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
