package dev.interlock.undo;

import dev.interlock.action.Bytes;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Keeps states, encrypted, in the store. Of two calls that read the same state and change it, the second would keep one
 * that is no longer there. So a state is kept only if no call has changed it since its numbered reading, or changes it
 * now. Threading: any.
 */
public final class UndoStore {

    /** Maximum bytes of all states together. Agents cause them, and the disk is shared with everything else. */
    static final long MAX_TOTAL = 256L << 20;

    /** Maximum bytes of one agent's states, so that none takes all the room. */
    static final long MAX_AGENT = MAX_TOTAL / 8;

    /** What encryption adds to a state at most. */
    private static final int CIPHER_OVERHEAD = 1 << 10;

    private final StateStore store;
    private final StateCipher cipher;
    private final InstantSource clock;

    /** Opens the store. Calls of this gateway's last run, which may have changed anything, have ended. */
    public UndoStore(StateStore store, StateCipher cipher, InstantSource clock) {
        this.store = store;
        this.cipher = cipher;
        this.clock = clock;
        store.endAll();
    }

    public long nextReading() {
        return store.nextReading();
    }

    public enum KeepResult {
        /** The state is on disk. */
        KEPT,
        /** Another call has changed the state since it was read, or is changing it. */
        CHANGED,
        /** The agent's states, or all together, take as much room as they may. */
        FULL;
    }

    /** Returns whether another state of {@code agent}, of at most {@code bytes}, may be kept: else nothing can be. */
    public boolean hasRoom(String agent, int bytes) {
        return store.hasRoom(agent, bytes + CIPHER_OVERHEAD, clock.instant());
    }

    /** Keeps {@code state} durably. Call {@link #end} once the call is over, or {@link #drop} if it was not sent. */
    public KeepResult keep(KeptState state, long number) throws IOException {
        Bytes content = cipher.encrypt(state.receipt(), state.content());
        return store.keep(with(state, content), number, clock.instant());
    }

    /** Says that the call of {@code receipt} is over, whatever became of it. */
    public void end(String receipt) {
        store.end(receipt);
    }

    /** Removes the state of a call that was not sent. */
    public void drop(String receipt) {
        store.drop(receipt);
    }

    /** Says that the call of {@code receipt} was undone, by the one of {@code undoing}. The state stays kept. */
    public void undone(String receipt, String undoing) {
        store.undone(receipt, undoing);
    }

    /** Returns the receipt of the call that has undone the one of {@code receipt}. */
    public Optional<String> undoing(String receipt) {
        return store.undoing(receipt);
    }

    /** Returns the state before the call of {@code receipt}, if it is still kept. */
    public Optional<KeptState> find(String receipt) throws IOException {
        Optional<KeptState> kept = store.find(receipt, clock.instant());
        return kept.isEmpty()
                ? kept
                : Optional.of(
                        with(kept.get(), cipher.decrypt(receipt, kept.get().content())));
    }

    private static KeptState with(KeptState state, Bytes content) {
        return new KeptState(
                state.receipt(), state.scope(), state.upstream(), state.subject(), state.at(), state.until(), content);
    }

    /** Encrypts states with a key that the gateway does not have. */
    public interface StateCipher {

        Bytes encrypt(String name, Bytes plain) throws IOException;

        Bytes decrypt(String name, Bytes encrypted) throws IOException;
    }
}
