package dev.interlock.housekeeping;

import java.util.function.LongSupplier;

/**
 * Gives back the memory that a load has left, once no receipt came for a minute: the heap shrinks only in a full
 * collection, which stops all calls for a tenth of a second. To be run every five seconds, by one thread.
 */
public final class IdleMemory implements Runnable {
    static final int STILL = 12; // the runs of that minute
    private static final long WORTH = 16 << 20; // the bytes of growth that are worth a collection
    private final LongSupplier receipts;
    private final LongSupplier heap;
    private final Runnable collector;
    private long seen = -1;
    private int still;
    private long lives; // what the heap had when nothing could be given back

    /** Each call adds to {@code receipts}; {@code heap} says how many bytes the heap has of the system. */
    public IdleMemory(LongSupplier receipts, LongSupplier heap, Runnable collector) {
        this.receipts = receipts;
        this.heap = heap;
        this.collector = collector;
        lives = heap.getAsLong();
    }

    @Override
    public void run() {
        long now = receipts.getAsLong();
        still = now == seen ? Math.min(still + 1, STILL + 1) : 0;
        seen = now;
        lives = Math.min(lives, heap.getAsLong());
        if (still == STILL && heap.getAsLong() - lives >= WORTH) { // once in each idle time
            collector.run();
            lives = heap.getAsLong();
        }
    }
}
