package dev.interlock.ledger;

import java.io.IOException;

/**
 * A receipt may not have become durable, so what it was to record must not happen. It may yet be found after a restart:
 * failed is not the same as never written.
 */
public sealed class LedgerUnavailableException extends IOException
        permits LedgerFullException, ReceiptTooLongException {

    private static final long serialVersionUID = 1L;

    public LedgerUnavailableException(String message) {
        super(message);
    }

    public LedgerUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
