package dev.interlock.ledger;

import dev.interlock.evidence.WitnessKey;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The location of a ledger.
 *
 * @param origin the log's permanent name, for example {@code interlock.example/gateway-1}
 * @param evidence the directory that strangers may read: segments, tiles, checkpoint
 * @param state the directory that they may not read: signing key, index, lock
 */
public record LedgerConfig(
        String origin,
        Path evidence,
        Path state,
        Optional<Path> replica,
        List<WitnessEndpoint> witnesses,
        int segmentBytes) {

    /** A witness by the name that people gave it, and the whole address of its {@code add-checkpoint}. */
    public record WitnessEndpoint(String name, WitnessKey key, URI url) {}

    /** Large enough that a new segment is rare, small enough to read one whole on start. */
    public static final int DEFAULT_SEGMENT_BYTES = 16 * 1024 * 1024;

    public static LedgerConfig of(String origin, Path evidence, Path state, Optional<Path> replica) {
        return new LedgerConfig(origin, evidence, state, replica, List.of(), DEFAULT_SEGMENT_BYTES);
    }

    public LedgerConfig withWitnesses(List<WitnessEndpoint> asked) {
        return new LedgerConfig(origin, evidence, state, replica, asked, segmentBytes);
    }
}
