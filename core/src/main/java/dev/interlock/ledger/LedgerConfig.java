package dev.interlock.ledger;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a ledger lives.
 *
 * @param origin the log's name, as {@code interlock.example/gateway-1}; for ever
 * @param evidence the directory of what strangers may read: segments, tiles, checkpoint
 * @param state the directory of what they may not: signing key, index, lock
 * @param replica a second place for the evidence, if there is one
 * @param segmentBytes the size of one segment file
 */
public record LedgerConfig(String origin, Path evidence, Path state, Optional<Path> replica, int segmentBytes) {

    /** Large enough that making one is rare, small enough to read whole on start. */
    public static final int DEFAULT_SEGMENT_BYTES = 16 * 1024 * 1024;

    /** With segments of the usual size. */
    public static LedgerConfig of(String origin, Path evidence, Path state, Optional<Path> replica) {
        return new LedgerConfig(origin, evidence, state, replica, DEFAULT_SEGMENT_BYTES);
    }
}
