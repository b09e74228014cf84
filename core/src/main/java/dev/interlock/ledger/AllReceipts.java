package dev.interlock.ledger;

import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Tile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The receipts of all gateways that share a store: of the own ledger, and of the others as their copies have them.
 * Copies are not verified here. An index of each is made on this machine, and may be deleted.
 */
public final class AllReceipts implements Closeable {

    /** Receipts of a copy that are in memory at once: whole bundles. */
    private static final long BATCH = 32 * Tile.WIDTH;

    private final Ledger ledger;
    private final LedgerReplicas replicas;
    private final Supplier<Map<String, Long>> others;
    private final Path indexes;
    private final Map<String, ReceiptIndex> open = new TreeMap<>();

    /**
     * A page of receipts, newest first. Each names its ledger.
     *
     * @param ledgers how many were read, if there are others
     * @param gaps what is missing of them, in whole sentences
     */
    public record FoundReceipts(List<Receipt> receipts, Optional<Long> ledgers, List<String> gaps) {}

    private record Log(String node, ReceiptSearch search) {}

    private record Cut(String node, ReceiptSearch.Found at) {}

    private record Ordered(Receipt receipt, Instant at) {}

    /** {@code others} are the ledgers that the store knows, with how many receipts each has at least. */
    public AllReceipts(Ledger ledger, LedgerReplicas replicas, Supplier<Map<String, Long>> others, Path indexes) {
        this.ledger = ledger;
        this.replicas = replicas;
        this.others = others;
        this.indexes = indexes;
    }

    /** Each ledger is in its own order; of several, the later time comes first. */
    public synchronized FoundReceipts search(ReceiptQuery query) throws IOException {
        List<String> gaps = new ArrayList<>();
        List<Log> logs = logs(gaps);
        Optional<Cut> cut = Optional.empty();
        if (query.before().isPresent()) {
            cut = find(logs, query.before().get());
            if (cut.isEmpty()) {
                return new FoundReceipts(List.of(), Optional.empty(), gaps); // nothing is before an unknown receipt
            }
        }
        List<Ordered> found = new ArrayList<>();
        for (Log log : logs) {
            Instant at = Instant.MAX;
            for (Receipt receipt : search(log, query, cut)) {
                at = receipt.at().isBefore(at) ? receipt.at() : at; // a clock may have been set back
                found.add(new Ordered(receipt, at));
            }
        }
        found.sort(Comparator.comparing(Ordered::at).reversed());
        return new FoundReceipts(
                found.stream()
                        .limit(query.limit())
                        .map(Ordered::receipt)
                        .map(ledger::open)
                        .toList(),
                Optional.of((long) logs.size()).filter(count -> count > 1 || !gaps.isEmpty()),
                gaps);
    }

    private static List<Receipt> search(Log log, ReceiptQuery query, Optional<Cut> cut) throws IOException {
        if (cut.isEmpty() || cut.get().node().equals(log.node())) {
            return log.search()
                    .search(query, cut.map(before -> before.at().leaf()).orElse(Long.MAX_VALUE));
        }
        Instant at = cut.get().at().receipt().at();
        boolean isAfter = log.node().compareTo(cut.get().node()) > 0; // of the same time, they follow
        return log.search().search(query.until(isAfter ? at.plusNanos(1) : at), Long.MAX_VALUE);
    }

    /** Returns a receipt, of whichever ledger. */
    public synchronized Optional<Receipt> find(String id) throws IOException {
        return find(logs(new ArrayList<>()), id)
                .map(found -> found.at().receipt())
                .map(ledger::open);
    }

    /** Returns the outcome of an intent; another gateway may have recorded it. */
    public synchronized Optional<Receipt> outcome(String id) throws IOException {
        for (Log log : logs(new ArrayList<>())) {
            Optional<Receipt> found = log.search().outcome(id);
            if (found.isPresent()) {
                return found.map(ledger::open);
            }
        }
        return Optional.empty();
    }

    private static Optional<Cut> find(List<Log> logs, String id) throws IOException {
        for (Log log : logs) {
            Optional<ReceiptSearch.Found> found = log.search().find(id);
            if (found.isPresent()) {
                return Optional.of(new Cut(log.node(), found.get()));
            }
        }
        return Optional.empty();
    }

    /** Returns the own ledger, and the copies that can be read, by their names; {@code gaps} names what is missing. */
    private List<Log> logs(List<String> gaps) {
        List<Log> logs = new ArrayList<>(List.of(new Log(replicas.own(), ledger.ask())));
        Map<String, LedgerReplicas.LedgerReplica> copies = replicas.all();
        Map<String, Long> sizes = new TreeMap<>();
        try {
            sizes.putAll(others.get());
        } catch (RuntimeException _) { // of the store
            gaps.add("The store cannot be read, so receipts of other gateways may be missing here.");
        }
        copies.forEach((name, copy) -> sizes.putIfAbsent(name, copy.size()));
        sizes.forEach((name, size) -> {
            LedgerReplicas.LedgerReplica copy = copies.get(name);
            String missing = "The receipts of `" + name + "` are missing here: ";
            try {
                if (copy == null) {
                    gaps.add(missing + "no copy of its log can be read below `replicas`.");
                    return;
                }
                logs.add(new Log(name, search(copy)));
                if (copy.size() < size) {
                    gaps.add("The latest " + (size - copy.size()) + " receipts or more of `" + name
                            + "` are missing here: the copy of its log ends at "
                            + (copy.size() == 0 ? "its beginning" : copy.newest()) + ".");
                }
            } catch (IOException | RuntimeException e) { // whatever lies there
                gaps.add(missing + "the copy of its log cannot be read (" + e.getMessage() + ").");
            }
        });
        logs.sort(Comparator.comparing(Log::node));
        return logs;
    }

    private ReceiptSearch search(LedgerReplicas.LedgerReplica copy) throws IOException {
        ReceiptIndex index = open.get(copy.origin());
        if (index == null) {
            Files.createDirectories(indexes);
            index = ReceiptIndex.open(indexes.resolve(
                    HexFormat.of().formatHex(copy.origin().getBytes(StandardCharsets.UTF_8)) + ".index"));
            open.put(copy.origin(), index);
        }
        long whole = copy.size() - copy.size() % Tile.WIDTH;
        if (index.size() > whole) {
            throw new LedgerCorruptException("it is shorter than it was; if that is right, remove `" + indexes + "`");
        }
        while (index.size() < whole) {
            index.add(read(copy, index.size(), Math.min(whole, index.size() + BATCH)));
        }
        return new ReceiptSearch(copy.directory(), index, read(copy, whole, copy.size()));
    }

    private static List<CommittedReceipt> read(LedgerReplicas.LedgerReplica copy, long from, long to)
            throws IOException {
        List<CommittedReceipt> receipts = new ArrayList<>();
        ReceiptSearch.ReceiptScan.read(
                copy.directory(),
                from,
                to,
                receipt -> receipts.add(new CommittedReceipt(
                        from + receipts.size(),
                        LogEntry.of(receipt, receipt.canonical()),
                        new CommittedReceipt.FramePosition(0, 0, 0))));
        if (receipts.size() != to - from) {
            throw new LedgerCorruptException("the receipts from leaf " + from + " on are damaged");
        }
        return receipts;
    }

    @Override
    public synchronized void close() throws IOException {
        for (ReceiptIndex index : open.values()) {
            index.close();
        }
    }
}
