package dev.interlock.ledger;

import java.io.IOException;

/** Reports that the ledger's files contradict each other: acknowledged receipts are missing or changed. */
public final class LedgerCorruptException extends IOException {

    private static final long serialVersionUID = 1L;

    public LedgerCorruptException(String message) {
        super(message);
    }

    public LedgerCorruptException(String message, Throwable cause) {
        super(message, cause);
    }
}
