package dev.interlock.watch;

import dev.interlock.action.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One receiver with its spool and its own thread, so that a receiver that hangs does not delay the others. It delivers
 * the oldest message first, with longer pauses after each failure.
 *
 * <p>Threading: one thread stores messages, the receiver's own delivers them, a third {@linkplain #settle settles}
 * them. Any thread may read the status or send a test.
 */
final class AlertReceiver implements AutoCloseable {

    /** The first pause: a receiver that restarts is back after it. */
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

    /** The longest pause. An outage over night must not end in an hour of silence. */
    static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    /** The time without success that counts as trouble. A restart takes less. */
    private static final Duration TROUBLE = Duration.ofSeconds(30);

    /** The file whose time is that of the last accepted message; it survives a restart. */
    private static final String LAST = "last";

    private final String name;
    private final AlertChannel carrier;
    private final AlertSpool spool;
    private final Clock clock;
    private final BiConsumer<String, Optional<String>> trouble;
    private final Semaphore kept = new Semaphore(0);
    private volatile Optional<Instant> last;
    private volatile Optional<String> failing = Optional.empty();
    private Duration pause = Duration.ZERO;
    private @Nullable Thread thread;

    /** {@code trouble} is called with a reason when it accepts nothing for a while, and without one afterwards. */
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
        Path mark = spool.directory().resolve(LAST);
        this.last =
                Files.exists(mark) ? Optional.of(Files.getLastModifiedTime(mark).toInstant()) : Optional.empty();
    }

    AlertDispatcher.ReceiverStatus status() {
        return new AlertDispatcher.ReceiverStatus(name, carrier.kind(), spool.size(), last, failing.or(spool::trouble));
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
    Optional<String> spoolTrouble() {
        return spool.trouble();
    }

    /** Retries what failed on disk. */
    void settle() {
        spool.settle();
        kept.release();
    }

    /** Sends it {@code json} now, besides the waiting messages. */
    AlertChannel.DeliveryResult test(String id, byte[] json) throws InterruptedException {
        return carrier.deliver(new AlertChannel.AlertMessage(id, Bytes.of(json)));
    }

    // Begins with the undelivered messages of the last process.
    private void deliver() {
        try {
            while (true) {
                Optional<Duration> wait = run();
                if (wait.isPresent()) {
                    TimeUnit.NANOSECONDS.sleep(wait.get().toNanos());
                } else {
                    kept.acquire();
                    kept.drainPermits();
                }
            }
        } catch (InterruptedException e) {
            // closed; the rest stays in the spool
        }
    }

    /** Delivers until no message is left, or a delivery fails. Returns how long to wait before the next try. */
    Optional<Duration> run() throws InterruptedException {
        try {
            return deliverAll();
        } catch (RuntimeException e) { // is retried, and reported like any other trouble
            return Optional.of(failed(new AlertChannel.DeliveryResult(
                    false, "it failed: " + e.getClass().getSimpleName(), LONGEST_PAUSE)));
        }
    }

    private Optional<Duration> deliverAll() throws InterruptedException {
        for (Optional<Map.Entry<String, Bytes>> next = spool.oldest(); next.isPresent(); next = spool.oldest()) {
            String file = next.get().getKey();
            String id = file.substring(0, file.indexOf('.'));
            AlertChannel.DeliveryResult tried =
                    carrier.deliver(new AlertChannel.AlertMessage(id, next.get().getValue()));
            if (!tried.taken()) {
                return Optional.of(failed(tried));
            }
            pause = Duration.ZERO;
            accepted();
            spool.removeDelivered(file);
        }
        return Optional.empty();
    }

    private Duration failed(AlertChannel.DeliveryResult tried) {
        pause = longer(tried.later());
        if (failing.isEmpty() && pause.compareTo(TROUBLE) > 0) {
            failing = Optional.of(tried.words());
            trouble.accept(name, failing);
        }
        return pause;
    }

    private Duration longer(Duration asked) {
        Duration doubled = pause.isZero() ? FIRST_PAUSE : pause.multipliedBy(2);
        Duration longer = asked.compareTo(doubled) > 0 ? asked : doubled;
        return longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
    }

    private void accepted() {
        last = Optional.of(clock.instant());
        try {
            Path mark = spool.directory().resolve(LAST);
            Files.write(mark, new byte[0]);
            Files.setLastModifiedTime(mark, FileTime.from(clock.instant()));
        } catch (IOException e) {
            // affects only what `status` shows after a restart
        }
        if (failing.isPresent()) {
            failing = Optional.empty();
            trouble.accept(name, Optional.empty());
        }
    }

    /** Stops. What an interrupt kept from the disk is written now, so that the next process delivers it. */
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
        if (spool.trouble().isPresent()) {
            spool.settle();
        }
    }
}
