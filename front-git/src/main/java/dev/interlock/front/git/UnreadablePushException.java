package dev.interlock.front.git;

import dev.interlock.action.RefusalText;
import java.io.IOException;

/** A push that has no single meaning, or is beyond a limit. Its message is a whole sentence for the agent. */
final class UnreadablePushException extends IOException {

    private static final long serialVersionUID = 1;

    private final String next;

    UnreadablePushException(RefusalText text, Object... values) {
        this(text.with(values));
    }

    private UnreadablePushException(RefusalText text) {
        super(text.reason());
        this.next = text.next();
    }

    String reason() {
        return String.valueOf(getMessage());
    }

    String next() {
        return next;
    }
}
