package dev.interlock.people;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Stores every passkey that ever existed. What a method writes is durable when it returns. Every method throws
 * {@link dev.interlock.store.StoreUnavailableException} if the store fails.
 */
public interface PasskeyStore {

    /** The kind of changes that other gateways follow, by the names of passkeys. */
    String PASSKEY = "passkey";

    List<Passkey> all();

    List<Passkey> named(Set<String> names);

    /** Adds a new passkey, and deletes {@code instead} in the same step. */
    void add(Passkey key, Optional<Passkey> instead);

    /** Stores the endorsements of {@code key}. False if it does not wait any more as {@code before}, by whomever. */
    boolean storeEndorsements(Passkey before, Passkey key);

    /**
     * Advances the counter in one step with the comparison. False if it was there already: the passkey exists twice.
     * One that does not count reports 0 (WebAuthn Level 3 §6.1.1).
     */
    boolean count(String name, long counter);

    /** Revokes passkeys. One that was revoked keeps its first end. */
    void end(Map<String, Passkey.PasskeyEnd> ends);

    /** Deletes a passkey that waits; does nothing if it does not any more. */
    void drop(Passkey waiting);
}
