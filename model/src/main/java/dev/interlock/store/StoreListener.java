package dev.interlock.store;

import java.util.Optional;
import java.util.Set;

/**
 * Follows what the gateways that share a store write there. It is called by one thread at a time, after the changes
 * were committed, and this gateway serves on only once it has returned. What it reads from the store is at least as new
 * as what it was told. It is told of this gateway's own changes too. If it throws, this gateway serves no more until
 * {@link #reload} has returned.
 */
public interface StoreListener {

    /** Reads these rows again; some of them may be gone. It ignores kinds that are not its own, as by default all. */
    default void changed(String kind, Set<String> keys) {}

    /** Reads everything again, because changes were missed. */
    void reload();

    /**
     * Returns for what this gateway waits before it serves again, in words; empty if for nothing. It is asked after a
     * {@link #reload} of all, once others can see that they have returned, until it is empty.
     */
    default Optional<String> awaited() {
        return Optional.empty();
    }
}
