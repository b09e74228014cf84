package dev.interlock.confirm;

import java.sql.SQLException;
import java.time.Instant;

/** Writes down that a hold's time is over. Once written, no clock brings it back. */
final class Expiry {

    private Expiry() {}

    static Hold of(HoldRows rows, Hold hold, Instant now) throws SQLException {
        if (!hold.isOverdue(now)) {
            return hold;
        }
        String why = hold.state() == HoldState.OPEN
                ? "Nobody confirmed it in time, which counts as a denial."
                : "It was confirmed, and not used in time.";
        Hold expired = hold.ended(HoldState.EXPIRED, why);
        rows.step(hold, expired);
        return expired;
    }
}
