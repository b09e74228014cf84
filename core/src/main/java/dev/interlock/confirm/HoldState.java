package dev.interlock.confirm;

import java.util.Locale;

/** Where a hold stands. What is not {@link #isLive live} has no way out. */
enum HoldState {
    /** Waits for signatures. */
    OPEN,
    /** Everybody needed has signed; usable once the cooldown is over, and not for long. */
    SIGNED,
    /** Used, by exactly one intent. */
    CONSUMED,
    /** A person said no before everybody needed had signed. */
    DENIED,
    /** A person said no afterwards. */
    CANCELLED,
    /** What was signed for is not what would happen now. */
    VOID,
    /** Nobody answered, or nobody used the answer, in time. */
    EXPIRED;

    boolean may(HoldState next) {
        return switch (this) {
            case OPEN -> next == SIGNED || next == DENIED || next == VOID || next == EXPIRED;
            case SIGNED -> next == CONSUMED || next == CANCELLED || next == VOID || next == EXPIRED;
            case CONSUMED, DENIED, CANCELLED, VOID, EXPIRED -> false;
        };
    }

    boolean isLive() {
        return this == OPEN || this == SIGNED;
    }

    /** Whether a person said no. */
    boolean isNo() {
        return this == DENIED || this == CANCELLED;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static HoldState of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
