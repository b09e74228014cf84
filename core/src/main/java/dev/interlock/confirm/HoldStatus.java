package dev.interlock.confirm;

import java.time.Duration;
import java.time.Instant;

/** The status of a hold, for somebody who waits for it. */
public sealed interface HoldStatus {

    /**
     * It is undecided; or people have signed, and the cooldown runs or it is not its turn. It may change by itself
     * after {@code change}.
     */
    record UndecidedHold(boolean isSigned, Duration change) implements HoldStatus {}

    /** The identical request would be sent now. */
    record UsableHold() implements HoldStatus {}

    /** It has ended, or its time is over. */
    record EndedHold(HoldEnd how) implements HoldStatus {}

    enum HoldEnd {
        USED,
        REFUSED,
        EXPIRED,
        VOID
    }

    static HoldStatus of(Hold hold, Instant now) {
        if (hold.isOverdue(now)) {
            return new EndedHold(HoldEnd.EXPIRED);
        }
        return switch (hold.state()) {
            case OPEN -> new UndecidedHold(false, Duration.between(now, hold.signBy()));
            case SIGNED ->
                hold.isUsable(now)
                        ? new UsableHold()
                        : new UndecidedHold(
                                true, Duration.between(now, hold.usableFrom().orElseThrow()));
            case CONSUMED -> new EndedHold(HoldEnd.USED);
            case DENIED, CANCELLED -> new EndedHold(HoldEnd.REFUSED);
            case EXPIRED -> new EndedHold(HoldEnd.EXPIRED);
            case VOID -> new EndedHold(HoldEnd.VOID);
        };
    }
}
