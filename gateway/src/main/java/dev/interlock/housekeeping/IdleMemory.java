package dev.interlock.housekeeping;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Gives back the memory that a load has left, once no receipt came for a minute: the heap shrinks only in a full
 * collection, which stops all calls for a tenth of a second. To be run every few seconds, by one thread.
 */
public final class IdleMemory implements Runnable {
    static final Duration IDLE = Duration.ofMinutes(1);
    private static final long WORTH = 16 << 20; // the bytes of growth that are worth a collection

    private final LongSupplier receipts;
    private final LongSupplier heap;
    private final LongSupplier nanos;
    private final Runnable collector;
    private long seen = -1;
    private long since;
    private long answered = -1;
    private long lives; // what the heap had when nothing could be given back

    /** Each call adds to {@code receipts}; {@code heap} says how many bytes the heap has of the system. */
    public IdleMemory(LongSupplier receipts, LongSupplier heap, LongSupplier nanos, Runnable collector) {
        this.receipts = receipts;
        this.heap = heap;
        this.nanos = nanos;
        this.collector = collector;
        lives = heap.getAsLong();
    }

    @Override
    public void run() {
        lives = Math.min(lives, heap.getAsLong());
        if (receipts.getAsLong() != seen) {
            seen = receipts.getAsLong();
            since = nanos.getAsLong();
        } else if (seen != answered && nanos.getAsLong() - since >= IDLE.toNanos() && heap.getAsLong() - lives >= WORTH) {
            answered = seen; // once in each idle time, whatever it brings
            collector.run();
            lives = heap.getAsLong();
        }
    }
}
