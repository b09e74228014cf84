package dev.interlock.confirm;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** The status of a hold, for somebody who waits for it. */
public sealed interface Standing {

    /**
     * It is undecided, or the cooldown runs.
     *
     * @param change the time until it may change by itself; any other change raises the signal
     */
    record Undecided(Duration change) implements Standing {}

    /** The identical request would be sent now. */
    record Usable() implements Standing {}

    /** It has ended, or its time is over. */
    record Over(How how) implements Standing {}

    /** The ways in which a hold ends. */
    enum How {
        USED,
        REFUSED,
        EXPIRED,
        VOID
    }

    static Standing of(Hold hold, Instant now) {
        if (hold.isOverdue(now)) {
            return new Over(How.EXPIRED);
        }
        return switch (hold.state()) {
            case OPEN -> new Undecided(Duration.between(now, hold.signBy()));
            case SIGNED -> hold.isUsable(now) ? new Usable() : new Undecided(cooldown(hold, now));
            case CONSUMED -> new Over(How.USED);
            case DENIED, CANCELLED -> new Over(How.REFUSED);
            case EXPIRED -> new Over(How.EXPIRED);
            case VOID -> new Over(How.VOID);
        };
    }

    private static Duration cooldown(Hold hold, Instant now) {
        Optional<Instant> from = hold.usableFrom();
        return from.map(end -> Duration.between(now, end)).orElse(Duration.ZERO);
    }
}
