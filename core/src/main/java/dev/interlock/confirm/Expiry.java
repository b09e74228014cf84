package dev.interlock.confirm;

import java.sql.SQLException;
import java.time.Instant;

/** That a hold's time is over. Once written, no clock brings it back. */
final class Expiry {

    private Expiry() {}

    /** What {@code hold} is at {@code now}, whether or not anybody has written it down. */
    static Hold seen(Hold hold, Instant now) {
        if (!hold.isOverdue(now)) {
            return hold;
        }
        String why = hold.state() == HoldState.OPEN
                ? "Nobody confirmed it in time, which counts as a denial."
                : "It was confirmed, and not used in time.";
        return hold.ended(HoldState.EXPIRED, why);
    }

    /** The same, written down. */
    static Hold of(HoldRows rows, Hold hold, Instant now) throws SQLException {
        Hold seen = seen(hold, now);
        if (!seen.state().equals(hold.state())) {
            rows.step(hold, seen);
        }
        return seen;
    }
}
