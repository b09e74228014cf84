package dev.interlock.ledger;

/** Reports that a receipt exceeds its maximum length. Nothing was written, and the ledger itself is sound. */
public final class ReceiptTooLongException extends LedgerUnavailableException {

    private static final long serialVersionUID = 1L;

    ReceiptTooLongException(Throwable cause) {
        super("the receipt is too long to be written", cause);
    }
}
