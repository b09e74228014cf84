package dev.interlock.confirm;

import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Stores holds. Each method runs {@code work} in one transaction: all that it writes is durable when the method
 * returns, or none of it if the method throws. No other transaction's writes come between its reads and its writes.
 * Every method throws {@link dev.interlock.store.StoreUnavailableException} if the store fails.
 */
public interface HoldStore {

    /**
     * Prepares the store; called once, before all else.
     *
     * @param counts tells whether the key of that fingerprint still counts; signatures by others are left out of what
     *     is read
     * @param changed is called for each changed hold after its transaction, even if that failed
     */
    void begin(Predicate<String> counts, Consumer<String> changed);

    /** Reads one snapshot. */
    <T> T read(Function<HoldRows, T> work);

    <T> T write(Function<HoldRows, T> work);

    /**
     * Reads and writes for an agent.
     *
     * @param lease the root lease; leases take turns
     * @throws dev.interlock.action.QueueTimeoutException if too many writes of its lease wait; nothing was begun
     */
    <T> T writeForLease(String lease, Function<HoldRows, T> work);
}
