package dev.interlock.front.http;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.function.LongSupplier;

/**
 * Limits the handshakes of each address, before anything is known of the client: how many begin in a time, and how many
 * are unfinished. A network of IPv6 counts as one address, because a machine has as many as it likes there. Threading:
 * guarded by itself.
 */
final class AddressHandshakes {

    /** Handshakes that may begin at once; after that, one for each {@link #PAUSE}. Pods may share one address. */
    static final int BURST = 100;
    /** Ten a second: a handshake costs a millisecond of a processor. */
    static final long PAUSE = 100_000_000L;
    /** Unfinished handshakes; the whole listener has {@link ClientLimits#handshakes}. */
    static final int UNFINISHED = 16;
    /** Remembered addresses. For more of them, the limit of the whole listener counts. */
    static final int ADDRESSES = 4096;
    /** The bytes of an IPv6 address that name its network. */
    private static final int NETWORK = 8;

    private final LongSupplier nanos;
    private final LinkedHashMap<String, AddressBudget> budgets = new LinkedHashMap<>(64, 0.75f, true);

    private static final class AddressBudget {
        private long left = BURST;
        private long refilled;
        private int unfinished;

        AddressBudget(long now) {
            this.refilled = now;
        }
    }

    /** @param nanos a clock that never goes back */
    AddressHandshakes(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** Counts a handshake of {@code address}; false if it must not begin. */
    synchronized boolean begin(InetAddress address) {
        long now = nanos.getAsLong();
        AddressBudget budget = budgets.computeIfAbsent(network(address), _ -> new AddressBudget(now));
        long earned = (now - budget.refilled) / PAUSE;
        budget.left = Math.min(BURST, budget.left + earned);
        budget.refilled += earned * PAUSE;
        if (budgets.size() > ADDRESSES) {
            budgets.pollFirstEntry(); // the one that was asked for longest ago
        }
        if (budget.left == 0 || budget.unfinished >= UNFINISHED) {
            return false;
        }
        budget.left--;
        budget.unfinished++;
        return true;
    }

    synchronized void end(InetAddress address) {
        AddressBudget budget = budgets.get(network(address));
        if (budget != null && budget.unfinished > 0) {
            budget.unfinished--;
        }
    }

    /** Returns the number of remembered addresses, for the test of the bound. */
    synchronized int size() {
        return budgets.size();
    }

    private static String network(InetAddress address) {
        byte[] bytes = address.getAddress();
        return HexFormat.of().formatHex(address instanceof Inet6Address ? Arrays.copyOf(bytes, NETWORK) : bytes);
    }
}
