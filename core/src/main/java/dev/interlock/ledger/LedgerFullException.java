package dev.interlock.ledger;

/** Reports that the rest of the disk is reserved for actions by people, and for outcomes. Nothing was written. */
public final class LedgerFullException extends LedgerUnavailableException {

    private static final long serialVersionUID = 1L;

    LedgerFullException(String why) {
        super("the ledger accepts no new receipts: " + why);
    }
}
