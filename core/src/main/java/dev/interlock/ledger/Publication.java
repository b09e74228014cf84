package dev.interlock.ledger;

import java.util.Map;

/**
 * The last publication, for the replica to copy.
 *
 * @param size in receipts
 * @param end the end of the last receipt, in the segments
 * @param partials the files at the right edge
 * @param checkpoint the signed note
 */
record Publication(long size, CommittedReceipt.FramePosition end, Map<String, byte[]> partials, NoteBytes checkpoint) {

    /** Bytes that a record compares by identity. */
    static final class NoteBytes {
        private final byte[] bytes;

        NoteBytes(byte[] bytes) {
            this.bytes = bytes;
        }

        byte[] bytes() {
            return bytes;
        }
    }
}
