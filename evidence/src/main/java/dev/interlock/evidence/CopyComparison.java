package dev.interlock.evidence;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Checks whether copies of a log are earlier states of it, and if not, where they differ and whether it signed both.
 */
record CopyComparison(LogFiles log, Checkpoint checkpoint, String note) {

    /** Returns the differences between {@code copy} and the log. A copy that merely lags has none. */
    List<LogFinding> with(LogFiles copy, Collection<VerifierKey> keys) throws IOException {
        Optional<byte[]> found = copy.read(StaticLog.CHECKPOINT);
        try {
            byte[] bytes = found.orElseThrow(() -> new MalformedException("the file is missing"));
            return compare(copy, Checkpoint.open(bytes, keys), bytes);
        } catch (BadSignatureException | MalformedException e) {
            return List.of(LogVerifier.badCheckpoint(end(copy), found, e));
        }
    }

    private static String end(LogFiles log) {
        return log.directory().resolve(StaticLog.CHECKPOINT).toString();
    }

    private List<LogFinding> compare(LogFiles copy, Checkpoint end, byte[] signed) throws IOException {
        List<LogFinding> findings = new ArrayList<>();
        if (!end.origin().equals(checkpoint.origin())) {
            findings.add(LogFinding.file(end(copy), "it is of log `" + end.origin() + "`"));
            return findings;
        }
        OptionalLong leaf = firstDifference(copy, end, findings);
        boolean isSameSize = end.size() == checkpoint.size();
        if (leaf.isPresent() || (isSameSize && !end.root().equals(checkpoint.root()))) {
            findings.add(new LogFinding(
                    end(copy),
                    leaf,
                    Optional.empty(),
                    "the log signed two histories, which differ from here on: " + end.size() + " receipts there, and "
                            + checkpoint.size() + " in `" + end(log) + "`; keep both copies, and the checkpoints below",
                    LogFinding.Cause.ALTERATION,
                    List.of(new String(signed, StandardCharsets.UTF_8), note)));
        }
        if (end.size() > checkpoint.size()) {
            findings.add(LogFinding.file(
                    StaticLog.CHECKPOINT,
                    "the log was truncated: `" + copy.directory() + "` contains " + (end.size() - checkpoint.size())
                            + " more receipts, from leaf " + checkpoint.size() + " on"));
        }
        return findings;
    }

    /** Returns the first leaf at which both differ, as far as the files of both lead to their signed roots. */
    private OptionalLong firstDifference(LogFiles copy, Checkpoint end, List<LogFinding> findings) throws IOException {
        Optional<CommittedLeaves.LeafBundles> ours = new CommittedLeaves(log, checkpoint).find();
        Optional<CommittedLeaves.LeafBundles> theirs = new CommittedLeaves(copy, end).find();
        if (theirs.isEmpty()) {
            findings.add(LogFinding.file(
                    copy.directory().toString(), "its files do not lead to its checkpoint's signed root"));
        }
        if (ours.isEmpty() || theirs.isEmpty()) {
            return OptionalLong.empty();
        }
        long common = Math.min(end.size(), checkpoint.size());
        for (long start = 0; start < common; start += Tile.WIDTH) {
            List<Hash> mine = ours.get().from(start);
            List<Hash> other = theirs.get().from(start);
            for (int i = 0; i < Math.min(mine.size(), other.size()); i++) {
                if (!mine.get(i).equals(other.get(i))) {
                    return OptionalLong.of(start + i);
                }
            }
        }
        return OptionalLong.empty();
    }
}
