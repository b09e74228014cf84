package dev.interlock.ledger;

import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.EntryBundle;
import dev.interlock.evidence.GzipFile;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Segment;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.Tile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Answers one question about receipts: from those in memory, and from the bundles that the index names.
 *
 * <p>The receipts in memory are taken first. One that leaves memory meanwhile is in the index by then, and behind
 * {@link #indexed}: it is found once, and never missed. For one thread.
 */
final class ReceiptSearch {

    /** Bundles that the index is asked for at once. */
    private static final int AT_ONCE = 16;

    /** Bundles kept until the question is answered: an outcome is often near its intent. */
    private static final int KEPT = 8;

    private final Path evidence;
    private final ReceiptIndex index;

    private final List<CommittedReceipt> tail;

    /** The first bundle that is in memory, at least in part. */
    private final long indexed;

    private final Map<Long, List<Found>> bundles = new LinkedHashMap<>();

    private final Optional<StaticLog> signed;

    record Found(long leaf, Receipt receipt) {

        private static Found of(CommittedReceipt committed) {
            return new Found(committed.leaf(), committed.receipt());
        }
    }

    /** {@code tail} are the receipts that the index lacks, oldest first; {@code signed} proves the rest, if it must. */
    ReceiptSearch(Path evidence, ReceiptIndex index, List<CommittedReceipt> tail, Optional<StaticLog> signed) {
        this.signed = signed;
        this.evidence = evidence;
        this.index = index;
        this.tail = tail;
        this.indexed = tail.isEmpty() ? Long.MAX_VALUE : tail.getFirst().leaf() / Tile.WIDTH;
    }

    Optional<Found> find(String id) throws IOException {
        Optional<Found> fresh = tail.stream()
                .filter(committed -> committed.entry().id().equals(id))
                .findFirst()
                .map(Found::of);
        return fresh.isPresent() ? fresh : findIndexed(id);
    }

    private Optional<Found> findIndexed(String id) throws IOException {
        for (long number : index.bundles(ReceiptKeys.id(id))) {
            Optional<Found> found = first(bundle(number), id);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Optional<Found> first(List<Found> receipts, String id) {
        return receipts.stream()
                .filter(found -> found.receipt().id().equals(id))
                .findFirst();
    }

    Optional<Receipt> outcome(String id) throws IOException {
        Optional<Receipt> fresh = tail.stream()
                .filter(committed -> committed.entry().intent().equals(Optional.of(id)))
                .findFirst()
                .map(CommittedReceipt::receipt);
        Optional<Found> intent = fresh.isPresent() ? Optional.empty() : find(id);
        if (intent.isEmpty()) {
            return fresh;
        }
        for (long number : index.bundles(ReceiptKeys.outcomes(intent.get().leaf()))) {
            Optional<Receipt> found = outcome(bundle(number), id);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Optional<Receipt> outcome(List<Found> receipts, String intent) {
        return receipts.stream()
                .map(Found::receipt)
                .filter(receipt -> receipt.intent().equals(Optional.of(intent)))
                .findFirst();
    }

    /** Returns the receipt at {@code leaf}, which is in no memory any more. */
    Receipt at(long leaf) throws IOException {
        return bundle(leaf / Tile.WIDTH).get((int) (leaf % Tile.WIDTH)).receipt();
    }

    List<Receipt> search(ReceiptQuery query, long end) throws IOException {
        List<Receipt> found = new ArrayList<>();
        for (CommittedReceipt committed : tail.reversed()) {
            if (found.size() < query.limit()) {
                take(List.of(Found.of(committed)), query, end, found);
            }
        }
        long before = Math.min(indexed, end / Tile.WIDTH + 1);
        List<Long> numbers;
        do {
            numbers = found.size() < query.limit() ? index.bundles(query, before, AT_ONCE) : List.of();
            for (long number : numbers) {
                before = number;
                if (found.size() < query.limit()) {
                    take(bundle(number), query, end, found);
                }
            }
        } while (!numbers.isEmpty());
        return List.copyOf(found);
    }

    ReceiptCounts count(Instant from, Instant until) throws IOException {
        long first = CountedReceipt.quarter(from);
        long end = CountedReceipt.quarter(until);
        SortedMap<Long, Map<String, Long>> counted = new TreeMap<>();
        tail.stream()
                .flatMap(committed -> committed.entry().counted().stream())
                .filter(one -> one.quarter() >= first && one.quarter() < end)
                .forEach(one -> one.addTo(counted));
        index.count(first, end, indexed, counted);
        return ReceiptCounts.of(counted);
    }

    private void take(List<Found> receipts, ReceiptQuery query, long end, List<Receipt> to) throws IOException {
        for (Found found : receipts.reversed()) {
            if (to.size() < query.limit() && found.leaf() < end && matches(found.receipt(), query)) {
                to.add(found.receipt());
            }
        }
    }

    /** Returns whether it matches. An outcome names neither agent, person nor lease, but its intent does. */
    private boolean matches(Receipt receipt, ReceiptQuery query) throws IOException {
        if (!query.matches(receipt)) {
            return false;
        }
        if (receipt.intent().isEmpty()) {
            return query.isOfAgent(receipt) && query.isOfLeaseAndPerson(receipt);
        }
        Optional<Receipt> intent = find(receipt.intent().get()).map(Found::receipt);
        boolean ofAgent = query.isOfAgent(receipt.agent().isPresent() ? receipt : intent.orElse(receipt));
        return ofAgent
                && (query.isOfLeaseAndPerson(receipt)
                        || intent.filter(query::isOfLeaseAndPerson).isPresent());
    }

    private List<Found> bundle(long number) throws IOException {
        List<Found> kept = bundles.get(number);
        if (kept == null) {
            kept = read(number);
            if (bundles.size() == KEPT) {
                bundles.remove(bundles.keySet().iterator().next());
            }
            bundles.put(number, kept);
        }
        return kept;
    }

    /** Reads a full bundle. It is derived: if it is missing or damaged, the segments have its receipts. */
    private List<Found> read(long number) throws IOException {
        List<Receipt> receipts = new ArrayList<>();
        long first = number * Tile.WIDTH;
        try {
            byte[] file = GzipFile.read(
                    evidence.resolve(Tile.entries(number, Tile.WIDTH).path()));
            for (byte[] entry : EntryBundle.read(file, Tile.WIDTH)) {
                receipts.add(Receipt.read(entry));
            }
        } catch (NoSuchFileException | MalformedException e) {
            receipts = ReceiptScan.all(evidence, first, first + Tile.WIDTH);
        }
        if (signed.isPresent()) {
            requireSigned(signed.get(), first, receipts);
        }
        List<Found> found = new ArrayList<>();
        receipts.forEach(receipt -> found.add(new Found(first + found.size(), receipt)));
        return found;
    }

    /** Requires that these are all receipts of the bundle that begins with leaf {@code first}. */
    static void requireSigned(StaticLog signed, long first, List<Receipt> receipts) throws LedgerCorruptException {
        try {
            signed.requireBundle(
                    first, receipts.stream().map(Receipt::canonical).toList());
        } catch (BadSignatureException | IOException | MalformedException e) {
            throw new LedgerCorruptException(
                    "nothing proves that its gateway signed the receipts from leaf " + first, e);
        }
    }

    /** Reads durable receipts in order, straight from the segments, one segment in memory at a time. */
    static final class ReceiptScan {

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

        /** Returns the receipts at these leaves, all of which the log has. */
        static List<Receipt> all(Path evidence, long from, long to) throws IOException {
            List<Receipt> receipts = new ArrayList<>();
            read(evidence, from, to, receipts::add);
            if (receipts.size() != to - from) {
                throw new LedgerCorruptException("the receipts from leaf " + from + " on are damaged");
            }
            return receipts;
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
}
