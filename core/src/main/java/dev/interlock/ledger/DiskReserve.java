package dev.interlock.ledger;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Watches the free space where the ledger writes, and reserves the last of it for people's acts and outcomes. The file
 * system is queried only now and then. Threading: any.
 */
final class DiskReserve {

    /** Free bytes below which people are warned: normal work needs months to fill them, many requests an hour. */
    static final long LITTLE = 1L << 30;

    /**
     * The reserved bytes. Receipts that pass before the limit is noticed, and the outcomes of calls in flight, are 32
     * MiB at most. The tiles hold them once more, and the next segment takes 16 MiB at once. The rest is for people.
     */
    static final long KEPT = 128L << 20;

    /** Bytes written between two queries: little compared with the reserve, and many groups. */
    static final long BYTES = 4L << 20;

    private static final long AGE = TimeUnit.SECONDS.toNanos(1);

    private final List<Path> places;
    private final DiskSpaceProbe disks;
    private final LongSupplier nanos;
    private final AtomicLong written = new AtomicLong();
    private final Object lock = new Object();
    private volatile long asked;
    private volatile long left;

    DiskReserve(List<Path> places, DiskSpaceProbe disks, LongSupplier nanos) {
        this.places = places;
        this.disks = disks;
        this.nanos = nanos;
        ask();
    }

    /** Counts {@code bytes} that have become durable. */
    void written(long bytes) {
        written.addAndGet(bytes);
    }

    /** Returns the free bytes now; {@link Long#MAX_VALUE} if unknown. */
    long freeBytes() {
        ask();
        return left;
    }

    Optional<String> refusing() {
        if (isDue()) {
            synchronized (lock) {
                if (isDue()) { // of many threads at once, one queries
                    ask();
                }
            }
        }
        return why(left);
    }

    private boolean isDue() {
        return written.get() >= BYTES || nanos.getAsLong() - asked >= AGE;
    }

    static Optional<String> why(long left) {
        return left >= KEPT
                ? Optional.empty()
                : Optional.of("only " + (left >> 20) + " MiB are left on its disk, and " + (KEPT >> 20)
                        + " MiB are reserved for people's commands and for outcomes");
    }

    private void ask() {
        synchronized (lock) {
            written.set(0);
            asked = nanos.getAsLong();
            left = places.stream().mapToLong(this::room).min().orElse(Long.MAX_VALUE);
        }
    }

    /** Returns the free bytes at {@code place}. An unknown number blocks nothing: a full disk refuses by itself. */
    private long room(Path place) {
        try {
            return disks.freeBytes(place);
        } catch (IOException e) {
            return Long.MAX_VALUE;
        }
    }

    interface DiskSpaceProbe {

        DiskSpaceProbe REAL = new DiskSpaceProbe() {
            @Override
            public Object of(Path path) throws IOException {
                return Files.getAttribute(there(path), "unix:dev");
            }

            @Override
            public long freeBytes(Path path) throws IOException {
                FileStore store = Files.getFileStore(there(path));
                // Some network file systems do not know their size, and report zero.
                return store.getTotalSpace() > 0 ? store.getUsableSpace() : Long.MAX_VALUE;
            }

            private static Path there(Path path) {
                Path at = path.toAbsolutePath();
                while (!Files.exists(at) && at.getParent() != null) {
                    at = at.getParent();
                }
                return at;
            }
        };

        /** Equal for paths on one disk. For a missing path it is the disk on which it would be made. */
        Object of(Path path) throws IOException;

        /** Returns how many bytes this process can still write there. */
        long freeBytes(Path path) throws IOException;
    }
}
