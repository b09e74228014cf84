package dev.interlock.watch;

import dev.interlock.action.Alert;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Alerts that nobody has written down yet, in order. Each kind has room of its own: an agent makes alerts of some kinds
 * at will, one for each name that it thinks of, and must not keep out another kind with them.
 *
 * <p>Threading: any thread offers, one takes.
 */
final class Waiting {

    /** More of one kind than any burst that is not already a flood; a flood is told as a number. */
    static final int MAX_OF_A_KIND = 128;

    private final LinkedBlockingQueue<Alert> alerts = new LinkedBlockingQueue<>();
    private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();

    /** What a flood cannot pass from: its rule, and how loud it is. */
    static String kind(Alert alert) {
        return alert.rule().word() + "-" + alert.severity().word();
    }

    /** False if too many of its kind wait. Never waits. */
    boolean offer(Alert alert) {
        AtomicInteger count = counts.computeIfAbsent(kind(alert), _ -> new AtomicInteger());
        if (count.incrementAndGet() > MAX_OF_A_KIND) {
            count.decrementAndGet();
            return false;
        }
        return alerts.offer(alert);
    }

    Alert take() throws InterruptedException {
        return taken(alerts.take());
    }

    Optional<Alert> poll() {
        return Optional.ofNullable(alerts.poll()).map(this::taken);
    }

    private Alert taken(Alert alert) {
        counts.computeIfAbsent(kind(alert), _ -> new AtomicInteger()).decrementAndGet();
        return alert;
    }
}
