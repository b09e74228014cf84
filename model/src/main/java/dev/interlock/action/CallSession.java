package dev.interlock.action;

import java.util.Optional;

/** The session at an upstream that an attempt was sent in, if its protocol has sessions. */
@FunctionalInterface
public interface CallSession {

    CallSession NONE = Optional::empty;

    /** Reads what its calls have chosen so far; empty if that is not known. */
    Optional<SessionTarget> target();

    /** Returns {@code question} of the gateway's own as one in it; empty if it must not be asked. */
    default Optional<Call> within(Call question) {
        return Optional.of(question);
    }
}
