package dev.interlock.ledger;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * How the ledger is.
 *
 * @param size receipts that are durable
 * @param published how many of them the signed checkpoint covers
 * @param replicated how many the replica holds; empty without a replica
 * @param tornBytes what recovery cut off at the end: writes that nobody was told of
 * @param refusing why nothing can be appended, or only what people do and outcomes, if so
 * @param publishing why the checkpoint does not advance, if so
 * @param replicating why the replica does not follow, if so
 * @param replicaLosses how often since the start the replica had lost what was copied to it
 * @param room how many bytes are left where it writes; {@link Long#MAX_VALUE} if nobody can say
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
        long room) {

    /** Whether the file system says how much is left. */
    public boolean isRoomKnown() {
        return room < Long.MAX_VALUE;
    }

    /** Whether people should make room soon. */
    public boolean isNarrow() {
        return room < Reserve.LITTLE;
    }

    /** Whether so many receipts wait for the checkpoint that each further one waits for it, too. */
    public boolean isHeldUp() {
        return size - published > Committer.MAX_UNPUBLISHED;
    }

    /** Receipts that would be lost with this machine; empty without a replica. */
    public OptionalLong lag() {
        return replicated.isPresent() ? OptionalLong.of(size - replicated.getAsLong()) : OptionalLong.empty();
    }
}
