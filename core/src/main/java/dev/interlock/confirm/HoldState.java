package dev.interlock.confirm;

import dev.interlock.evidence.Keyword;
import java.util.Locale;

/** The states of a hold. A state that is not {@link #isLive live} is final. */
enum HoldState implements Keyword {
    /** Waits for signatures. */
    OPEN,
    /** All needed signatures are there. It is usable after the cooldown, for a short time. */
    SIGNED,
    /** Used, by exactly one intent. */
    CONSUMED,
    /** A person denied it before all signatures were there. */
    DENIED,
    /** A person denied it after all signatures were there. */
    CANCELLED,
    /** The action that was signed for differs from what would happen now. */
    VOID,
    /** Nobody answered, or nobody used the confirmation, in time. */
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

    /** Returns whether a person denied it. */
    boolean isDenial() {
        return this == DENIED || this == CANCELLED;
    }

    static HoldState of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
