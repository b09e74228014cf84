package dev.interlock.ledger;

import java.util.Map;

/**
 * What was published last, for the replica to follow.
 *
 * @param size in receipts
 * @param end where the last of them ends, in the segments
 * @param partials the files at the right edge
 * @param checkpoint the signed note
 */
record Publication(long size, Committed.Place end, Map<String, byte[]> partials, Text checkpoint) {

    /** Bytes by identity, as a record would have it. */
    static final class Text {
        private final byte[] bytes;

        Text(byte[] bytes) {
            this.bytes = bytes;
        }

        byte[] bytes() {
            return bytes;
        }
    }
}
