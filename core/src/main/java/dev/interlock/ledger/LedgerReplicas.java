package dev.interlock.ledger;

import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Checkpoint;
import dev.interlock.evidence.CompactRange;
import dev.interlock.evidence.Hash;
import dev.interlock.evidence.LogReport;
import dev.interlock.evidence.LogVerifier;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Note;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.Tile;
import dev.interlock.evidence.VerifierKey;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The ledgers of the other gateways of a store, as copies of them in one directory have them. Nothing is written there.
 * Each may be a disk of a network that hangs: nobody waits for it longer than a patience. Threading: any.
 */
public final class LedgerReplicas {

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Optional<Path> directory;
    private final String own;
    private final Map<Path, Future<?>> unanswered = new ConcurrentHashMap<>();

    /** {@code own} is the ledger that is not another one's. */
    public LedgerReplicas(Optional<Path> directory, String own) {
        this.directory = directory;
        this.own = own;
    }

    public Optional<Path> directory() {
        return directory;
    }

    public String own() {
        return own;
    }

    /** Returns what was asked in vain, and still does not answer, in whole sentences. */
    public List<String> hung() {
        unanswered.values().removeIf(Future::isDone);
        return unanswered.keySet().stream().map(LedgerReplicas::silent).toList();
    }

    /** Returns the copies by the names of their ledgers. What is no copy, or cannot be read, is left out. */
    public Map<String, LedgerReplica> all() {
        Map<String, LedgerReplica> found = new TreeMap<>();
        // Nothing is asked of what is inside before its name is known: each may be a disk of its own.
        for (Path each : directory.flatMap(at -> tell(at, () -> inside(at))).orElse(List.of())) {
            for (Path log : tell(each, () -> StaticLog.below(each)).orElse(List.of())) {
                tell(log, () -> LedgerReplica.at(log))
                        .ifPresent(copy -> found.merge(
                                copy.origin(), copy, (one, other) -> one.size() < other.size() ? other : one));
            }
        }
        found.remove(own);
        return found;
    }

    private static List<Path> inside(Path at) throws IOException {
        try (Stream<Path> all = Files.list(at)) {
            return Files.exists(at.resolve(StaticLog.CHECKPOINT)) ? List.of(at) : all.toList();
        }
    }

    /** What cannot be read says nothing of whose it is. A ledger that lacks its copy is missed by its name. */
    private <T> Optional<T> tell(Path at, Callable<T> question) {
        try {
            return Optional.of(ask(at, question));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    /** Returns what {@code question} finds out about the copy in {@code at}, unless the disk hangs. */
    <T> T ask(Path at, Callable<T> question) throws IOException {
        FutureTask<T> task = new FutureTask<>(question);
        Future<?> before = unanswered.get(at);
        try {
            if (before == null || before.isDone()) {
                Thread.ofPlatform().daemon().name("replica").start(task);
                return task.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
        } catch (TimeoutException _) {
            unanswered.put(at, task);
        } catch (ExecutionException e) {
            Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            throw new IOException(cause.getMessage(), cause);
        } catch (InterruptedException e) {
            unanswered.put(at, task); // or each caller that gives up would leave a thread behind
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        throw new IOException(silent(at));
    }

    private static String silent(Path at) {
        return "`" + at + "` does not answer: its disk hangs, or much of it is read for the first time.";
    }

    /**
     * A copy of a ledger.
     *
     * @param size the receipts that its checkpoint covers, which may be fewer than the ledger has
     */
    public record LedgerReplica(String origin, Path directory, long size) {

        /** Finds the copy in {@code directory}. Nothing is verified. */
        public static LedgerReplica at(Path directory) throws IOException {
            Note note = Note.read(Files.readAllBytes(directory.resolve(StaticLog.CHECKPOINT)));
            Checkpoint checkpoint = Checkpoint.read(note.text());
            return new LedgerReplica(checkpoint.origin(), directory, checkpoint.size());
        }

        /**
         * Verifies every receipt by the ledger's {@code key}; throws an exception that says what is wrong. Files that
         * are made from the receipts may be missing: its gateway replaces them while it goes on.
         */
        public LogReport verify(VerifierKey key) throws IOException {
            LogReport report = new LogVerifier(List.of(key), Map.of()).verify(directory, Optional.empty());
            if (report.checkpoint().size() < size) {
                throw new LedgerCorruptException("the copy of the ledger `" + origin + "` in `" + directory
                        + "` does not have its " + size + " receipts any more");
            }
            if (!report.isCrashPossible()) {
                throw new LedgerCorruptException("the copy of the ledger `" + origin + "` in `" + directory
                        + "` is not sound: " + report.problems().getFirst());
            }
            return report;
        }

        /**
         * Hands over the receipts from leaf {@code from} on, in order. They are proved once it returns: with the hashes
         * of what lies before them, which is not read, they lead to the root that the ledger's {@code key} signed. It
         * ends when its thread is interrupted.
         *
         * @return how many receipts the signed checkpoint covers
         */
        public long readProved(VerifierKey key, long from, Consumer<Receipt> receipts) throws IOException {
            try {
                StaticLog log = StaticLog.open(directory, List.of(key));
                long end = log.checkpoint().size();
                CompactRange range = before(log, from - from % Tile.WIDTH);
                ReceiptSearch.ReceiptScan.read(directory, range.size(), end, receipt -> {
                    requireWanted();
                    if (range.size() >= from) {
                        receipts.accept(receipt);
                    }
                    range.append(Hash.leaf(receipt.canonical()));
                });
                if (log.checkpoint().origin().equals(origin)
                        && end >= size
                        && range.size() == end
                        && range.root().equals(log.checkpoint().root())) {
                    return end;
                }
            } catch (BadSignatureException | MalformedException e) {
                throw new LedgerCorruptException("the copy of the ledger `" + origin + "` is not sound", e);
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
            throw new LedgerCorruptException("the copy of the ledger `" + origin + "` in `" + directory
                    + "` does not lead to what its gateway has signed");
        }

        private static CompactRange before(StaticLog log, long start) {
            try {
                return log.compactRange(start);
            } catch (UncheckedIOException | MalformedException _) {
                return new CompactRange(); // a power cut took the hashes: all receipts are read
            }
        }

        private static void requireWanted() {
            if (Thread.currentThread().isInterrupted()) {
                throw new UncheckedIOException(new InterruptedIOException("nobody waits for it any more"));
            }
        }

        /** Hands over the receipts from leaf {@code from} on, in order. */
        public void read(long from, Consumer<Receipt> receipts) throws IOException {
            ReceiptSearch.ReceiptScan.read(directory, from, size, receipts);
        }

        public Instant newest() throws IOException {
            List<Instant> last = new ArrayList<>();
            read(size - 1, receipt -> last.add(receipt.at()));
            return last.getLast();
        }

        /** Returns the intents that have no outcome there, and did not get one from another gateway. */
        public List<Receipt> openIntents(VerifierKey key) throws IOException {
            Set<String> open = new HashSet<>(verify(key).openIntents());
            List<Receipt> intents = new ArrayList<>();
            read(0, receipt -> {
                if (open.contains(receipt.id())) {
                    intents.add(receipt);
                }
            });
            return intents;
        }
    }
}
