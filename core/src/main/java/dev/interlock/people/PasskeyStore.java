package dev.interlock.people;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Stores every passkey that ever existed. What a method writes is durable when it returns. Every method throws
 * {@link dev.interlock.store.StoreUnavailableException} if the store fails.
 */
public interface PasskeyStore {

    List<Passkey> all();

    /** Adds a new passkey, and deletes {@code instead} in the same step. */
    void add(Passkey key, Optional<Passkey> instead);

    void storeEndorsements(Passkey key);

    /**
     * Advances the counter in one step with the comparison. False if it was there already: the passkey exists twice.
     * One that does not count reports 0 (WebAuthn Level 3 §6.1.1).
     */
    boolean count(String name, long counter);

    void end(Map<String, Passkey.PasskeyEnd> ends);

    void drop(Passkey waiting);
}
