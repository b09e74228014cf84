package dev.interlock.ledger;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The state of the ledger.
 *
 * @param published how many of them the signed checkpoint covers
 * @param replicated how many the replica holds; empty without a replica
 * @param tornBytes bytes that recovery cut off at the end: writes that were never acknowledged
 * @param refusing why appending is impossible, or reserved for actions by people and outcomes, if so
 * @param replicaLosses how often since the start the replica had lost its copy
 * @param freeBytes the bytes left on its disk; {@link Long#MAX_VALUE} if unknown
 */
public record LedgerStatus(
        long size,
        long published,
        OptionalLong replicated,
        long tornBytes,
        Optional<String> refusing,
        Optional<String> publishing,
        Optional<String> replicating,
        long replicaLosses,
        long freeBytes,
        List<WitnessStatus> witnesses) {

    /**
     * What a witness has seen.
     *
     * @param key its public key
     * @param size the receipts that it vouched for last; 0 if it has not answered since the start
     * @param at when it saw them, by its own clock
     * @param failing why it does not cosign just now, if so
     * @param isContradicting whether it has seen another history of this log
     */
    public record WitnessStatus(
            String name,
            String key,
            long size,
            Optional<Instant> at,
            Optional<String> failing,
            boolean isContradicting) {}

    /** Returns whether another machine can notice that somebody altered the log here. */
    public boolean isSeenElsewhere() {
        return replicated.isPresent() || !witnesses.isEmpty();
    }

    /** Returns whether the file system reports its free space. */
    public boolean isRoomKnown() {
        return freeBytes < Long.MAX_VALUE;
    }

    /** Returns whether people should free space soon. */
    public boolean isDiskLow() {
        return freeBytes < DiskReserve.LITTLE;
    }

    /** Returns whether the checkpoint lags so far behind that each further receipt waits for it. */
    public boolean isCheckpointLagging() {
        return size - published > Committer.MAX_UNPUBLISHED;
    }

    /** Returns how many receipts would be lost with this machine; empty without a replica. */
    public OptionalLong lag() {
        return replicated.isPresent() ? OptionalLong.of(size - replicated.getAsLong()) : OptionalLong.empty();
    }
}
