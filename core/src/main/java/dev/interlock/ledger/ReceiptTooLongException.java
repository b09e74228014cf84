package dev.interlock.ledger;

/** The receipt says more than a receipt may; nothing was written, and the ledger itself is well. */
public final class ReceiptTooLongException extends LedgerUnavailableException {

    private static final long serialVersionUID = 1L;

    ReceiptTooLongException(Throwable cause) {
        super("the receipt is too long to be written", cause);
    }
}
