package dev.interlock.confirm;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
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
     * Called once, before all else. Signatures by keys that no longer count are left out of what is read;
     * {@code changed} is called for each changed hold after its transaction, even if that failed.
     */
    void begin(Predicate<String> counts, Consumer<String> changed);

    <T> T read(Function<HoldRows, T> work);

    <T> T write(Function<HoldRows, T> work);

    /** Returns {@link HoldRows#recent}. */
    List<Hold> recent(String lease, Instant now);

    /**
     * Ends {@code signed}, which is in no plan, as {@code used}. Returns {@link HoldRows#recent} as it was before;
     * empty if it was in another state.
     */
    Optional<List<Hold>> use(Hold signed, Hold used, Instant now);

    /** Reads and writes for an agent, whose root leases take turns; may throw a {@code QueueTimeoutException}. */
    <T> T writeForLease(String lease, Function<HoldRows, T> work);
}
