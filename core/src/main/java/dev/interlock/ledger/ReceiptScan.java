package dev.interlock.ledger;

import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Segment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Reads durable receipts in order, straight from the segments, one segment in memory at a time. */
final class ReceiptScan {

    private ReceiptScan() {}

    /** Hands over the receipts at the leaves {@code from} to {@code to}, without the last. */
    static void read(Path evidence, long from, long to, Consumer<Receipt> receipts) throws IOException {
        List<Long> firsts = LedgerRecovery.segments(evidence);
        for (int i = 0; i < firsts.size(); i++) {
            boolean isBefore = i + 1 < firsts.size() && firsts.get(i + 1) <= from;
            if (!isBefore && firsts.get(i) < to) {
                Path file = evidence.resolve("segments").resolve(Segment.fileName(firsts.get(i)));
                read(new Segment(SegmentBytes.read(file), firsts.get(i)), from, to, receipts);
            }
        }
    }

    private static void read(Segment segment, long from, long to, Consumer<Receipt> receipts)
            throws LedgerCorruptException {
        Segment.Frame frame = segment.next();
        while (frame.found() == Segment.FrameState.FRAME && frame.index() < to) {
            if (frame.index() >= from) {
                receipts.accept(receipt(segment.entry(frame), frame.index()));
            }
            frame = segment.next();
        }
    }

    private static Receipt receipt(byte[] entry, long leaf) throws LedgerCorruptException {
        try {
            return Receipt.read(entry);
        } catch (MalformedException e) {
            throw new LedgerCorruptException("leaf " + leaf + " is not a receipt", e);
        }
    }
}
