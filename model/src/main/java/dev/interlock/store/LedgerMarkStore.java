package dev.interlock.store;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * Stores one {@link LedgerMark} of each ledger, and which intents were closed for a gateway that did not come back.
 *
 * <p>Every method throws {@link StoreUnavailableException} if the store fails.
 */
public interface LedgerMarkStore {

    /** How long one of several gateways that close the same intent has for its receipt. */
    Duration CLOSING = Duration.ofMinutes(1);

    /** Returns the marks of all ledgers. Their names are those of the gateways; one without a name is of no ledger. */
    List<LedgerMark> all();

    void write(LedgerMark mark);

    /**
     * Returns which of {@code intents} the caller closes now, and has {@link #CLOSING} to record: no other caller, nor
     * a later one, is given them once that is done.
     */
    List<String> claim(String node, List<String> intents, Instant now);

    /** Says that the end of {@code intent} is in the ledger, as {@code receipt}. */
    void closed(String intent, String receipt);

    /** Returns the intents of {@code node} whose end another gateway has recorded. */
    Set<String> closed(String node);
}
