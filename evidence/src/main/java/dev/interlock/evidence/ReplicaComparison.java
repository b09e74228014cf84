package dev.interlock.evidence;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Checks whether a replica is an earlier state of a log, and if not, where they differ. */
final class ReplicaComparison {

    private final LogFiles log;
    private final Checkpoint checkpoint;

    ReplicaComparison(LogFiles log, Checkpoint checkpoint) {
        this.log = log;
        this.checkpoint = checkpoint;
    }

    /** Returns the differences between the replica and the log. A replica that merely lags has none. */
    List<LogFinding> with(LogFiles replica, Collection<VerifierKey> keys) throws IOException {
        Optional<byte[]> note = replica.read(StaticLog.CHECKPOINT);
        try {
            byte[] bytes = note.orElseThrow(() -> new MalformedException("the file is missing"));
            return compare(replica, Checkpoint.open(bytes, keys));
        } catch (BadSignatureException | MalformedException e) {
            return List.of(badCheckpoint("replica/" + StaticLog.CHECKPOINT, note, e));
        }
    }

    /** Returns the finding about a checkpoint that does not open. A power cut can leave it without its contents. */
    static LogFinding badCheckpoint(String file, Optional<byte[]> bytes, Exception why) {
        LogFinding finding = LogFinding.file(file, String.valueOf(why.getMessage()));
        boolean isEmpty = LogPass.isZeroFrom(bytes.orElse(new byte[0]), 0);
        return isEmpty ? finding.causedBy(LogFinding.Cause.CRASH) : finding;
    }

    private List<LogFinding> compare(LogFiles replica, Checkpoint copy) throws IOException {
        List<LogFinding> findings = new ArrayList<>();
        if (!copy.origin().equals(checkpoint.origin())) {
            findings.add(LogFinding.file("replica/" + StaticLog.CHECKPOINT, "it is of log `" + copy.origin() + "`"));
            return findings;
        }
        long common = Math.min(copy.size(), checkpoint.size());
        firstDifference(replica, copy, common).ifPresent(findings::add);
        if (copy.size() > checkpoint.size()) {
            findings.add(LogFinding.file(
                    StaticLog.CHECKPOINT,
                    "the log was truncated: the replica contains " + (copy.size() - checkpoint.size()) + " more"
                            + " receipts, from leaf " + checkpoint.size() + " on"));
        }
        return findings;
    }

    private Optional<LogFinding> firstDifference(LogFiles replica, Checkpoint copy, long common) throws IOException {
        Optional<CommittedLeaves.LeafBundles> ours = new CommittedLeaves(log, checkpoint).find();
        Optional<CommittedLeaves.LeafBundles> theirs = new CommittedLeaves(replica, copy).find();
        if (ours.isEmpty() || theirs.isEmpty()) {
            return theirs.isEmpty()
                    ? Optional.of(LogFinding.file("replica", "its files do not lead to its checkpoint's signed root"))
                    : Optional.empty();
        }
        for (long start = 0; start < common; start += Tile.WIDTH) {
            List<Hash> mine = ours.get().from(start);
            List<Hash> other = theirs.get().from(start);
            for (int i = 0; i < Math.min(mine.size(), other.size()); i++) {
                if (!mine.get(i).equals(other.get(i))) {
                    return Optional.of(new LogFinding(
                            "replica",
                            OptionalLong.of(start + i),
                            Optional.empty(),
                            "the log and its replica differ from here on"));
                }
            }
        }
        return Optional.empty();
    }
}
