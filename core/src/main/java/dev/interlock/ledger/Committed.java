package dev.interlock.ledger;

import dev.interlock.evidence.Receipt;

/** A receipt that is durable, and where. */
record Committed(long leaf, Entry entry, Place place) {

    /**
     * Where a frame lies.
     *
     * @param segment the leaf that the segment begins with
     * @param offset of the frame
     * @param length of the whole frame
     */
    record Place(long segment, int offset, int length) {
        int end() {
            return offset + length;
        }
    }

    Receipt receipt() {
        return entry.receipt();
    }
}
