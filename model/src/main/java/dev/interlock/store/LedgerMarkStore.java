package dev.interlock.store;

import java.util.Optional;

/**
 * Stores one {@link LedgerMark} of each ledger.
 *
 * <p>Every method throws {@link StoreUnavailableException} if the store fails.
 */
public interface LedgerMarkStore {

    /** Returns the mark of the ledger {@code origin}, or else one of another; empty if the store is new. */
    Optional<LedgerMark> read(String origin);

    void write(LedgerMark mark);
}
