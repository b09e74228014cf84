package dev.interlock.ledger;

import java.io.IOException;

/**
 * Reports that a receipt may not have become durable, so that the recorded action must not happen. The receipt may
 * still be found after a restart: failed does not mean never written.
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
