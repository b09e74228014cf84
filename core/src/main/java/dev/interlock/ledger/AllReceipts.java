package dev.interlock.ledger;

import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.Tile;
import dev.interlock.evidence.VerifierKey;
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
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The receipts of all gateways that share a store: of the own ledger, and of the others as their copies have them. Of a
 * copy only what its checkpoint proves is shown, by the key that the store names. An index of each is made on this
 * machine, and may be deleted.
 */
public final class AllReceipts implements Closeable {

    /** Receipts of a copy that are in memory at once: whole bundles. */
    private static final long BATCH = 32 * Tile.WIDTH;

    private final Ledger ledger;
    private final LedgerReplicas replicas;
    private final Supplier<Map<String, KnownLog>> others;
    private final Path indexes;
    private final Map<String, ReceiptIndex> open = new ConcurrentHashMap<>();
    private final Map<String, KnownLog> marks = new TreeMap<>(); // what the store last said of the others

    /**
     * A page of receipts, newest first. Each names its ledger.
     *
     * @param ledgers how many were read, if there are others
     * @param gaps what is missing of them, in whole sentences
     */
    public record FoundReceipts(List<Receipt> receipts, Optional<Long> ledgers, List<String> gaps) {}

    /** What the store knows of a ledger: its key, and how many receipts it has at least. */
    public record KnownLog(long size, String key) {}

    /** {@code copy} is where its receipts lie if it is not the own one. */
    private record Log(String node, Optional<Path> copy, ReceiptSearch search) {}

    private record Cut(String node, ReceiptSearch.Found at) {}

    private record Ordered(Receipt receipt, Instant at) {}

    /** {@code others} are the ledgers that the store knows. */
    public AllReceipts(Ledger ledger, LedgerReplicas replicas, Supplier<Map<String, KnownLog>> others, Path indexes) {
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
            for (Receipt receipt : ask(log, gaps, List.<Receipt>of(), () -> search(log, query, before))) {
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
        List<String> gaps = new ArrayList<>();
        return find(logs(gaps), id, gaps).map(found -> found.at().receipt()).map(ledger::open);
    }

    /** Returns the outcome of an intent; another gateway may have recorded it. */
    public synchronized Optional<Receipt> outcome(String id) throws IOException {
        List<String> gaps = new ArrayList<>();
        for (Log log : logs(gaps)) {
            Optional<Receipt> found =
                    ask(log, gaps, Optional.empty(), () -> log.search().outcome(id));
            if (found.isPresent()) {
                return found.map(ledger::open);
            }
        }
        return Optional.empty();
    }

    private Optional<Cut> find(List<Log> logs, String id, List<String> gaps) throws IOException {
        for (Log log : logs) {
            Optional<ReceiptSearch.Found> found =
                    ask(log, gaps, Optional.empty(), () -> log.search().find(id));
            if (found.isPresent()) {
                return Optional.of(new Cut(log.node(), found.get()));
            }
        }
        return Optional.empty();
    }

    /** Asks a log. What a copy does not answer, or cannot prove, is a gap. */
    private <A> A ask(Log log, List<String> gaps, A otherwise, Callable<A> question) throws IOException {
        try {
            return log.copy().isEmpty()
                    ? question.call()
                    : replicas.ask(log.copy().get(), question);
        } catch (Exception e) { // whatever lies there
            if (log.copy().isEmpty()) {
                throw e instanceof IOException unread ? unread : new IOException(e);
            }
            gaps.add(missing(log.node(), e));
            return otherwise;
        }
    }

    private static String missing(String name, Exception e) {
        return "The receipts of `" + name + "` are missing here: the copy of its log cannot be read (" + e.getMessage()
                + ").";
    }

    /** Returns the own ledger, and the copies that can be read, by their names; {@code gaps} names what is missing. */
    private List<Log> logs(List<String> gaps) {
        List<Log> logs = new ArrayList<>(List.of(new Log(replicas.own(), Optional.empty(), ledger.ask())));
        Map<String, LedgerReplicas.LedgerReplica> copies = replicas.all();
        gaps.addAll(replicas.hung());
        try {
            marks.putAll(others.get());
        } catch (RuntimeException _) { // of the store
            gaps.add("The store cannot be read, so receipts of other gateways may be missing here.");
        }
        Map<String, KnownLog> all = new TreeMap<>(marks);
        copies.forEach((name, copy) -> all.putIfAbsent(name, new KnownLog(copy.size(), "")));
        all.forEach((name, mark) -> {
            LedgerReplicas.LedgerReplica copy = copies.get(name);
            try {
                if (copy == null) {
                    gaps.add("The receipts of `" + name
                            + "` are missing here: no copy of its log can be read below `replicas`.");
                    return;
                }
                Path at = copy.directory().resolve("segments"); // its checkpoint is found also while much is read
                logs.add(new Log(name, Optional.of(at), replicas.ask(at, () -> search(copy, mark.key()))));
                if (copy.size() < mark.size()) {
                    gaps.add("The latest " + (mark.size() - copy.size()) + " receipts or more of `" + name
                            + "` are missing here: the copy of its log ends at "
                            + (copy.size() == 0 ? "its beginning" : replicas.ask(at, copy::newest)) + ".");
                }
            } catch (IOException | RuntimeException e) { // whatever lies there
                gaps.add(missing(name, e));
            }
        });
        logs.sort(Comparator.comparing(Log::node));
        return logs;
    }

    private ReceiptSearch search(LedgerReplicas.LedgerReplica copy, String key)
            throws IOException, BadSignatureException {
        if (key.isEmpty()) {
            throw new LedgerCorruptException("the store does not name its key");
        }
        StaticLog signed = StaticLog.open(copy.directory(), List.of(VerifierKey.parse(key)));
        ReceiptIndex index = open.get(copy.origin());
        if (index == null) {
            Files.createDirectories(indexes);
            index = ReceiptIndex.open(indexes.resolve(
                    HexFormat.of().formatHex(copy.origin().getBytes(StandardCharsets.UTF_8)) + ".index"));
            open.put(copy.origin(), index);
        }
        long size = signed.checkpoint().size();
        long whole = size - size % Tile.WIDTH;
        if (index.size() > whole) {
            open.remove(copy.origin());
            index.close(); // or its removal would be seen only after a restart
            throw new LedgerCorruptException("it is shorter than it was; if that is right, remove `" + indexes + "`");
        }
        while (index.size() < whole) {
            index.add(read(copy, index.size(), Math.min(whole, index.size() + BATCH), signed));
        }
        return new ReceiptSearch(copy.directory(), index, read(copy, whole, size, signed), Optional.of(signed));
    }

    private static List<CommittedReceipt> read(LedgerReplicas.LedgerReplica copy, long from, long to, StaticLog signed)
            throws IOException {
        List<Receipt> all = ReceiptSearch.ReceiptScan.all(copy.directory(), from, to);
        List<CommittedReceipt> receipts = new ArrayList<>();
        for (int i = 0; i < all.size(); i += Tile.WIDTH) {
            ReceiptSearch.requireSigned(signed, from + i, all.subList(i, Math.min(all.size(), i + Tile.WIDTH)));
        }
        all.forEach(receipt -> receipts.add(new CommittedReceipt(
                from + receipts.size(),
                LogEntry.of(receipt, receipt.canonical()),
                new CommittedReceipt.FramePosition(0, 0, 0))));
        return receipts;
    }

    @Override
    public synchronized void close() throws IOException {
        for (ReceiptIndex index : open.values()) {
            index.close();
        }
    }
}
