package dev.interlock.policy;

import dev.interlock.action.Bytes;
import java.util.Optional;

/**
 * Stores the youngest seal ever adopted, and with it the highest sequence. Every method throws
 * {@link dev.interlock.store.StoreUnavailableException} if the store fails.
 */
public interface SealStore {

    /** The kind of the change that other gateways follow, by the seal's identifier. */
    String SEAL = "seal";

    record StoredSeal(long sequence, String id, Bytes envelope) {}

    Optional<StoredSeal> latest();

    /**
     * Stores the seal in one step, unless one at least as young is stored already, whoever stored it. Returns whether
     * it did.
     */
    boolean keep(long sequence, String id, byte[] envelope);
}
