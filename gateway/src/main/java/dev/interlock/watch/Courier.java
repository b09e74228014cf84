package dev.interlock.watch;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.Optional;

/**
 * Delivers what lies in a spool, oldest first, and waits longer after each failure.
 *
 * <p>Threading: one thread.
 */
final class Courier {

    /** A receiver that restarts is back after that. */
    static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

    /** An outage over night must not end in an hour of silence. */
    static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    /** Sends one message once. */
    @FunctionalInterface
    interface Delivery {
        Carrier.Tried deliver(Carrier.Message message) throws InterruptedException;
    }

    /** Who hears what came of each try. */
    @FunctionalInterface
    interface Log {
        void tried(Carrier.Tried tried, Duration pause);
    }

    private final Spool spool;
    private final Delivery delivery;
    private final Log log;
    private Duration pause = Duration.ZERO;

    Courier(Spool spool, Delivery delivery, Log log) {
        this.spool = spool;
        this.delivery = delivery;
        this.log = log;
    }

    /** Delivers until the spool is empty or a delivery fails. Returns how long to wait before trying again. */
    Optional<Duration> run() throws IOException, InterruptedException {
        for (Optional<String> next = spool.oldest(); next.isPresent(); next = spool.oldest()) {
            Optional<Carrier.Message> message = read(next.get());
            if (message.isPresent()) {
                Carrier.Tried tried = delivery.deliver(message.get());
                pause = tried.taken() ? Duration.ZERO : longer(tried.later());
                log.tried(tried, pause);
                if (!tried.taken()) {
                    return Optional.of(pause);
                }
            }
            spool.forget(next.get());
        }
        return Optional.empty();
    }

    /** Empty if somebody has taken the file away: then there is nothing to tell, and the next must not wait. */
    private Optional<Carrier.Message> read(String name) throws IOException {
        try {
            return Optional.of(spool.read(name));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        }
    }

    private Duration longer(Duration asked) {
        Duration doubled = pause.isZero() ? FIRST_PAUSE : pause.multipliedBy(2);
        Duration longer = asked.compareTo(doubled) > 0 ? asked : doubled;
        return longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
    }
}
