package dev.interlock.limits;

import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Stores what limits count, and freezes. Each method runs {@code work} in one transaction: all that it writes is
 * durable when the method returns, or none of it if the method throws. No other transaction's writes come between its
 * reads and its writes: of two that count against one limit, the second sees what the first has counted. Every method
 * throws {@link dev.interlock.store.StoreUnavailableException} if the store fails.
 */
public interface LimitStore {

    /** The kind of changes that other gateways follow, by the identifiers of freezes, with {@link #ADDED} if new. */
    String FREEZE = "freeze";

    String ADDED = " added";

    /** The freezes in force, and which of those known before were lifted. */
    record StoredFreezes(List<Freeze> standing, Set<String> lifted) {}

    <T> T read(Function<LimitRows, T> work);

    <T> T write(Function<LimitRows, T> work);

    /** Returns the freezes in force, and those of {@code known} that were lifted. */
    StoredFreezes freezes(Set<String> known);

    /**
     * Adds {@code freeze}, for the agent of a root lease, as {@link #writeForLease}. Returns those in force before:
     * only then is it known whether this one should be.
     */
    List<Freeze> freeze(String lease, Freeze freeze);

    /** Reads and writes for an agent, whose root leases take turns; may throw a {@code QueueTimeoutException}. */
    <T> T writeForLease(String lease, Function<LimitRows, T> work);
}
