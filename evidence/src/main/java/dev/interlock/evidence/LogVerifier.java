package dev.interlock.evidence;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Verifies a whole log directory offline, trusting only the keys that it is given. Everything that the checkpoint
 * covers is compared byte by byte with what it commits to; later receipts in the segments are read too. A log that
 * grows meanwhile is verified again.
 */
public final class LogVerifier {

    static final int MAX_FINDINGS = 1000; // The maximum number of findings. Nobody reads a longer list.
    /** The maximum number of attempts. A log that publishes faster than it is verified must be copied first. */
    private static final int MAX_ATTEMPTS = 5;

    private final Collection<VerifierKey> keys;
    private final Map<String, SealDocument> seals;
    private final WitnessComparison witnesses;

    /** {@code keys} and {@code seals} come from elsewhere; without seals, confirmations stay unchecked. */
    public LogVerifier(Collection<VerifierKey> keys, Map<String, SealDocument> seals) {
        this(keys, seals, WitnessComparison.NONE);
    }

    /** The same, and compares with what {@code witnesses} have seen. */
    public LogVerifier(Collection<VerifierKey> keys, Map<String, SealDocument> seals, WitnessComparison witnesses) {
        this.witnesses = witnesses;
        this.keys = List.copyOf(keys);
        this.seals = Map.copyOf(seals);
    }

    /** Verifies the log in {@code directory}, and that {@code replica} is an earlier state of it. */
    public LogReport verify(Path directory, Optional<Path> replica) throws IOException {
        return verify(directory, replica, ReceiptReader.NOBODY, LogFacts.OtherLogs.NONE);
    }

    /**
     * Reads the logs of a fleet for what entries of one rest on in another, such as the lease of a call; empty for one
     * log, which rests on nothing else.
     */
    List<LogFacts> facts(List<Path> directories) throws IOException {
        List<LogFacts> facts = new ArrayList<>();
        Map<String, Path> origins = new HashMap<>();
        for (Path directory : directories.size() == 1 ? List.<Path>of() : directories) {
            LogFacts log = new LogFacts();
            Checkpoint end = verify(directory, Optional.empty(), log, LogFacts.OtherLogs.NONE)
                    .checkpoint();
            log.cut(end.size());
            facts.add(log);
            Path same = origins.put(end.origin(), directory);
            if (same != null && log.origin().equals(end.origin())) {
                throw new IllegalArgumentException("`" + same + "` and `" + directory
                        + "` are copies of one log: give one of them, and compare it with the other by --replica");
            }
        }
        return facts;
    }

    /** Verifies the logs of a fleet, of which {@link #facts} are given, each while one of {@code readers} sees it. */
    List<LogReport> verify(List<Path> directories, List<LogFacts> facts, List<? extends ReceiptReader> readers)
            throws IOException {
        List<LogReport> reports = new ArrayList<>();
        for (int i = 0; i < directories.size(); i++) {
            LogFacts.OtherLogs others = new LogFacts.OtherLogs(facts, i);
            reports.add(verify(directories.get(i), Optional.empty(), readers.get(i), others));
        }
        return reports;
    }

    /** Verifies one, while {@code reader} sees the receipts. */
    LogReport verify(Path directory, Optional<Path> replica, ReceiptReader reader, LogFacts.OtherLogs others)
            throws IOException {
        LogReport report = once(directory, replica, reader, others);
        for (int attempt = 1; attempt < MAX_ATTEMPTS && !report.recordsSound(); attempt++) {
            LogReport again = once(directory, replica, reader, others);
            if (again.checkpoint().equals(report.checkpoint())) {
                return again;
            }
            report = again;
        }
        return report;
    }

    private LogReport once(Path directory, Optional<Path> replica, ReceiptReader reader, LogFacts.OtherLogs others)
            throws IOException {
        reader.begin();
        LogFiles files = new LogFiles(directory);
        List<LogFinding> problems = new ArrayList<>();
        Map<String, byte[]> witnessed = witnesses.files(files);
        Optional<Checkpoint> checkpoint = checkpoint(files, problems);
        if (checkpoint.isEmpty()) {
            Checkpoint nothing = new Checkpoint("unknown", 0, Hash.emptyRoot());
            return new LogReport(
                    nothing,
                    problems,
                    new LogReport.ConfirmationTotals(0, 0, 0, Set.of(), Map.of(), List.of()),
                    List.of(),
                    0,
                    List.of());
        }
        LogReport report = contents(files, checkpoint.get(), problems, reader, others);
        List<LogFinding> all = new ArrayList<>(report.problems());
        List<WitnessComparison.WitnessView> views = witnesses.run(files, witnessed, checkpoint.get(), keys, all);
        if (replica.isPresent()) {
            all.addAll(new ReplicaComparison(files, checkpoint.get()).with(new LogFiles(replica.get()), keys));
        }
        return new LogReport(
                report.checkpoint(), all, report.confirmations(), report.openIntents(), report.unpublished(), views);
    }

    private Optional<Checkpoint> checkpoint(LogFiles files, List<LogFinding> problems) throws IOException {
        Optional<byte[]> note = files.read(StaticLog.CHECKPOINT);
        try {
            byte[] bytes = note.orElseThrow(() -> new MalformedException("the file is missing"));
            return Optional.of(Checkpoint.open(bytes, keys));
        } catch (BadSignatureException | MalformedException e) {
            problems.add(badCheckpoint(StaticLog.CHECKPOINT, note, e));
            return Optional.empty();
        }
    }

    private LogReport contents(
            LogFiles files,
            Checkpoint checkpoint,
            List<LogFinding> problems,
            ReceiptReader reader,
            LogFacts.OtherLogs others)
            throws IOException {
        ReceiptPass receipts = new ReceiptPass(checkpoint, seals, problem -> add(problems, problem), reader, others);
        Optional<CommittedLeaves.LeafBundles> leaves = new CommittedLeaves(files, checkpoint).find();
        long unpublished = 0;
        if (leaves.isPresent()) {
            LogPass pass = new LogPass(files, checkpoint, problem -> add(problems, problem), receipts);
            unpublished = pass.run(leaves.get());
        } else {
            problems.add(
                    LogFinding.file(StaticLog.CHECKPOINT, "the files in the directory do not lead to its signed root"));
        }
        receipts.end();
        return new LogReport(
                checkpoint, problems, receipts.confirmations(), receipts.openIntents(), unpublished, List.of());
    }

    private static void add(List<LogFinding> problems, LogFinding problem) {
        if (problems.size() < MAX_FINDINGS && !problems.contains(problem)) {
            problems.add(problem);
        }
    }

    /** Returns the finding about a checkpoint that does not open. A power cut can leave it without its contents. */
    static LogFinding badCheckpoint(String file, Optional<byte[]> bytes, Exception why) {
        LogFinding finding = LogFinding.file(file, String.valueOf(why.getMessage()));
        boolean isEmpty = LogPass.isZeroFrom(bytes.orElse(new byte[0]), 0);
        return isEmpty ? finding.causedBy(LogFinding.Cause.CRASH) : finding;
    }

    /** Checks whether a replica is an earlier state of a log, and if not, where they differ. */
    private record ReplicaComparison(LogFiles log, Checkpoint checkpoint) {

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

        private List<LogFinding> compare(LogFiles replica, Checkpoint copy) throws IOException {
            List<LogFinding> findings = new ArrayList<>();
            if (!copy.origin().equals(checkpoint.origin())) {
                findings.add(
                        LogFinding.file("replica/" + StaticLog.CHECKPOINT, "it is of log `" + copy.origin() + "`"));
                return findings;
            }
            long common = Math.min(copy.size(), checkpoint.size());
            firstDifference(replica, copy, common).ifPresent(findings::add);
            if (copy.size() > checkpoint.size()) {
                findings.add(LogFinding.file(
                        StaticLog.CHECKPOINT,
                        "the log was truncated: the replica contains " + (copy.size() - checkpoint.size())
                                + " more receipts, from leaf " + checkpoint.size() + " on"));
            }
            return findings;
        }

        private Optional<LogFinding> firstDifference(LogFiles replica, Checkpoint copy, long common)
                throws IOException {
            Optional<CommittedLeaves.LeafBundles> ours = new CommittedLeaves(log, checkpoint).find();
            Optional<CommittedLeaves.LeafBundles> theirs = new CommittedLeaves(replica, copy).find();
            if (ours.isEmpty() || theirs.isEmpty()) {
                return theirs.isEmpty()
                        ? Optional.of(
                                LogFinding.file("replica", "its files do not lead to its checkpoint's signed root"))
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
}
