package dev.interlock.ledger;

import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;

/**
 * A receipt with its bytes in the log. The bytes are made once, on the thread of the caller who appends.
 *
 * @param bytes RFC 8785, never changed
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, and never passed out of the package
record LogEntry(Receipt receipt, byte[] bytes) {

    /** A receipt that is too long fails here, alone and not with its whole group. */
    static LogEntry of(Receipt receipt) throws ReceiptTooLongException {
        try {
            return new LogEntry(receipt, receipt.canonical());
        } catch (MalformedException e) {
            throw new ReceiptTooLongException(e);
        }
    }
}
