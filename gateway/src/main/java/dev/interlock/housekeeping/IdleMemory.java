package dev.interlock.housekeeping;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Gives back the memory that a load has left, once it is over: the heap shrinks only in a full collection, which stops all
 * calls for a tenth of a second. To be run every few seconds, by one thread.
 */
public final class IdleMemory implements Runnable {

    /** The time without a receipt after which no call is expected soon. */
    static final Duration IDLE = Duration.ofMinutes(1);

    /** The growth that is worth a collection. */
    static final long WORTH = 16 << 20;

    private final LongSupplier receipts;
    private final LongSupplier heap;
    private final LongSupplier nanos;
    private final Runnable collector;
    private long seen = -1;
    private long since;
    private long answered = -1;
    private long lives; // what the heap had when nothing could be given back

    /**
     * @param receipts how many there are: each call writes one
     * @param heap the bytes that the heap has of the system
     */
    public IdleMemory(LongSupplier receipts, LongSupplier heap, LongSupplier nanos, Runnable collector) {
        this.receipts = receipts;
        this.heap = heap;
        this.nanos = nanos;
        this.collector = collector;
        lives = heap.getAsLong();
    }

    @Override
    public void run() {
        long now = nanos.getAsLong();
        long written = receipts.getAsLong();
        lives = Math.min(lives, heap.getAsLong());
        if (written != seen) {
            seen = written;
            since = now;
        } else if (seen != answered && now - since >= IDLE.toNanos() && heap.getAsLong() - lives >= WORTH) {
            answered = seen; // once in each idle time, whatever it brings
            collector.run();
            lives = heap.getAsLong();
        }
    }
}
