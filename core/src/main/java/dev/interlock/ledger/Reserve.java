package dev.interlock.ledger;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * What room is left where the ledger writes. The last of it is kept: however much agents do, what people do to stop
 * them goes on record, and what was begun has its outcome.
 *
 * <p>The file system is asked now and then: for each receipt it would cost more than the receipt.
 *
 * <p>Threading: any thread; one asks, and the others go by what was found before.
 */
final class Reserve {

    /** What work in progress takes months for, and a flood an hour: time enough for people to make room. */
    static final long LITTLE = 1L << 30;

    /**
     * So much is kept. What passes before it is seen, and the outcomes of what is under way, are 32 MiB at most; the
     * tiles hold it once more, and the next segment takes 16 MiB at once. The rest is for people.
     */
    static final long KEPT = 128L << 20;

    /** Little beside what is kept, and many groups. */
    static final long BYTES = 4L << 20;

    private static final long AGE = TimeUnit.SECONDS.toNanos(1);

    private final List<Path> places;
    private final Disks disks;
    private final LongSupplier nanos;
    private final AtomicLong written = new AtomicLong();
    private final Object lock = new Object();

    private volatile long asked;
    private volatile long left;

    /** @param places where it writes */
    Reserve(List<Path> places, Disks disks, LongSupplier nanos) {
        this.places = places;
        this.disks = disks;
        this.nanos = nanos;
        ask();
    }

    /** So many bytes more are durable. */
    void written(long bytes) {
        written.addAndGet(bytes);
    }

    /** How many bytes there are now; {@link Long#MAX_VALUE} if nobody can say. */
    long left() {
        ask();
        return left;
    }

    /** Why nothing more may be begun, if so; of a moment ago. */
    Optional<String> refusing() {
        if (isDue()) {
            synchronized (lock) {
                if (isDue()) { // of many that came together, one asks
                    ask();
                }
            }
        }
        return why(left);
    }

    private boolean isDue() {
        return written.get() >= BYTES || nanos.getAsLong() - asked >= AGE;
    }

    /** The same, where so many bytes are left. */
    static Optional<String> why(long left) {
        return left >= KEPT
                ? Optional.empty()
                : Optional.of("only " + (left >> 20) + " MiB are left on its disk, and " + (KEPT >> 20)
                        + " MiB are kept for what people do, and for outcomes");
    }

    private void ask() {
        synchronized (lock) {
            written.set(0);
            asked = nanos.getAsLong();
            left = places.stream().mapToLong(this::room).min().orElse(Long.MAX_VALUE);
        }
    }

    /** What nobody can say keeps nobody from anything: a disk that is full refuses by itself. */
    private long room(Path place) {
        try {
            return disks.room(place);
        } catch (IOException e) {
            return Long.MAX_VALUE;
        }
    }
}
