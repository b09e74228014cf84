package dev.interlock.inventory;

import dev.interlock.action.LruMap;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;

/**
 * Limits how often the provider is queried, so that no agent makes the gateway hammer it or locks out other agents. No
 * agent gets more than half of the queries to an upstream, under all its leases.
 *
 * <p>Threading: every method holds the monitor.
 */
final class QueryBudget {

    /**
     * Maximum queries to an upstream. Railway allows its smallest plan 1000 an hour; one busy minute must leave most of
     * them.
     */
    static final int PER_UPSTREAM = 240;

    /**
     * Maximum queries to an upstream for calls that people have signed, beside the others, which cannot use them up.
     */
    static final int PER_UPSTREAM_SIGNED = 120;

    /**
     * Maximum remembered names, far above the leases in use at once; the one that was unused longest is forgotten
     * first.
     */
    static final int MAX_NAMES = 10_000;

    static final Duration WINDOW = Duration.ofMinutes(1);
    private final Clock clock;
    private final int perUpstream;
    private final Map<String, Deque<Instant>> asked = new LruMap<>(MAX_NAMES);

    /** Creates a budget of {@code perUpstream} queries to each upstream. */
    QueryBudget(Clock clock, int perUpstream) {
        this.clock = clock;
        this.perUpstream = perUpstream;
    }

    /** The name of background refreshes. Only the upstream's limit bounds them, since no agent can cause them. */
    static final String BACKGROUND = "";

    /** Counts one query of {@code agent} to {@code upstream}; false if the limit is reached. */
    synchronized boolean take(String upstream, String agent) {
        Deque<Instant> ofAgent = recent("agent " + agent + " at " + upstream);
        Deque<Instant> ofUpstream = recent("upstream " + upstream);
        boolean spent = !agent.equals(BACKGROUND) && ofAgent.size() >= perUpstream / 2;
        if (spent || ofUpstream.size() >= perUpstream) {
            return false;
        }
        ofAgent.addLast(clock.instant());
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
