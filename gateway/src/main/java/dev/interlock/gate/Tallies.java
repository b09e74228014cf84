package dev.interlock.gate;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Decides which refusals become receipts of their own.
 *
 * <p>The first few of each caller in a while are written one by one; the rest are counted, and the count is written
 * with the first one after, or by itself when the while is over, so that a flood by an agent cannot fill the disk and
 * cannot pass unseen either.
 *
 * <p>Threading: guarded by itself.
 */
public final class Tallies {

    static final Duration DEFAULT_WINDOW = Duration.ofMinutes(1);

    /** More callers than this within one window share one tally. */
    static final int MAX_CALLERS = 1024;

    private static final String OTHERS = "others";

    private final InstantSource clock;
    private final int burst;
    private final Map<String, Tally> tallies = new HashMap<>();

    private static final class Tally {
        private Instant since;
        private int written;
        private long suppressed;

        private Tally(Instant since) {
            this.since = since;
        }

        private boolean isOver(Instant now) {
            return Duration.between(since, now).abs().compareTo(DEFAULT_WINDOW) >= 0;
        }
    }

    /**
     * Begins with nothing counted.
     *
     * @param burst how many of one caller are written within a window
     */
    public Tallies(InstantSource clock, int burst) {
        this.clock = clock;
        this.burst = burst;
    }

    /**
     * Whether a refusal of {@code caller} is to be written now; the value is how many earlier ones were not, to be
     * written with it.
     */
    public synchronized OptionalLong admit(String caller) {
        Instant now = clock.instant();
        Tally tally = tally(caller, now);
        if (tally.isOver(now)) {
            tally.since = now;
            tally.written = 0;
        }
        if (tally.written == burst) {
            tally.suppressed++;
            return OptionalLong.empty();
        }
        tally.written++;
        long suppressed = tally.suppressed;
        tally.suppressed = 0;
        return OptionalLong.of(suppressed);
    }

    /**
     * How many refusals of each caller were only counted in a window that is over, and that no later one was written
     * with. They count as written: {@link #putBack} what could not be.
     */
    public synchronized Map<String, Long> takeOverdue() {
        Instant now = clock.instant();
        return take(tally -> tally.isOver(now));
    }

    /** The same of every window, whether or not it is over: somebody wants to know now. */
    synchronized Map<String, Long> takeAll() {
        return take(_ -> true);
    }

    private Map<String, Long> take(Predicate<Tally> which) {
        Map<String, Long> taken = new TreeMap<>();
        tallies.forEach((caller, tally) -> {
            if (tally.suppressed > 0 && which.test(tally)) {
                taken.put(caller, tally.suppressed);
                tally.suppressed = 0;
            }
        });
        return taken;
    }

    /** Counts {@code suppressed} refusals of {@code caller} again. */
    public synchronized void putBack(String caller, long suppressed) {
        tally(caller, clock.instant()).suppressed += suppressed;
    }

    private Tally tally(String caller, Instant now) {
        if (tallies.size() >= MAX_CALLERS && !tallies.containsKey(caller)) {
            tallies.values().removeIf(tally -> tally.suppressed == 0 && tally.isOver(now));
        }
        boolean fits = tallies.size() < MAX_CALLERS || tallies.containsKey(caller);
        return tallies.computeIfAbsent(fits ? caller : OTHERS, _ -> new Tally(now));
    }
}
