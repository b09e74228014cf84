package dev.interlock.undo;

import java.time.Instant;
import java.util.Optional;

/**
 * Stores encrypted states. Every method throws {@link dev.interlock.store.StoreUnavailableException} if the store
 * fails.
 */
public interface StateStore {

    /** Says that every call of this gateway that changed a state is over. */
    void endAll();

    /** Returns the number of a reading that begins now. */
    long nextReading();

    /**
     * Keeps {@code state} in one step, unless a call changed its subject after the reading {@code number}, or changes
     * it.
     */
    UndoStore.KeepResult keep(KeptState state, long number, Instant now);

    /** Returns whether {@code agent} may keep {@code bytes} more at {@code now}. */
    boolean hasRoom(String agent, long bytes, Instant now);

    /** Says that the call of {@code receipt} is over: after all readings that have begun. */
    void end(String receipt);

    void drop(String receipt);

    /** Says that the call of {@code receipt} was undone, by the one of {@code undoing}. */
    void undone(String receipt, String undoing);

    /** Returns the receipt of the call that has undone the one of {@code receipt}. */
    Optional<String> undoing(String receipt);

    /** Returns the state before the call of {@code receipt}, unless it is over at {@code now}. */
    Optional<KeptState> find(String receipt, Instant now);
}
