package dev.interlock.gate;

import java.io.IOException;

/** Nothing was sent upstream, or the upstream itself says that it did not look at it; certain. */
public final class NotSentException extends IOException {

    private static final long serialVersionUID = 1L;

    public NotSentException(String message, Throwable cause) {
        super(message, cause);
    }

    public NotSentException(String message) {
        super(message);
    }
}
