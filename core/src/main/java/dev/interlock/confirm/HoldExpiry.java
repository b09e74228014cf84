package dev.interlock.confirm;

import java.time.Instant;

/** Expires holds by time. Once recorded, no clock reverts it. */
final class HoldExpiry {

    private HoldExpiry() {}

    static Hold seen(Hold hold, Instant now) {
        if (!hold.isOverdue(now)) {
            return hold;
        }
        String why = hold.state() == HoldState.OPEN
                ? "Nobody confirmed it in time; that counts as a denial."
                : "It was confirmed but not used in time.";
        return hold.ended(HoldState.EXPIRED, why);
    }

    static Hold of(HoldRows rows, Hold hold, Instant now) {
        Hold seen = seen(hold, now);
        if (!seen.state().equals(hold.state())) {
            rows.step(hold, seen);
        }
        return seen;
    }
}
