package dev.interlock.ledger;

import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Tile;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.store.LedgerMark;
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
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The receipts of all gateways that share a store: of the own ledger, and of the others as their copies have them.
 * Of a copy only what its gateway's checkpoint proves is returned, by the key that the store names. An index of each is
 * made on this machine, and may be deleted.
 */
public final class AllReceipts implements Closeable {

    /** Receipts of a copy that are in memory at once: whole bundles. */
    private static final long BATCH = 32 * Tile.WIDTH;

    private final Ledger ledger;
    private final LedgerReplicas replicas;
    private final Supplier<Map<String, LedgerMark>> others;
    private final Path indexes;
    private final Map<String, ReceiptIndex> open = new TreeMap<>();
    /** What the store last said of the others. */
    private final Map<String, LedgerMark> marks = new TreeMap<>();

    /** Steps of reading a copy for the first time, which may take minutes. */
    private final AtomicLong steps = new AtomicLong();

    /**
     * A page of receipts, newest first. Each names its ledger.
     *
     * @param ledgers how many were read, if there are others
     * @param gaps what is missing of them, in whole sentences
     */
    public record FoundReceipts(List<Receipt> receipts, Optional<Long> ledgers, List<String> gaps) {}

    /** {@code copy} is where it lies if it is not the own one. */
    private record Log(String node, Optional<Path> copy, ReceiptSearch search) {}

    private record Cut(String node, ReceiptSearch.Found at) {}

    private record Ordered(Receipt receipt, Instant at) {}

    /** {@code others} are the ledgers that the store knows, with how many receipts each has at least, and its key. */
    public AllReceipts(Ledger ledger, LedgerReplicas replicas, Supplier<Map<String, LedgerMark>> others, Path indexes) {
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
            cut = find(logs, query.before().get(), gaps);
            if (cut.isEmpty()) {
                return new FoundReceipts(List.of(), Optional.empty(), gaps); // nothing is before an unknown receipt
            }
        }
        List<Ordered> found = new ArrayList<>();
        for (Log log : logs) {
            Instant at = Instant.MAX;
            Optional<Cut> before = cut;
            for (Receipt receipt : ask(log, gaps, search -> search(log.node(), search, query, before)).orElse(List.of())) {
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

    private static List<Receipt> search(String node, ReceiptSearch log, ReceiptQuery query, Optional<Cut> cut)
            throws IOException {
        if (cut.isEmpty() || cut.get().node().equals(node)) {
            return log.search(query, cut.map(before -> before.at().leaf()).orElse(Long.MAX_VALUE));
        }
        Instant at = cut.get().at().receipt().at();
        boolean isAfter = node.compareTo(cut.get().node()) > 0; // of the same time, they follow
        return log.search(query.until(isAfter ? at.plusNanos(1) : at), Long.MAX_VALUE);
    }

    /** Returns a receipt, of whichever ledger. */
    public synchronized Optional<Receipt> find(String id) throws IOException {
        List<String> gaps = new ArrayList<>();
        return find(logs(gaps), id, gaps).map(found -> found.at().receipt()).map(ledger::open);
    }

    /** Returns the outcome of an intent; another gateway may have recorded it. */
    public synchronized Optional<Receipt> outcome(String id) throws IOException {
        List<String> gaps = new ArrayList<>();
        for (Log log : logs(gaps)) {
            Optional<Receipt> found = ask(log, gaps, search -> search.outcome(id)).flatMap(Function.identity());
            if (found.isPresent()) {
                return found.map(ledger::open);
            }
        }
        return Optional.empty();
    }

    private Optional<Cut> find(List<Log> logs, String id, List<String> gaps) throws IOException {
        for (Log log : logs) {
            Optional<ReceiptSearch.Found> found =
                    ask(log, gaps, search -> search.find(id)).flatMap(Function.identity());
            if (found.isPresent()) {
                return Optional.of(new Cut(log.node(), found.get()));
            }
        }
        return Optional.empty();
    }

    @FunctionalInterface
    private interface LogQuestion<A> {
        A of(ReceiptSearch log) throws IOException;
    }

    /** Asks a log. What a copy does not answer, or not truly, is a gap. */
    private <A> Optional<A> ask(Log log, List<String> gaps, LogQuestion<A> question) throws IOException {
        if (log.copy().isEmpty()) {
            return Optional.of(question.of(log.search()));
        }
        try {
            return Optional.of(replicas.ask(log.copy().get(), steps::get, () -> question.of(log.search())));
        } catch (IOException e) {
            gaps.add(unread(log.node(), e));
            return Optional.empty();
        }
    }

    private static String unread(String name, IOException e) {
        return "The receipts of `" + name + "` are missing here: the copy of its log cannot be read (" + e.getMessage()
                + ").";
    }

    /** Returns the own ledger, and the copies that can be read, by their names; {@code gaps} names what is missing. */
    private List<Log> logs(List<String> gaps) {
        List<Log> logs = new ArrayList<>(List.of(new Log(replicas.own(), Optional.empty(), ledger.ask())));
        Map<String, LedgerReplicas.LedgerReplica> copies = replicas.all();
        replicas.hung().forEach(at -> gaps.add("`" + at + "` does not answer: its disk hangs."));
        try {
            marks.putAll(others.get());
        } catch (RuntimeException _) { // of the store
            gaps.add("The store cannot be read, so receipts of other gateways may be missing here.");
        }
        Set<String> names = new TreeSet<>(copies.keySet());
        names.addAll(marks.keySet());
        for (String name : names) {
            LedgerReplicas.LedgerReplica copy = copies.get(name);
            if (copy == null) {
                gaps.add("The receipts of `" + name
                        + "` are missing here: no copy of its log can be read below `replicas`.");
                continue;
            }
            Optional<LedgerMark> mark = Optional.ofNullable(marks.get(name)).filter(known -> !known.key().isEmpty());
            if (mark.isEmpty()) {
                gaps.add("The receipts of `" + name
                        + "` are not verified here: the store does not name its log's key.");
            }
            long size = Optional.ofNullable(marks.get(name)).map(LedgerMark::size).orElse(0L);
            try {
                logs.add(new Log(
                        name,
                        Optional.of(copy.directory()),
                        replicas.ask(copy.directory(), steps::get, () -> search(copy, mark))));
                if (copy.size() < size) {
                    String end = copy.size() == 0
                            ? "its beginning"
                            : replicas.ask(copy.directory(), steps::get, copy::newest)
                                    .toString();
                    gaps.add("The latest " + (size - copy.size()) + " receipts or more of `" + name
                            + "` are missing here: the copy of its log ends at " + end + ".");
                }
            } catch (IOException e) { // whatever lies there
                gaps.add(unread(name, e));
            }
        }
        logs.sort(Comparator.comparing(Log::node));
        return logs;
    }

    private ReceiptSearch search(LedgerReplicas.LedgerReplica copy, Optional<LedgerMark> mark) throws IOException {
        ReceiptIndex index = open.get(copy.origin());
        if (index == null) {
            Files.createDirectories(indexes);
            index = ReceiptIndex.open(indexes.resolve(
                    HexFormat.of().formatHex(copy.origin().getBytes(StandardCharsets.UTF_8)) + ".index"));
            open.put(copy.origin(), index);
        }
        long size = copy.size();
        ReceiptSearch.BundleCheck check = ReceiptSearch.BundleCheck.NONE;
        if (mark.isPresent()) {
            CopyProof proof = new CopyProof(
                    copy.directory(), VerifierKey.parse(mark.get().key()));
            size = proof.size();
            check = proof;
        }
        long whole = size - size % Tile.WIDTH;
        if (index.size() > whole) {
            throw new LedgerCorruptException("it is shorter than it was; if that is right, remove `" + indexes + "`");
        }
        List<CommittedReceipt> tail = read(copy, whole, size, check); // first, as the proof of all others needs it
        while (index.size() < whole) {
            index.add(read(copy, index.size(), Math.min(whole, index.size() + BATCH), check));
            steps.incrementAndGet();
        }
        return new ReceiptSearch(copy.directory(), index, tail, check);
    }

    private static List<CommittedReceipt> read(
            LedgerReplicas.LedgerReplica copy, long from, long to, ReceiptSearch.BundleCheck check)
            throws IOException {
        List<LogEntry> entries = ReceiptSearch.ReceiptScan.entries(copy.directory(), from, to);
        List<CommittedReceipt> receipts = new ArrayList<>();
        for (int i = 0; i < entries.size(); i += Tile.WIDTH) {
            check.require((from + i) / Tile.WIDTH, entries.subList(i, Math.min(entries.size(), i + Tile.WIDTH)));
        }
        for (LogEntry entry : entries) {
            receipts.add(new CommittedReceipt(
                    from + receipts.size(), entry, new CommittedReceipt.FramePosition(0, 0, 0)));
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
