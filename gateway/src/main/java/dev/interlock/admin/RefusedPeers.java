package dev.interlock.admin;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Decides which refused knocks become receipts of their own.
 *
 * <p>The first few of each user in a while are written one by one; the rest are counted and written with the first one
 * after, so that a flood by an agent cannot fill the disk and cannot pass unseen either.
 */
public final class RefusedPeers {

    /** A person who errs is seen knock by knock; a loop is not. */
    static final int DEFAULT_BURST = 20;

    static final Duration DEFAULT_WINDOW = Duration.ofMinutes(1);

    /** More users than this knocking within one window share one count. */
    private static final int MAX_USERS = 256;

    private final InstantSource clock;
    private final Map<String, Tally> tallies = new HashMap<>();

    private static final class Tally {
        private Instant since;
        private int written;
        private long suppressed;

        private Tally(Instant since) {
            this.since = since;
        }
    }

    public RefusedPeers(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * Whether a knock by {@code user} is to be written now; the value is how many earlier ones were not, to be written
     * with it.
     */
    public synchronized OptionalLong admit(String user) {
        Instant now = clock.instant();
        Tally tally = tallies.computeIfAbsent(
                tallies.size() < MAX_USERS || tallies.containsKey(user) ? user : "others", _ -> new Tally(now));
        if (Duration.between(tally.since, now).abs().compareTo(DEFAULT_WINDOW) >= 0) {
            tally.since = now;
            tally.written = 0;
        }
        if (tally.written == DEFAULT_BURST) {
            tally.suppressed++;
            return OptionalLong.empty();
        }
        tally.written++;
        long suppressed = tally.suppressed;
        tally.suppressed = 0;
        return OptionalLong.of(suppressed);
    }
}
