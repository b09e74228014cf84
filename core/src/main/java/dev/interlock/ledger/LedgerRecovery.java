package dev.interlock.ledger;

import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Checkpoint;
import dev.interlock.evidence.CompactRange;
import dev.interlock.evidence.GzipFile;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Segment;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.Tile;
import dev.interlock.evidence.TileBuilder;
import dev.interlock.evidence.VerifierKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Reads a ledger's files after a start. It begins at the last checkpoint, so that the time does not grow with the
 * ledger. It continues only if everything that was ever acknowledged is still there.
 */
final class LedgerRecovery {

    /** Maximum receipts in memory while a ledger is read again: some bundles. */
    private static final int BATCH = 1024;

    private final LedgerConfig config;
    private final VerifierKey key;
    private final ReceiptIndex index;

    LedgerRecovery(LedgerConfig config, VerifierKey key, ReceiptIndex index) {
        this.config = config;
        this.key = key;
        this.index = index;
    }

    /**
     * The result of reading: the log to continue with, how much the checkpoint and the replica cover, the end of the
     * last segment and the bytes torn behind it, the derived files made again, and the receipts that the index lacks.
     */
    record RecoveredLedger(
            PublishedLog log,
            long published,
            Optional<Journal.Tail> tail,
            long tornBytes,
            long replicated,
            List<String> madeAgain,
            Optional<Checkpoint> checkpoint,
            List<CommittedReceipt> edge) {

        CommittedReceipt.FramePosition end() {
            return tail.map(t -> new CommittedReceipt.FramePosition(t.first(), t.content().length, 0))
                    .orElse(new CommittedReceipt.FramePosition(0, Segment.HEADER_LENGTH, 0));
        }
    }

    static List<Long> segments(Path evidence) throws IOException {
        Path directory = Files.createDirectories(evidence.resolve("segments"));
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file ->
                            Segment.first(GzipFile.plain(file.getFileName().toString())))
                    .filter(OptionalLong::isPresent)
                    .map(OptionalLong::getAsLong)
                    .sorted()
                    .distinct()
                    .toList();
        }
    }

    RecoveredLedger run() throws IOException {
        Optional<StaticLog> published = open(config.evidence());
        Optional<Checkpoint> copy = copy();
        long known = index.size();
        Promises promises = new Promises(published.map(StaticLog::checkpoint), copy, known);
        List<String> damaged = damaged(published);
        Optional<PublishedLog> resumed =
                published.filter(_ -> damaged.isEmpty()).flatMap(log -> resume(log, copy));
        if (resumed.isEmpty()) {
            // First without writing: if the segments were altered, the tiles and bundles are the evidence of that.
            PublishedLog trial = promises.in(new PublishedLog(new TileBuilder(), new CompactRange()));
            promises.requireAll(scan(0, trial, false).size);
        }
        PublishedLog log =
                promises.in(resumed.orElseGet(() -> new PublishedLog(new TileBuilder(), new CompactRange())));
        Scan scan = scan(Math.min(log.wanted(), known), log, true);
        promises.requireAll(scan.size);
        return new RecoveredLedger(
                log,
                promises.checkpoint.map(Checkpoint::size).orElse(0L),
                scan.tail(),
                scan.tornBytes,
                copy.map(Checkpoint::size).orElse(0L),
                madeAgain(damaged, published, resumed.isPresent(), known, scan.size),
                promises.checkpoint,
                List.copyOf(scan.unindexed));
    }

    private record Promises(Optional<Checkpoint> checkpoint, Optional<Checkpoint> copy, long indexed) {

        PublishedLog in(PublishedLog log) {
            checkpoint.ifPresent(log::promise);
            copy.ifPresent(log::promise);
            return log;
        }

        void requireAll(long size) throws LedgerCorruptException {
            LedgerRecovery.requireAll(
                    "the checkpoint", checkpoint.map(Checkpoint::size).orElse(0L), size);
            LedgerRecovery.requireAll("the replica", copy.map(Checkpoint::size).orElse(0L), size);
            LedgerRecovery.requireAll("the index", indexed, size);
        }
    }

    /** Returns the files at the right edge that lack contents; {@link DerivedCheck} compares the others. */
    private List<String> damaged(Optional<StaticLog> published) throws IOException {
        return published.isEmpty()
                ? List.of()
                : new DerivedFiles(config.evidence())
                        .incomplete(published.get().checkpoint().size());
    }

    private List<String> madeAgain(
            List<String> damaged, Optional<StaticLog> published, boolean resumed, long known, long size) {
        List<String> again = new ArrayList<>(damaged);
        if (published.isEmpty() && size > 0) {
            again.add(StaticLog.CHECKPOINT);
        } else if (published.isPresent() && !resumed && damaged.isEmpty()) {
            again.add("tile/"); // all have their lengths, and some do not lead to the checkpoint's root
        }
        if (index.isRenewed() || (known == 0 && size >= Tile.WIDTH)) {
            again.add("the receipt index");
        }
        return List.copyOf(again);
    }

    private static void requireAll(String who, long promised, long size) throws LedgerCorruptException {
        if (promised > size) {
            throw new LedgerCorruptException("the ledger was truncated: " + who + " knows " + promised
                    + " receipts, but the segments contain " + size);
        }
    }

    private Optional<StaticLog> open(Path directory) throws IOException {
        try {
            return Optional.of(StaticLog.open(directory, List.of(key)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (BadSignatureException e) {
            throw new LedgerCorruptException("the checkpoint in `" + directory + "` is not signed by this ledger", e);
        } catch (MalformedException e) {
            // A power cut can leave a name without its contents. Nothing is lost: it is derived from the segments.
            return Optional.empty();
        }
    }

    private Optional<Checkpoint> copy() throws IOException {
        return config.replica().isPresent()
                ? open(config.replica().get()).map(StaticLog::checkpoint)
                : Optional.empty();
    }

    /** Returns the tree of the last checkpoint, if its tiles lead to its root and the replica agrees. */
    private static Optional<PublishedLog> resume(StaticLog log, Optional<Checkpoint> copy) {
        try {
            boolean whole = log.compactRange().root().equals(log.checkpoint().root());
            boolean agreed = copy.isEmpty()
                    || copy.get().size() > log.checkpoint().size()
                    || log.rootAt(copy.get().size()).equals(copy.get().root());
            // If they disagree, reading everything again shows what is wrong.
            return whole && agreed ? Optional.of(new PublishedLog(log.tiles(), log.compactRange())) : Optional.empty();
        } catch (MalformedException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    private static final class Scan {
        private final boolean writes;
        private final List<CommittedReceipt> unindexed = new ArrayList<>();
        private long size;
        private long segment = -1;
        private byte[] content = new byte[0];
        private int fileBytes;
        private long tornBytes;

        private Scan(boolean writes) {
            this.writes = writes;
        }

        private Optional<Journal.Tail> tail() {
            return segment < 0 ? Optional.empty() : Optional.of(new Journal.Tail(segment, size, content, fileBytes));
        }
    }

    /** Reads the segments; {@code writes}: the index and derived files too. */
    private Scan scan(long start, PublishedLog log, boolean writes) throws IOException {
        List<Long> firsts = segments(config.evidence());
        Scan scan = new Scan(writes);
        int from = 0;
        while (from + 1 < firsts.size() && firsts.get(from + 1) <= start) {
            from++;
        }
        if (!firsts.isEmpty() && firsts.get(from) > start) {
            throw new LedgerCorruptException("the segment that begins with leaf " + start + " is missing");
        }
        for (int i = from; i < firsts.size(); i++) {
            if (i > from && firsts.get(i) != scan.size) {
                throw damaged(firsts.get(i - 1), scan.size);
            }
            segment(firsts.get(i), i + 1 == firsts.size(), scan, log);
        }
        flush(scan, log);
        return scan;
    }

    private void segment(long first, boolean isLast, Scan scan, PublishedLog log) throws IOException {
        Path file = config.evidence().resolve("segments").resolve(Segment.fileName(first));
        byte[] bytes = SegmentBytes.read(file);
        scan.fileBytes = Math.toIntExact(GzipFile.length(file));
        if (isLast && SegmentBytes.nonZeroEnd(bytes) == 0) {
            // The segment was created, but cut off before its header was durable, so it never held a receipt.
            bytes = Segment.header(first);
        }
        Segment segment = open(bytes, first);
        scan.size = first;
        Segment.Frame frame = segment.next();
        while (frame.found() == Segment.FrameState.FRAME) {
            take(first, frame, segment.entry(frame), scan, log);
            frame = segment.next();
        }
        boolean torn = frame.found() != Segment.FrameState.END;
        if (torn && (!isLast || frame.wasDurable())) {
            throw damaged(first, scan.size);
        }
        scan.segment = first;
        scan.content = Arrays.copyOf(bytes, frame.offset());
        scan.tornBytes = torn ? SegmentBytes.nonZeroEnd(bytes) - frame.offset() : 0;
    }

    /** Takes a receipt. Those that the index has already were read before they came there. */
    private void take(long first, Segment.Frame frame, byte[] entry, Scan scan, PublishedLog log) throws IOException {
        log.add(frame.index(), entry);
        if (!scan.writes || frame.index() >= index.size()) {
            CommittedReceipt.FramePosition place =
                    new CommittedReceipt.FramePosition(first, frame.offset(), Segment.FRAME_OVERHEAD + frame.length());
            LogEntry read = LogEntry.of(read(entry, first, frame.index()), entry);
            scan.unindexed.add(new CommittedReceipt(frame.index(), read, place));
        }
        scan.size = frame.index() + 1;
        if (scan.size % BATCH == 0) {
            flush(scan, log);
        }
    }

    /** Writes the files derived so far, so that reading a long ledger again needs no memory for them. */
    private void flush(Scan scan, PublishedLog log) throws IOException {
        Map<String, byte[]> files = log.full();
        if (!scan.writes) {
            scan.unindexed.clear();
            log.written(files);
            return;
        }
        new DerivedFiles(config.evidence()).write(files);
        log.written(files);
        List<CommittedReceipt> whole =
                scan.unindexed.subList(0, Math.max(0, scan.unindexed.size() - (int) (scan.size % Tile.WIDTH)));
        index.add(whole);
        whole.clear();
    }

    private static Receipt read(byte[] entry, long first, long leaf) throws LedgerCorruptException {
        try {
            return Receipt.read(entry);
        } catch (MalformedException e) {
            throw new LedgerCorruptException(
                    "leaf " + leaf + " in `" + Segment.fileName(first) + "` is not a receipt", e);
        }
    }

    private static Segment open(byte[] bytes, long first) throws LedgerCorruptException {
        try {
            return new Segment(bytes, first);
        } catch (MalformedException e) {
            throw new LedgerCorruptException("`" + Segment.fileName(first) + "` is damaged", e);
        }
    }

    private static LedgerCorruptException damaged(long first, long leaf) {
        return new LedgerCorruptException("`" + Segment.fileName(first) + "` is damaged at leaf " + leaf);
    }
}
