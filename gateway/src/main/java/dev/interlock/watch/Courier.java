package dev.interlock.watch;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * Delivers what lies in the spool, oldest first, and waits longer after each failure.
 *
 * <p>Threading: one thread.
 */
final class Courier {

    /** A receiver that restarts is back after that. */
    static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

    /** An outage over night must not end in an hour of silence. */
    static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    /** Sends one message once. */
    interface Delivery {
        /** True if it was taken. */
        boolean deliver(String id, byte[] message) throws InterruptedException;
    }

    private final Spool spool;
    private final Delivery delivery;
    private Duration pause = Duration.ZERO;

    Courier(Spool spool, Delivery delivery) {
        this.spool = spool;
        this.delivery = delivery;
    }

    /** Delivers until the spool is empty or a delivery fails. Returns how long to wait before trying again. */
    Optional<Duration> run() throws IOException, InterruptedException {
        Optional<String> next = spool.oldest();
        while (next.isPresent()) {
            if (!delivery.deliver(next.get(), spool.read(next.get()))) {
                pause = longer();
                return Optional.of(pause);
            }
            pause = Duration.ZERO;
            spool.forget(next.get());
            next = spool.oldest();
        }
        return Optional.empty();
    }

    private Duration longer() {
        Duration doubled = pause.isZero() ? FIRST_PAUSE : pause.multipliedBy(2);
        return doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
    }
}
