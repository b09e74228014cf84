package dev.interlock.backup.tree;

import dev.interlock.backup.run.BackupException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * When a reading began. The kernel notes changes by a clock that can be set: what changes after it was set back bears a
 * time from before.
 */
final class Beginning {

    /** That clock ticks every 10 ms at most: what changes after this is noted as later. */
    private static final long TICKS_MILLIS = 20;

    private final InstantSource clock;
    private final LongSupplier nanos;
    private final long since;
    private final Instant at;

    /**
     * It is now.
     *
     * @param clock the one by which changes are noted
     * @param nanos one that nobody sets
     */
    Beginning(InstantSource clock, LongSupplier nanos) {
        this.clock = clock;
        this.nanos = nanos;
        this.since = nanos.getAsLong();
        this.at = clock.instant();
    }

    /** It is now, by this machine's clocks; and whatever changes when this has returned is noted as later. */
    static Beginning waited() throws BackupException {
        try {
            Beginning begun = new Beginning(InstantSource.system(), System::nanoTime);
            Thread.sleep(TICKS_MILLIS);
            return begun;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupException("interrupted", e);
        }
    }

    /**
     * What bears a later time may have changed between the beginning and now. As far as the clock was set back, that is
     * before the beginning: what looks older by no more may be younger.
     */
    Instant latest() {
        Instant now = clock.instant();
        Duration back = Duration.ofNanos(nanos.getAsLong() - since).minus(Duration.between(at, now));
        return back.isNegative() ? at : at.minus(back);
    }
}
