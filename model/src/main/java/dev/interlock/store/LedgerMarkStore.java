package dev.interlock.store;

import java.util.Optional;

/**
 * Stores one {@link LedgerMark}.
 *
 * <p>Every method throws {@link StoreUnavailableException} if the store fails.
 */
public interface LedgerMarkStore {

    Optional<LedgerMark> read();

    void write(LedgerMark mark);
}
