package dev.interlock.backup.tree;

import dev.interlock.backup.run.BackupException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * The time at which a reading began. The kernel records changes by a clock that can be set. After it was set back, a
 * new change may have an earlier time.
 */
final class ReadStart {

    /** The wait for a tick of that clock, which comes every 10 ms at most. Changes after it have a later time. */
    private static final long TICKS_MILLIS = 20;

    private final InstantSource clock;
    private final LongSupplier nanos;
    private final long since;
    private final Instant at;

    /**
     * Records the present time.
     *
     * @param clock the clock by which changes are recorded
     * @param nanos a monotonic clock that nobody can set
     */
    ReadStart(InstantSource clock, LongSupplier nanos) {
        this.clock = clock;
        this.nanos = nanos;
        this.since = nanos.getAsLong();
        this.at = clock.instant();
    }

    /**
     * Records the present time of this machine's clocks, and waits. Every change after this method returns has a later
     * time.
     */
    static ReadStart waited() throws BackupException {
        try {
            ReadStart begun = new ReadStart(InstantSource.system(), System::nanoTime);
            Thread.sleep(TICKS_MILLIS);
            return begun;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupException("interrupted", e);
        }
    }

    /**
     * Returns the latest time that proves a file unchanged. If the clock was set back, that is earlier than the
     * beginning by the same amount: such a file may be younger than it seems.
     */
    Instant latest() {
        Instant now = clock.instant();
        Duration back = Duration.ofNanos(nanos.getAsLong() - since).minus(Duration.between(at, now));
        return back.isNegative() ? at : at.minus(back);
    }
}
