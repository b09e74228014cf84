package dev.interlock.evidence;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
    private final TextKeys texts;

    /** {@code keys} and {@code seals} come from elsewhere; without seals, confirmations stay unchecked. */
    public LogVerifier(Collection<VerifierKey> keys, Map<String, SealDocument> seals) {
        this(keys, seals, WitnessComparison.NONE, TextKeys.NONE);
    }

    /** The same, compares with what {@code witnesses} have seen, and opens the sealed texts of {@code texts}. */
    LogVerifier(
            Collection<VerifierKey> keys,
            Map<String, SealDocument> seals,
            WitnessComparison witnesses,
            TextKeys texts) {
        this.texts = texts;
        this.witnesses = witnesses;
        this.keys = List.copyOf(keys);
        this.seals = Map.copyOf(seals);
    }

    /** Verifies the log in {@code directory}, and that {@code replica} is an earlier state of it. */
    public LogReport verify(Path directory, Optional<Path> replica) throws IOException {
        return read(directory, replica.stream().toList(), ReceiptReader.NOBODY, ReceiptPass.OtherLogs.NONE)
                .report();
    }

    /**
     * Verifies the logs of a fleet, each by itself and while one of {@code readers} sees it, and that its copies are
     * earlier states of it. Several are read twice: first for what entries of the others rest on, such as the lease of
     * a call.
     */
    List<LogReport> verify(Map<Path, List<Path>> logs, List<? extends ReceiptReader> readers) throws IOException {
        List<Path> directories = List.copyOf(logs.keySet());
        if (directories.size() == 1) {
            Path only = directories.get(0);
            return List.of(read(only, logs.getOrDefault(only, List.of()), readers.get(0), ReceiptPass.OtherLogs.NONE)
                    .report());
        }
        Map<String, Path> origins = new HashMap<>();
        List<ReceiptPass> first = new ArrayList<>();
        for (int i = 0; i < directories.size(); i++) {
            Path directory = directories.get(i);
            ReadLog log = read(directory, List.of(), readers.get(i), ReceiptPass.OtherLogs.UNREAD);
            Checkpoint end = log.report().checkpoint();
            Path same = end.size() == 0 ? null : origins.put(end.origin(), directory);
            if (same != null) {
                throw new IllegalArgumentException("`" + same + "` and `" + directory
                        + "` became copies of one log while they were read: run it again");
            }
            first.add(log.pass());
        }
        first.forEach(pass -> pass.close(first));
        List<LogReport> reports = new ArrayList<>();
        for (int i = 0; i < directories.size(); i++) {
            ReceiptPass.OtherLogs others = new ReceiptPass.OtherLogs(first, i, false);
            List<Path> copies = logs.getOrDefault(directories.get(i), List.of());
            reports.add(read(directories.get(i), copies, readers.get(i), others).report());
        }
        return reports;
    }

    private record ReadLog(LogReport report, ReceiptPass pass) {

        boolean isAsFarAs(ReadLog other) {
            return report.checkpoint().equals(other.report.checkpoint());
        }
    }

    private ReadLog read(Path directory, List<Path> copies, ReceiptReader reader, ReceiptPass.OtherLogs others)
            throws IOException {
        ReadLog log = once(directory, copies, reader, others);
        for (int attempt = 1; attempt < MAX_ATTEMPTS && !log.report().recordsSound(); attempt++) {
            ReadLog again = once(directory, copies, reader, others);
            if (again.isAsFarAs(log)) {
                return again;
            }
            log = again;
        }
        return log;
    }

    private ReadLog once(Path directory, List<Path> copies, ReceiptReader reader, ReceiptPass.OtherLogs others)
            throws IOException {
        reader.begin();
        LogFiles files = new LogFiles(directory);
        List<LogFinding> problems = new ArrayList<>();
        Map<String, byte[]> witnessed = witnesses.files(files);
        Optional<byte[]> note = files.read(StaticLog.CHECKPOINT);
        Optional<Checkpoint> checkpoint = checkpoint(note, problems);
        Checkpoint end = checkpoint.orElse(new Checkpoint("unknown", 0, Hash.emptyRoot()));
        ReceiptPass receipts = new ReceiptPass(end, seals, problem -> add(problems, problem), reader, others, texts);
        if (checkpoint.isEmpty()) {
            return new ReadLog(
                    new LogReport(end, problems, receipts.confirmations(), List.of(), 0, List.of()), receipts);
        }
        long unpublished = contents(files, end, problems, receipts);
        receipts.close(others.logs());
        List<LogFinding> all = new ArrayList<>(problems);
        List<WitnessComparison.WitnessView> views = witnesses.run(files, witnessed, end, keys, all);
        for (Path copy : copies) {
            all.addAll(new CopyComparison(files, end, new String(note.orElseThrow(), StandardCharsets.UTF_8))
                    .with(new LogFiles(copy), keys));
        }
        return new ReadLog(
                new LogReport(end, all, receipts.confirmations(), receipts.openIntents(), unpublished, views),
                receipts);
    }

    private Optional<Checkpoint> checkpoint(Optional<byte[]> note, List<LogFinding> problems) {
        try {
            byte[] bytes = note.orElseThrow(() -> new MalformedException("the file is missing"));
            return Optional.of(Checkpoint.open(bytes, keys));
        } catch (BadSignatureException | MalformedException e) {
            problems.add(badCheckpoint(StaticLog.CHECKPOINT, note, e));
            return Optional.empty();
        }
    }

    /** Reads all receipts, and returns how many of them no checkpoint covers. */
    private static long contents(LogFiles files, Checkpoint checkpoint, List<LogFinding> problems, ReceiptPass receipts)
            throws IOException {
        Optional<CommittedLeaves.LeafBundles> leaves = new CommittedLeaves(files, checkpoint).find();
        if (leaves.isPresent()) {
            LogPass pass = new LogPass(files, checkpoint, problem -> add(problems, problem), receipts);
            long unpublished = pass.run(leaves.get());
            if (problems.isEmpty()) { // then its tiles lead to the signed root
                Note bare = new Note(checkpoint.text(), List.of());
                receipts.compareSeen(new StaticLog(files.directory(), bare, checkpoint));
            }
            return unpublished;
        }
        problems.add(
                LogFinding.file(StaticLog.CHECKPOINT, "the files in the directory do not lead to its signed root"));
        return 0;
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
}
