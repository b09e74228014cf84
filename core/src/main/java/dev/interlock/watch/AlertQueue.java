package dev.interlock.watch;

import dev.interlock.action.Alert;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The queue of alerts that are not written down yet. Each kind has its own limit. An agent can cause alerts of some
 * kinds at will, one for each name that it invents, and must not displace another kind.
 *
 * <p>Threading: any thread offers, one takes.
 */
final class AlertQueue {

    /** The maximum number of one kind. No normal burst is larger; of more only the number is reported. */
    static final int MAX_OF_A_KIND = 128;

    private final LinkedBlockingQueue<Alert> alerts = new LinkedBlockingQueue<>();
    private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();

    /** Returns the kind of an alert for the limits: its rule and severity. */
    static String kind(Alert alert) {
        return alert.rule().word() + "-" + alert.severity().word();
    }

    /** Adds an alert without blocking; false if too many of its kind wait. */
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
