package dev.interlock.admin;

import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.ledger.ReceiptTooLongException;

/** The receipt of one command by one peer, written once it is known what exactly the command does. */
@FunctionalInterface
public interface ReceiptEntry {

    /** Makes the act durable, with {@code details}; returns the receipt's identifier. */
    String record(Json.Members details) throws LedgerUnavailableException;

    /**
     * Records an act that has taken effect already. Returns whether it is recorded.
     *
     * <p>Everything that tightens takes effect first: a ledger that fails must not prevent it. Details too long for one
     * receipt are recorded in several ({@link ReceiptParts}), so that nobody can avoid a receipt by writing a long
     * reason.
     */
    default boolean done(Json.Members details) {
        try {
            try {
                record(details);
            } catch (ReceiptTooLongException _) {
                for (Json.Members part : ReceiptParts.of(details)) {
                    record(part);
                }
            }
            return true;
        } catch (LedgerUnavailableException _) {
            return false;
        }
    }

    default ReceiptEntry marked(String mark) {
        return details -> record(details.with(mark, true));
    }
}
