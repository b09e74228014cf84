package dev.interlock.store;

import java.util.Optional;

/**
 * Stores one {@link LedgerMark}.
 *
 * <p>Every method throws {@link StoreUnavailableException} if the store fails.
 */
public interface LedgerMarkStore {

    /** Returns the mark; empty in a new store. */
    Optional<LedgerMark> read();

    /** Replaces the mark, durably. */
    void write(LedgerMark mark);
}
