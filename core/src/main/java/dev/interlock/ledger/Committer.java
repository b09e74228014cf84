package dev.interlock.ledger;

import dev.interlock.action.LoopThreads;
import dev.interlock.evidence.Receipt;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes receipts durable, many with one sync. A thread that brings more than may wait waits for room; a receipt that an
 * earlier one is owed needs none.
 *
 * <p>Threading: any thread hands receipts over; one platform thread owns the journal. While it waits for the disk, the
 * next group gathers.
 */
final class Committer implements Closeable {

    private static final int MAX_GROUP = 512;

    /** Two groups, one of them on its way to the disk: at the limit of a receipt 16 MiB. */
    static final int MAX_WAITING = 2 * MAX_GROUP;

    /** Maximum receipts that a checkpoint may lag behind, in memory: at the limit of a receipt 64 MiB. */
    static final long MAX_UNPUBLISHED = 4096;

    /** Maximum time that a receipt waits for the checkpoint. A burst is no failure, but a stopped publisher is. */
    static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(5);

    /** Well under the time of one sync, and no load on the machine. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Maximum time that owed receipts wait for one that somebody awaits, whose sync they share. */
    private static final long OWED_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private record PendingEntry(LogEntry entry, boolean isOwed, CompletableFuture<Void> done, Thread waiting) {

        void commit() {
            done.complete(null);
            wake();
        }

        void fail(Throwable cause) {
            done.completeExceptionally(cause);
            wake();
        }

        private void wake() {
            if (!isOwed) {
                LockSupport.unpark(waiting);
            }
        }

        void await() throws LedgerUnavailableException {
            while (!done.isDone()) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new LedgerUnavailableException("interrupted while the receipt became durable");
                }
                LoopThreads.park();
            }
            if (done.isCompletedExceptionally()) {
                throw new LedgerUnavailableException("the receipt could not be made durable", done.exceptionNow());
            }
        }
    }

    private final Journal journal;
    private final Consumer<List<CommittedReceipt>> then;
    private final LongSupplier published;
    private final BooleanSupplier publishing;
    private final Duration patience;
    private final DiskReserve reserve;

    /** An empty element is the last. Bounded by {@link #room}, and by the number of owed receipts. */
    private final BlockingQueue<Optional<PendingEntry>> queue = new LinkedBlockingQueue<>();

    /** Permits for receipts that are not durable yet, in the order of their arrival. */
    private final Semaphore room = new Semaphore(MAX_WAITING, true);

    /** What the latest receipts share in memory. */
    private final Map<Object, Object> latest = new ConcurrentHashMap<>();

    private final Thread thread;

    /** Guards that nothing enters the queue after the last element. */
    private final Object gate = new Object();

    /** The reason for refusing everything. Set once, under the gate. */
    private volatile @Nullable String refusing;

    private volatile long size;

    /** {@code then} receives receipts once they are durable, in order, before their callers return. */
    Committer(
            Journal journal,
            Consumer<List<CommittedReceipt>> then,
            LongSupplier published,
            BooleanSupplier publishing,
            Duration patience,
            DiskReserve reserve) {
        this.journal = journal;
        this.then = then;
        this.published = published;
        this.publishing = publishing;
        this.patience = patience;
        this.reserve = reserve;
        this.size = journal.size();
        this.thread = Thread.ofPlatform().daemon().name("ledger-commit").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    long size() {
        return size;
    }

    /** Returns why {@link #append} refuses at the moment, if it does; also used for the status. */
    Optional<String> refusing() {
        String forGood = refusing;
        if (forGood != null) {
            return Optional.of(forGood);
        }
        if (!publishing.getAsBoolean()) {
            return Optional.of("the checkpoint no longer advances");
        }
        // Receipts that waited together may pass together, and each is owed an outcome.
        return size - published.getAsLong() > MAX_UNPUBLISHED + 2 * MAX_WAITING
                ? Optional.of("the checkpoint has not advanced for too long")
                : Optional.empty();
    }

    void append(Receipt receipt) throws LedgerUnavailableException {
        long start = System.nanoTime();
        try {
            if (!room.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new LedgerUnavailableException("too many receipts are waiting for the disk");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LedgerUnavailableException("interrupted while the receipt waited in the queue", e);
        }
        try {
            awaitCheckpoint(start);
            // The entry is made only now, so that receipts that wait earlier hold none in memory.
            enqueue(receipt, false, this::refusing).await();
        } finally {
            room.release();
        }
    }

    /** Enqueues an owed receipt without waiting, as long as anything can be written at all. It is written soon. */
    void appendOwed(Receipt receipt) throws LedgerUnavailableException {
        PendingEntry _ = enqueue(receipt, true, () -> Optional.ofNullable(refusing));
    }

    private PendingEntry enqueue(Receipt receipt, boolean isOwed, Supplier<Optional<String>> refusal)
            throws LedgerUnavailableException {
        LogEntry entry = LogEntry.of(receipt).sharing(latest);
        PendingEntry pending = new PendingEntry(entry, isOwed, new CompletableFuture<>(), Thread.currentThread());
        synchronized (gate) {
            Optional<String> why = refusal.get();
            if (why.isPresent()) {
                throw new LedgerUnavailableException("the ledger accepts no more receipts: " + why.get());
            }
            queue.add(Optional.of(pending));
        }
        return pending;
    }

    /** Slows down the caller while receipts arrive faster than they are published. */
    private void awaitCheckpoint(long start) {
        while (size - published.getAsLong() > MAX_UNPUBLISHED
                && refusing == null
                && publishing.getAsBoolean()
                && System.nanoTime() - start < patience.toNanos()) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void run() {
        List<PendingEntry> group = new ArrayList<>();
        try {
            boolean goOn = true;
            while (goOn) {
                group.clear();
                goOn = gather(group);
                commit(group);
            }
        } catch (IOException | RuntimeException e) {
            fail("writing failed: " + e.getMessage(), group, e);
        } catch (Error e) {
            // Without this, callers would wait for ever. The text is a constant: there may be no memory left.
            fail("writing failed with an error of the Java runtime", group, e);
            throw e;
        }
    }

    /** After a failed sync nobody knows which are durable, and the disk cannot be believed until it was read again. */
    private void fail(String reason, List<PendingEntry> group, Throwable cause) {
        refuse(reason);
        group.forEach(pending -> pending.fail(cause));
        failRest(cause);
    }

    /** Waits for a receipt, and takes those behind it along; false after the last. */
    private boolean gather(List<PendingEntry> group) {
        List<Optional<PendingEntry>> taken = new ArrayList<>();
        taken.add(take(Long.MAX_VALUE).orElseThrow());
        long end = System.nanoTime() + OWED_NANOS;
        Optional<Optional<PendingEntry>> next = Optional.empty();
        do {
            next.ifPresent(taken::add);
            queue.drainTo(taken, MAX_GROUP - taken.size());
            next = taken.size() < MAX_GROUP && isAllOwed(taken) ? take(end - System.nanoTime()) : Optional.empty();
        } while (next.isPresent());
        taken.forEach(pending -> pending.ifPresent(group::add));
        return taken.stream().allMatch(Optional::isPresent);
    }

    private static boolean isAllOwed(List<Optional<PendingEntry>> taken) {
        return taken.stream()
                .allMatch(pending -> pending.filter(PendingEntry::isOwed).isPresent());
    }

    private Optional<Optional<PendingEntry>> take(long nanos) {
        while (true) {
            try {
                return Optional.ofNullable(queue.poll(nanos, TimeUnit.NANOSECONDS));
            } catch (InterruptedException e) {
                // None of our code interrupts this thread, and giving up here would leave callers waiting for ever.
            }
        }
    }

    private void failRest(Throwable cause) {
        List<Optional<PendingEntry>> rest = new ArrayList<>();
        queue.drainTo(rest);
        rest.forEach(pending -> pending.ifPresent(p -> p.fail(cause)));
    }

    private void commit(List<PendingEntry> group) throws IOException {
        if (group.isEmpty()) {
            return;
        }
        List<CommittedReceipt> committed =
                journal.append(group.stream().map(PendingEntry::entry).toList());
        // The commit point. Before it, a crash may leave receipts on disk that no caller knows. From here on every
        // acknowledged receipt is found again.
        size = journal.size();
        reserve.written(
                committed.stream().mapToLong(one -> one.place().length()).sum());
        then.accept(committed);
        group.forEach(PendingEntry::commit);
    }

    private void refuse(String reason) {
        synchronized (gate) {
            refusing = refusing == null ? reason : refusing;
        }
    }

    /** The thread is not interrupted: that would close the file during a write. */
    @Override
    public void close() throws IOException {
        refuse("it is closed");
        queue.add(Optional.empty());
        Threads.join(thread);
        journal.close();
    }
}
