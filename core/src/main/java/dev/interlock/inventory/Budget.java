package dev.interlock.inventory;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How often the provider may be asked, so that no agent makes the gateway hammer it, or locks out the other agents.
 *
 * <p>Threading: every method holds the monitor.
 */
final class Budget {

    /** A destroying attempt takes about five questions, and its release as many again; a few of those a minute. */
    static final int PER_LEASE = 60;

    /** Railway allows its smallest plan 1000 questions an hour; a minute of haste must leave most of them. */
    static final int PER_UPSTREAM = 240;

    /** Far above the leases that are in use at once; the longest unused is forgotten first. */
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

    Budget(Clock clock) {
        this.clock = clock;
    }

    /** The background's name: only the whole bounds it, since no agent can make it ask. */
    static final String BACKGROUND = "";

    /** Counts one question of {@code lease} to {@code upstream}; false if it may not be asked. */
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
