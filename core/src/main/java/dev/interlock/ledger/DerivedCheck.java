package dev.interlock.ledger;

import dev.interlock.evidence.Checkpoint;
import dev.interlock.evidence.CompactRange;
import dev.interlock.evidence.Segment;
import dev.interlock.evidence.TileBuilder;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Compares the full tiles and entry bundles with the segments, once after a start. Those that differ are made again,
 * but only if the segments lead to the signed root: otherwise they are evidence. What an older version left
 * uncompressed, or a stop between two steps, is compressed.
 *
 * <p>Threading: one platform thread. Nothing waits for it.
 */
final class DerivedCheck implements Closeable {

    /** The bytes after which it pauses, so that calls have the disk to themselves. */
    private static final long AT_ONCE = 1L << 20;

    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final System.Logger LOG = System.getLogger(DerivedCheck.class.getName());

    private final Path evidence;
    private final DerivedFiles files;
    private final Optional<Checkpoint> checkpoint;
    private final long open;
    private final List<String> madeAgain = new CopyOnWriteArrayList<>();
    private final Object lock = new Object();
    private final Thread thread;
    private volatile boolean closing;
    private volatile @Nullable String damage;

    /** Begins with what {@code found} was at the start: its checkpoint, and the segment that is written to. */
    DerivedCheck(Path evidence, LedgerRecovery.RecoveredLedger found) {
        this.evidence = evidence;
        this.files = new DerivedFiles(evidence);
        this.checkpoint = found.checkpoint();
        this.open = found.end().segment();
        this.thread = Thread.ofPlatform().daemon().name("ledger-check").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    List<String> madeAgain() {
        return List.copyOf(madeAgain);
    }

    Optional<String> damage() {
        return Optional.ofNullable(damage);
    }

    private void run() {
        try {
            if (checkpoint.isPresent()) {
                check(checkpoint.get());
            }
        } catch (LedgerCorruptException e) {
            damage = String.valueOf(e.getMessage());
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "the files of the ledger could not be compared: {0}", e.getMessage());
        }
    }

    private void check(Checkpoint promise) throws IOException {
        Set<String> differing = new TreeSet<>();
        boolean whole = walk(promise, (path, bytes) -> {
            if (!files.has(path, bytes)) {
                differing.add(path);
            } else if (files.isUncompressed(path)) {
                files.write(Map.of(path, bytes));
            }
        });
        // Only now is it certain that the segments lead to the root.
        if (whole && !differing.isEmpty()) {
            walk(promise, (path, bytes) -> {
                if (differing.contains(path)) {
                    files.write(Map.of(path, bytes));
                    madeAgain.add(path);
                }
            });
        }
    }

    private interface FullFiles {
        void accept(String path, byte[] bytes) throws IOException;
    }

    /** Derives the full files up to {@code promise}; false if it was closed meanwhile. */
    private boolean walk(Checkpoint promise, FullFiles full) throws IOException {
        PublishedLog log = new PublishedLog(new TileBuilder(), new CompactRange());
        log.promise(promise);
        long read = 0;
        for (long first : LedgerRecovery.segments(evidence)) {
            Path file = evidence.resolve("segments").resolve(Segment.fileName(first));
            Segment segment = new Segment(SegmentBytes.read(file), first);
            Segment.Frame frame = segment.next();
            while (frame.found() == Segment.FrameState.FRAME && log.size() < promise.size()) {
                log.add(frame.index(), segment.entry(frame));
                Map<String, byte[]> made = log.full();
                for (Map.Entry<String, byte[]> one : made.entrySet()) {
                    full.accept(one.getKey(), one.getValue());
                }
                log.written(made);
                read += frame.length();
                frame = segment.next();
                if (closing || (read > AT_ONCE && !Threads.pause(lock, () -> closing, PAUSE))) {
                    return false;
                }
                read = read > AT_ONCE ? 0 : read;
            }
            if (first < open && frame.found() == Segment.FrameState.END) {
                SegmentBytes.compress(file);
            }
            if (log.size() >= promise.size()) {
                return true;
            }
        }
        throw new LedgerCorruptException(
                "the receipts from leaf " + log.size() + " on are damaged, although a signed checkpoint covers them");
    }

    @Override
    public void close() {
        synchronized (lock) {
            closing = true;
            lock.notifyAll();
        }
        Threads.join(thread);
    }
}
