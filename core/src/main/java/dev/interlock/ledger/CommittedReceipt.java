package dev.interlock.ledger;

import dev.interlock.evidence.Receipt;

/** A durable receipt, and its place. */
record CommittedReceipt(long leaf, LogEntry entry, FramePosition place) {

    /**
     * The place of a frame.
     *
     * @param segment the first leaf of the segment
     * @param offset of the frame
     * @param length of the whole frame
     */
    record FramePosition(long segment, int offset, int length) {
        int end() {
            return offset + length;
        }
    }

    Receipt receipt() {
        return entry.receipt();
    }
}
