package dev.interlock.watch;

import dev.interlock.action.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One receiver with its spool and its own thread, so that a receiver that hangs does not delay the others.
 *
 * <p>Threading: one thread stores messages, the receiver's own delivers them, a third {@linkplain #settle settles}
 * them. Any thread may read the status or send a test.
 */
final class AlertReceiver implements AutoCloseable {

    /** The time without success that counts as trouble. A restart takes less. */
    private static final Duration TROUBLE = Duration.ofSeconds(30);

    /** The file whose time is that of the last accepted message; it survives a restart. */
    private static final String LAST = "last";

    private final String name;
    private final AlertChannel carrier;
    private final AlertSpool spool;
    private final SpoolDelivery courier;
    private final Clock clock;
    private final BiConsumer<String, Optional<String>> trouble;
    private final Semaphore kept = new Semaphore(0);
    private volatile Optional<Instant> last;
    private volatile Optional<String> failing = Optional.empty();
    private @Nullable Thread thread;

    /**
     * Opens it. Undelivered messages of the last process are still there.
     *
     * @param trouble called with its name and the reason when it has accepted nothing for a while, and without a reason
     *     when it accepts messages again
     */
    AlertReceiver(
            String name,
            AlertChannel carrier,
            AlertSpool spool,
            Clock clock,
            BiConsumer<String, Optional<String>> trouble)
            throws IOException {
        this.name = name;
        this.carrier = carrier;
        this.spool = spool;
        this.clock = clock;
        this.trouble = trouble;
        this.courier = new SpoolDelivery(spool, carrier::deliver, this::tried);
        Path mark = spool.directory().resolve(LAST);
        this.last =
                Files.exists(mark) ? Optional.of(Files.getLastModifiedTime(mark).toInstant()) : Optional.empty();
    }

    ReceiverStatus status() {
        return new ReceiverStatus(name, carrier.kind(), spool.size(), last, failing.or(spool::unwritten));
    }

    void start() {
        thread = Thread.ofVirtual().name("watch-" + name).start(this::deliver);
    }

    /** Stores a message for it; false if there are too many of this kind. */
    boolean keep(String id, String kind, byte[] json) {
        boolean room = spool.keep(id, kind, json);
        kept.release();
        return room;
    }

    /** Returns why messages are in memory only, or cannot be read or deleted; empty if none are. */
    Optional<String> unwritten() {
        return spool.unwritten();
    }

    /** Writes to disk what is in memory only, and retries what could not be read; false if that still fails. */
    boolean settle() {
        boolean settled = spool.settle();
        kept.release();
        return settled;
    }

    /**
     * Sends it {@code json} now, besides the waiting messages. It comes from memory if it cannot be written to disk.
     */
    AlertChannel.DeliveryResult test(String id, byte[] json) throws InterruptedException {
        Optional<Path> file = written(json);
        try {
            AlertChannel.DeliveryResult tried =
                    carrier.deliver(new AlertChannel.AlertMessage(id, file, Bytes.of(json)));
            return file.isPresent()
                    ? tried
                    : new AlertChannel.DeliveryResult(tried.taken(), tried.words() + "; its spool cannot be written");
        } finally {
            file.ifPresent(AlertReceiver::discard);
        }
    }

    private Optional<Path> written(byte[] json) {
        try {
            Path file = Files.createTempFile(spool.directory(), "test", ".part");
            try {
                return Optional.of(Files.write(file, json));
            } catch (IOException e) {
                discard(file);
                return Optional.empty();
            }
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static void discard(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // nobody reads it again
        }
    }

    // Begins with the undelivered messages of the last process.
    private void deliver() {
        try {
            while (true) {
                Optional<Duration> pause = run();
                if (pause.isPresent()) {
                    TimeUnit.NANOSECONDS.sleep(pause.get().toNanos());
                } else {
                    kept.acquire();
                    kept.drainPermits();
                }
            }
        } catch (InterruptedException e) {
            // closed; the rest stays in the spool
        }
    }

    /** Every failure is retried, and reported like any other trouble. */
    Optional<Duration> run() throws InterruptedException {
        try {
            return courier.run();
        } catch (RuntimeException e) {
            tried(
                    new AlertChannel.DeliveryResult(
                            false, "it failed: " + e.getClass().getSimpleName()),
                    SpoolDelivery.LONGEST_PAUSE);
            return Optional.of(SpoolDelivery.LONGEST_PAUSE);
        }
    }

    private void tried(AlertChannel.DeliveryResult tried, Duration pause) {
        if (tried.taken()) {
            last = Optional.of(clock.instant());
            mark();
            if (failing.isPresent()) {
                failing = Optional.empty();
                trouble.accept(name, Optional.empty());
            }
        } else if (failing.isEmpty() && pause.compareTo(TROUBLE) > 0) {
            failing = Optional.of(tried.words());
            trouble.accept(name, failing);
        }
    }

    private void mark() {
        try {
            Path mark = spool.directory().resolve(LAST);
            if (!Files.exists(mark)) {
                Files.createFile(mark);
            }
            Files.setLastModifiedTime(mark, FileTime.from(clock.instant()));
        } catch (IOException e) {
            // affects only what `status` shows after a restart
        }
    }

    @Override
    public void close() {
        if (thread != null) {
            thread.interrupt();
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
