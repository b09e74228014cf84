package dev.interlock.ledger;

/** What is left of the disk is kept for what people do, and for outcomes. Nothing was written. */
public final class LedgerFullException extends LedgerUnavailableException {

    private static final long serialVersionUID = 1L;

    LedgerFullException(String why) {
        super("the ledger takes nothing new: " + why);
    }
}
