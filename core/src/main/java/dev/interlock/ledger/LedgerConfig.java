package dev.interlock.ledger;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The location of a ledger.
 *
 * @param origin the log's permanent name, for example {@code interlock.example/gateway-1}
 * @param evidence the directory that strangers may read: segments, tiles, checkpoint
 * @param state the directory that they may not read: signing key, index, lock
 */
public record LedgerConfig(String origin, Path evidence, Path state, Optional<Path> replica, int segmentBytes) {

    /** Large enough that a new segment is rare, small enough to read one whole on start. */
    public static final int DEFAULT_SEGMENT_BYTES = 16 * 1024 * 1024;

    public static LedgerConfig of(String origin, Path evidence, Path state, Optional<Path> replica) {
        return new LedgerConfig(origin, evidence, state, replica, DEFAULT_SEGMENT_BYTES);
    }
}
