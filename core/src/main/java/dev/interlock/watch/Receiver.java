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
 * One receiver with its spool and a thread of its own: one that hangs keeps no other waiting.
 *
 * <p>Threading: one thread keeps messages, its own delivers them, a third has them {@linkplain #settle settled}; any
 * may ask how it stands, or test it.
 */
final class Receiver implements AutoCloseable {

    /** After that many seconds without success it is more than a restart. */
    private static final Duration TROUBLE = Duration.ofSeconds(30);

    /** Its time is when a message was last taken; that survives a restart. */
    private static final String LAST = "last";

    private final String name;
    private final Carrier carrier;
    private final Spool spool;
    private final Courier courier;
    private final Clock clock;
    private final BiConsumer<String, Optional<String>> trouble;
    private final Semaphore kept = new Semaphore(0);
    private volatile Optional<Instant> last;
    private volatile Optional<String> failing = Optional.empty();
    private @Nullable Thread thread;

    /**
     * Opens it; what the last process could not deliver is still there.
     *
     * @param trouble told by its name why it has taken nothing for a while, and then that it takes messages again
     */
    Receiver(String name, Carrier carrier, Spool spool, Clock clock, BiConsumer<String, Optional<String>> trouble)
            throws IOException {
        this.name = name;
        this.carrier = carrier;
        this.spool = spool;
        this.clock = clock;
        this.trouble = trouble;
        this.courier = new Courier(spool, carrier::deliver, this::tried);
        Path mark = spool.directory().resolve(LAST);
        this.last =
                Files.exists(mark) ? Optional.of(Files.getLastModifiedTime(mark).toInstant()) : Optional.empty();
    }

    Standing standing() {
        return new Standing(name, carrier.kind(), spool.size(), last, failing.or(spool::unwritten));
    }

    void start() {
        thread = Thread.ofVirtual().name("watch-" + name).start(this::deliver);
    }

    /** Keeps a message for it; false if there are too many of this kind. */
    boolean keep(String id, String kind, byte[] json) {
        boolean room = spool.keep(id, kind, json);
        kept.release();
        return room;
    }

    /** Why what is kept for it is in memory alone, or cannot be read or deleted, if so. */
    Optional<String> unwritten() {
        return spool.unwritten();
    }

    /** Writes to disk what is in memory alone, and goes on with what could not be read; false if that still fails. */
    boolean settle() {
        boolean settled = spool.settle();
        kept.release();
        return settled;
    }

    /** Sends it {@code json} now, beside whatever waits; as whatever waits, from memory where no disk takes it. */
    Carrier.Tried test(String id, byte[] json) throws InterruptedException {
        Optional<Path> file = written(json);
        try {
            Carrier.Tried tried = carrier.deliver(new Carrier.Message(id, file, Bytes.of(json)));
            return file.isPresent()
                    ? tried
                    : new Carrier.Tried(tried.taken(), tried.words() + "; its spool cannot be written");
        } finally {
            file.ifPresent(Receiver::discard);
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

    // It begins with what the last process left undelivered.
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
            // closed; what is left lies in the spool
        }
    }

    /** Whatever goes wrong is tried again, and told like any other trouble. */
    Optional<Duration> run() throws InterruptedException {
        try {
            return courier.run();
        } catch (RuntimeException e) {
            tried(new Carrier.Tried(false, "it failed: " + e.getClass().getSimpleName()), Courier.LONGEST_PAUSE);
            return Optional.of(Courier.LONGEST_PAUSE);
        }
    }

    private void tried(Carrier.Tried tried, Duration pause) {
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
            // only what `status` says after a restart
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
