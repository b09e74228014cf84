package dev.interlock.ledger;

import dev.interlock.evidence.Checkpoint;
import dev.interlock.evidence.LogReport;
import dev.interlock.evidence.LogVerifier;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Note;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.VerifierKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * The ledgers of the other gateways of a store, as copies of them in one directory have them. Nothing is written there.
 *
 * <p>Each copy may lie on a network's disk that hangs. It is asked on a thread of its own, and nobody waits for it longer
 * than a patience. Threading: any.
 */
public final class LedgerReplicas {

    /** How long people wait. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final Optional<Path> directory;
    private final String own;
    private final Map<Path, ThreadPoolExecutor> threads = new ConcurrentHashMap<>();
    private final Set<Path> hung = new ConcurrentSkipListSet<>();

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

    /** Returns what below the directory was asked in vain, and still does not answer. */
    public List<Path> hung() {
        hung.removeIf(at -> threads.get(at).getActiveCount() == 0);
        return List.copyOf(hung);
    }

    /** Returns the copies by the names of their ledgers. What is no copy, or cannot be read, is left out. */
    public Map<String, LedgerReplica> all() {
        return all(PATIENCE);
    }

    /** Returns those that answer within {@code patience}. */
    public Map<String, LedgerReplica> all(Duration patience) {
        Map<String, LedgerReplica> found = new TreeMap<>();
        try {
            Map<Path, Future<List<LedgerReplica>>> asked = new TreeMap<>();
            for (Path each : directory.isEmpty() ? List.<Path>of() : inside(directory.get(), patience)) {
                begin(each, () -> LedgerReplica.below(each)).ifPresent(answer -> asked.put(each, answer));
            }
            long end = System.nanoTime() + patience.toNanos();
            asked.forEach((each, answer) -> {
                try {
                    Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
                    await(each, answer, left, () -> 0)
                            .forEach(copy -> found.merge(
                                    copy.origin(), copy, (one, other) -> one.size() < other.size() ? other : one));
                } catch (IOException _) {
                    // A ledger that lacks its copy is missed by its name.
                }
            });
        } catch (IOException _) {
            found.clear(); // the disk is gone, and with it all of them
        }
        found.remove(own);
        return found;
    }

    /** Nothing is asked of what is inside: each may be a disk of its own. */
    private List<Path> inside(Path at, Duration patience) throws IOException {
        Callable<List<Path>> names = () -> {
            if (Files.exists(at.resolve(StaticLog.CHECKPOINT))) {
                return List.of(at);
            }
            try (Stream<Path> all = Files.list(at)) {
                return all.toList();
            }
        };
        return ask(at, patience, () -> 0, names);
    }

    /**
     * Returns what {@code question} finds out about the copy in {@code at}; throws if no answer comes, and {@code steps}
     * does not grow.
     */
    <T> T ask(Path at, LongSupplier steps, Callable<T> question) throws IOException {
        return ask(at, PATIENCE, steps, question);
    }

    private <T> T ask(Path at, Duration patience, LongSupplier steps, Callable<T> question) throws IOException {
        return await(at, begin(at, question).orElseThrow(() -> silent(at)), patience, steps);
    }

    private <T> Optional<Future<T>> begin(Path at, Callable<T> question) {
        ThreadPoolExecutor thread = threads.computeIfAbsent(at, LedgerReplicas::thread);
        return hung().contains(at) ? Optional.empty() : Optional.of(thread.submit(question));
    }

    private <T> T await(Path at, Future<T> answer, Duration patience, LongSupplier steps) throws IOException {
        for (long before = -1; before < steps.getAsLong(); ) {
            before = steps.getAsLong();
            try {
                return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException _) {
                // It may be reading much.
            } catch (ExecutionException e) {
                throw new IOException(e.getCause().getMessage(), e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
        hung.add(at);
        answer.cancel(false);
        throw silent(at);
    }

    private static IOException silent(Path at) {
        return new IOException("`" + at + "` does not answer: its disk hangs");
    }

    private static ThreadPoolExecutor thread(Path at) {
        ThreadPoolExecutor thread = new ThreadPoolExecutor(
                1,
                1,
                1,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("replica " + at).factory());
        thread.allowCoreThreadTimeOut(true);
        return thread;
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

        private static List<LedgerReplica> below(Path directory) throws IOException {
            List<LedgerReplica> found = new ArrayList<>();
            for (Path log : StaticLog.below(directory)) {
                try {
                    found.add(at(log));
                } catch (IOException | MalformedException _) {
                    // Nothing says whose it is. A ledger that lacks its copy is missed by its name.
                }
            }
            return found;
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

        /** Hands over the receipts from leaf {@code from} on, in order. */
        public void read(long from, Consumer<Receipt> receipts) throws IOException {
            ReceiptSearch.ReceiptScan.read(directory, from, size, entry -> receipts.accept(entry.receipt()));
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
