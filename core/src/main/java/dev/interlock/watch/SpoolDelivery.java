package dev.interlock.watch;

import java.time.Duration;
import java.util.Optional;

/**
 * Delivers the messages of a spool, oldest first, with longer pauses after each failure.
 *
 * <p>Threading: one thread.
 */
final class SpoolDelivery {

    /** The first pause: a receiver that restarts is back after it. */
    static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

    /** The longest pause. An outage over night must not end in an hour of silence. */
    static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    /** Sends one message once. */
    @FunctionalInterface
    interface Delivery {
        AlertChannel.DeliveryResult deliver(AlertChannel.AlertMessage message) throws InterruptedException;
    }

    /** Receives the result of each delivery. */
    @FunctionalInterface
    interface Log {
        void tried(AlertChannel.DeliveryResult tried, Duration pause);
    }

    private final AlertSpool spool;
    private final Delivery delivery;
    private final Log log;
    private Duration pause = Duration.ZERO;

    SpoolDelivery(AlertSpool spool, Delivery delivery, Log log) {
        this.spool = spool;
        this.delivery = delivery;
        this.log = log;
    }

    /**
     * Delivers until no readable message is left, or a delivery fails. Returns how long to wait before the next try.
     */
    Optional<Duration> run() throws InterruptedException {
        for (Optional<String> next = spool.oldest(); next.isPresent(); next = spool.oldest()) {
            Optional<AlertChannel.AlertMessage> message = spool.read(next.get());
            if (message.isPresent()) {
                AlertChannel.DeliveryResult tried = delivery.deliver(message.get());
                pause = tried.taken() ? Duration.ZERO : longer(tried.later());
                log.tried(tried, pause);
                if (!tried.taken()) {
                    return Optional.of(pause);
                }
                spool.removeDelivered(next.get());
            }
        }
        return Optional.empty();
    }

    private Duration longer(Duration asked) {
        Duration doubled = pause.isZero() ? FIRST_PAUSE : pause.multipliedBy(2);
        Duration longer = asked.compareTo(doubled) > 0 ? asked : doubled;
        return longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
    }
}
