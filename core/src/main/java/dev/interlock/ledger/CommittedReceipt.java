package dev.interlock.ledger;

import dev.interlock.evidence.Receipt;

record CommittedReceipt(long leaf, LogEntry entry, FramePosition place) {

    /** The place of a frame: the first leaf of its segment, the offset, and the length of the whole frame. */
    record FramePosition(long segment, int offset, int length) {
        int end() {
            return offset + length;
        }
    }

    /** Reads it from its bytes. */
    Receipt receipt() {
        return Receipt.read(entry.bytes());
    }
}
