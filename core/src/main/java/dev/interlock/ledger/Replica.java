package dev.interlock.ledger;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A copy of the log at another place, which follows the publisher.
 *
 * <p>Threading: one platform thread copies. A place that is slow or gone only lets the lag grow.
 */
abstract sealed class Replica implements Closeable permits Replicator, BucketReplicator {

    /** Maximum time that {@link #close} waits for the rest; a copy from the beginning may take hours. */
    static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(10);

    private final Duration patience;
    private final Thread thread;
    private final Object lock = new Object();

    /** The newest publication that is not yet copied. Guarded by {@link #lock}. */
    private Publisher.@Nullable Publication next;

    private boolean closing;

    /** When a copy gives up while {@link #closing}, by {@link System#nanoTime}. Guarded by {@link #lock}. */
    private long end;

    private final AtomicLong losses = new AtomicLong();
    private volatile long replicated;
    private volatile @Nullable String failing;

    Replica(String name, long replicated, Duration patience) {
        this.replicated = replicated;
        this.patience = patience;
        this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    /** Copies what is missing, on the thread. */
    abstract void copy(Publisher.Publication publication) throws IOException, InterruptedException;

    /** Returns the pause after so many failures on end, or after a success. */
    abstract Duration pause(int failures);

    void start() {
        thread.start();
    }

    long replicated() {
        return replicated;
    }

    Optional<String> failing() {
        return Optional.ofNullable(failing);
    }

    long losses() {
        return losses.get();
    }

    void accept(Publisher.Publication publication) {
        synchronized (lock) {
            next = publication;
            lock.notifyAll();
        }
    }

    void replicated(long size) {
        replicated = size;
    }

    /** Tells that the copy was emptied or set back, and begins again. */
    void lost() {
        losses.incrementAndGet();
        failing = "it had lost its copy, so everything is copied again";
        replicated = 0;
    }

    private void run() {
        int failures = 0;
        Optional<Publisher.Publication> work = await();
        while (work.isPresent()) {
            boolean copied = tryCopy(work.get());
            failures = copied ? 0 : failures + 1;
            boolean isGoing = Threads.pause(lock, () -> closing, pause(failures));
            if (!copied && !isGoing) {
                return;
            }
            work = await();
        }
    }

    private boolean tryCopy(Publisher.Publication publication) {
        try {
            copy(publication);
            failing = null;
            return true;
        } catch (IOException | InterruptedException | RuntimeException e) {
            failing = e.getClass() == IOException.class ? e.getMessage() : String.valueOf(e);
            synchronized (lock) {
                next = next == null ? publication : next;
            }
            return false;
        } catch (Error e) {
            failing = "an error of the Java runtime ended it";
            throw e;
        }
    }

    private Optional<Publisher.Publication> await() {
        synchronized (lock) {
            while (next == null && !closing) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    return Optional.empty();
                }
            }
            Publisher.Publication found = next;
            next = null;
            return Optional.ofNullable(found);
        }
    }

    /** Checks before each file that there is time left. */
    void requireGoing() throws IOException {
        synchronized (lock) {
            if (closing && System.nanoTime() - end >= 0) {
                throw new IOException("the gateway is stopping; it copies the rest after the next start");
            }
        }
    }

    /** Copies the rest, if the other place is there and that does not take long, and stops. */
    @Override
    public void close() {
        synchronized (lock) {
            closing = true;
            end = System.nanoTime() + patience.toNanos();
            lock.notifyAll();
        }
        Threads.join(thread);
    }
}
