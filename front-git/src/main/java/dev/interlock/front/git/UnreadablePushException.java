package dev.interlock.front.git;

import java.io.IOException;

/** A push that has no single meaning, or is beyond a limit. Its message is a whole sentence for the agent. */
final class UnreadablePushException extends IOException {

    private static final long serialVersionUID = 1;

    private final String next;

    /**
     * Creates the exception.
     *
     * @param reason why, as a whole sentence
     * @param next what to do instead, as a whole sentence
     */
    UnreadablePushException(String reason, String next) {
        super(reason);
        this.next = next;
    }

    static UnreadablePushException malformed(String reason) {
        return new UnreadablePushException(reason, "Push with an ordinary Git client, version 2.20 or newer.");
    }

    String reason() {
        return String.valueOf(getMessage());
    }

    String next() {
        return next;
    }
}
