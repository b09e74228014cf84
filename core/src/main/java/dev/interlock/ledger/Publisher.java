package dev.interlock.ledger;

import dev.interlock.evidence.Note;
import dev.interlock.evidence.Segment;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.Tile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Derives what others read from durable receipts: tiles, entry bundles, the index, and last the signed checkpoint.
 *
 * <p>Threading: the committer hands receipts over; one platform thread does the rest. Its failures do not harm the
 * commit path: receipts that could not be written stay in memory, and are tried again.
 */
final class Publisher implements Closeable {

    /** Minimum time between two checkpoints: twenty a second were a twentieth of the cost of all reads. */
    static final Duration DEFAULT_INTERVAL = Duration.ofMillis(200);

    /** The number of waiting receipts that ends the pause: half of what may wait. */
    static final int MANY = 8 * Tile.WIDTH;

    /** The pause after a failure, for example of a full disk. */
    private static final Duration RETRY = Duration.ofMillis(500);

    private final LedgerConfig config;
    private final LogKey key;
    private final ReceiptIndex index;
    private final PublishedLog log;
    private final Consumer<Publication> then;
    private final Consumer<List<CommittedReceipt>> followers;
    private final Thread thread;

    /** Durable receipts that the index lacks, oldest first, with those of the last bundle. Guarded by {@link #lock}. */
    private final Deque<CommittedReceipt> tail;

    /** The number of durable receipts. Guarded by {@link #lock}. */
    private long durable;

    private final Object lock = new Object();

    /** The number of receipts that {@link #log} has taken; owned by the thread. */
    private long staged;

    /** The place of the last of them; owned by the thread. */
    private CommittedReceipt.FramePosition end;

    /** The segments before this one are compressed, or are left to the next start; owned by the thread. */
    private long compressed;

    /** True until the first round after a start, because more receipts may have been found than were published. */
    private boolean due = true;

    /** The partial files on the disk. At first all that earlier processes left, some of them perhaps damaged. */
    private Set<String> before;

    private Set<String> previous = Set.of();
    private volatile long published;
    private volatile boolean closing;
    private volatile boolean ended;
    private volatile @Nullable String failing;

    Publisher(
            LedgerConfig config,
            LogKey key,
            ReceiptIndex index,
            LedgerRecovery.RecoveredLedger found,
            Consumer<Publication> then,
            Consumer<List<CommittedReceipt>> followers)
            throws IOException {
        this.config = config;
        this.key = key;
        this.index = index;
        this.log = found.log();
        this.then = then;
        this.followers = followers;
        this.published = found.published();
        this.staged = log.size();
        this.tail = new ArrayDeque<>(found.edge());
        this.durable = log.size();
        this.end = found.end();
        this.compressed = end.segment();
        this.before = new DerivedFiles(config.evidence()).partials(log.size());
        this.thread = Thread.ofPlatform().daemon().name("ledger-publish").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    long published() {
        return published;
    }

    boolean isAlive() {
        return !ended;
    }

    Optional<String> failing() {
        return Optional.ofNullable(failing);
    }

    /** Takes receipts that have become durable, in order. */
    void accept(List<CommittedReceipt> committed) {
        synchronized (lock) {
            long before = durable - published;
            tail.addAll(committed);
            durable += committed.size();
            if (before == 0 || (before < MANY && durable - published >= MANY)) {
                lock.notifyAll(); // otherwise the thread would be woken for each group, and go on waiting
            }
        }
    }

    List<CommittedReceipt> tail() {
        synchronized (lock) {
            return List.copyOf(tail);
        }
    }

    /** Waits until the checkpoint covers {@code leaf}; false if that takes longer than {@code patience}. */
    boolean await(long leaf, Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        synchronized (lock) {
            while (published <= leaf) {
                long left = (deadline - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    return false;
                }
                lock.wait(left);
            }
            return true;
        }
    }

    private void run() {
        while (true) {
            boolean last = closing;
            try {
                publish();
                failing = null;
                Threads.pause(lock, () -> closing || durable - published >= MANY, DEFAULT_INTERVAL);
            } catch (IOException | RuntimeException e) {
                failing = String.valueOf(e.getMessage());
                Threads.pause(lock, () -> closing, last ? Duration.ZERO : RETRY);
            } catch (Error e) {
                // An interrupted round cannot be repeated: the next start reads everything anew.
                failing = "an error of the Java runtime ended it";
                ended = true;
                throw e;
            }
            if (last) {
                return;
            }
            awaitWork();
        }
    }

    private void awaitWork() {
        synchronized (lock) {
            while (durable == published && !due && !closing) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    return;
                }
            }
        }
    }

    /** Runs one round. After any failure, the next round does all of it again. */
    void publish() throws IOException {
        List<CommittedReceipt> fresh = fresh();
        if (fresh.isEmpty() && !due) {
            return;
        }
        for (CommittedReceipt committed : fresh) {
            if (committed.leaf() >= staged) {
                log.add(committed.leaf(), committed.entry().bytes());
                staged = committed.leaf() + 1;
                end = committed.place();
            }
        }
        Map<String, byte[]> full = log.full();
        Map<String, byte[]> partials = log.partials();
        // Full files must be durable, because nobody checks them again. Every start checks the partial ones.
        new DerivedFiles(config.evidence()).write(full);
        for (Map.Entry<String, byte[]> file : partials.entrySet()) {
            DiskFile.replace(config.evidence().resolve(file.getKey()), file.getValue());
        }
        log.written(full);
        // Only now: the index names bundles, and a question reads them.
        index.add(whole());
        // The receipts were durable before they came here. So the checkpoint's promise holds after any crash, and two
        // checkpoints can never contradict each other.
        Note note = key.sign(log.checkpoint(config.origin()));
        DiskFile.replace(config.evidence().resolve(StaticLog.CHECKPOINT), note.write());
        finish(fresh, new Publication(log.size(), end, partials, note, witnessed()));
    }

    /** Returns what witnesses have cosigned, for the replica: no more than is published by now. */
    private Map<String, byte[]> witnessed() throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        for (LedgerConfig.WitnessEndpoint witness :
                config.replica().isEmpty() && config.bucket().isEmpty()
                        ? List.<LedgerConfig.WitnessEndpoint>of()
                        : config.witnesses()) {
            String file = witness.key().file();
            if (Files.exists(config.evidence().resolve(file))) {
                files.put(file, Files.readAllBytes(config.evidence().resolve(file)));
            }
        }
        return files;
    }

    private List<CommittedReceipt> fresh() {
        synchronized (lock) {
            return tail.stream()
                    .filter(committed -> committed.leaf() >= published)
                    .toList();
        }
    }

    private List<CommittedReceipt> whole() {
        long end = staged - staged % Tile.WIDTH;
        synchronized (lock) {
            return tail.stream().takeWhile(committed -> committed.leaf() < end).toList();
        }
    }

    private void finish(List<CommittedReceipt> fresh, Publication publication) throws IOException {
        long end = staged - staged % Tile.WIDTH;
        synchronized (lock) {
            while (!tail.isEmpty() && tail.getFirst().leaf() < end) {
                tail.removeFirst();
            }
            published = publication.size();
            due = false;
            lock.notifyAll();
        }
        followers.accept(fresh);
        try {
            compressSegments();
        } finally {
            then.accept(publication);
        }
        forget(publication.partials().keySet());
    }

    /** Compresses what is full: a receipt in a later segment is durable, so nothing is appended to it. */
    private void compressSegments() throws IOException {
        for (long first : end.segment() > compressed ? LedgerRecovery.segments(config.evidence()) : List.<Long>of()) {
            if (first >= compressed && first < end.segment()) {
                SegmentBytes.compress(config.evidence().resolve("segments").resolve(Segment.fileName(first)));
            }
        }
        compressed = end.segment();
    }

    /** Deletes narrower partial files, except those of the checkpoint before: somebody may be reading by it. */
    private void forget(Set<String> now) throws IOException {
        Set<String> old = new TreeSet<>(before);
        old.removeAll(previous);
        old.removeAll(now);
        new DerivedFiles(config.evidence()).delete(old);
        before = previous;
        previous = Set.copyOf(now);
    }

    /** Publishes all receipts, and stops. */
    @Override
    public void close() {
        synchronized (lock) {
            closing = true;
            lock.notifyAll();
        }
        Threads.join(thread);
    }

    /** The last publication, for the replica to copy. */
    record Publication(
            long size,
            CommittedReceipt.FramePosition end,
            Map<String, byte[]> partials,
            Note checkpoint,
            Map<String, byte[]> witnessed) {}
}
