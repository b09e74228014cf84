package dev.interlock.inventory;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Limits how often the provider is queried, so that no agent makes the gateway hammer it or locks out other agents.
 *
 * <p>Threading: every method holds the monitor.
 */
final class QueryBudget {

    /**
     * Maximum queries of a lease. A destroying attempt takes about five, and its release as many again; a few of those
     * a minute.
     */
    static final int PER_LEASE = 60;

    /**
     * Maximum queries to an upstream. Railway allows its smallest plan 1000 an hour; one busy minute must leave most of
     * them.
     */
    static final int PER_UPSTREAM = 240;

    /**
     * Maximum remembered names, far above the leases in use at once; the one that was unused longest is forgotten
     * first.
     */
    static final int MAX_NAMES = 10_000;

    static final Duration WINDOW = Duration.ofMinutes(1);

    private final Clock clock;
    private final Map<String, Deque<Instant>> asked = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Deque<Instant>> eldest) {
            return size() > MAX_NAMES;
        }
    };

    QueryBudget(Clock clock) {
        this.clock = clock;
    }

    /** The name of background refreshes. Only the upstream's limit bounds them, since no agent can cause them. */
    static final String BACKGROUND = "";

    /** Counts one query of {@code lease} to {@code upstream}; false if the limit is reached. */
    synchronized boolean take(String upstream, String lease) {
        Deque<Instant> ofLease = recent("lease " + lease + " at " + upstream);
        Deque<Instant> ofUpstream = recent("upstream " + upstream);
        boolean spent = !lease.equals(BACKGROUND) && ofLease.size() >= PER_LEASE;
        if (spent || ofUpstream.size() >= PER_UPSTREAM) {
            return false;
        }
        ofLease.addLast(clock.instant());
        ofUpstream.addLast(clock.instant());
        return true;
    }

    private Deque<Instant> recent(String name) {
        Deque<Instant> times = asked.computeIfAbsent(name, _ -> new ArrayDeque<>());
        Instant start = clock.instant().minus(WINDOW);
        while (!times.isEmpty() && times.getFirst().isBefore(start)) {
            times.removeFirst();
        }
        return times;
    }
}
