package dev.interlock.ledger;

import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;

/**
 * A receipt, and its bytes as they go into the log: made once, on the thread of whoever appends it.
 *
 * @param bytes RFC 8785, never changed
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, and never given out of the room
record Entry(Receipt receipt, byte[] bytes) {

    /**
     * The entry for {@code receipt}.
     *
     * @throws ReceiptTooLongException found here, it fails alone and not with its whole group
     */
    static Entry of(Receipt receipt) throws ReceiptTooLongException {
        try {
            return new Entry(receipt, receipt.canonical());
        } catch (MalformedException e) {
            throw new ReceiptTooLongException(e);
        }
    }
}
