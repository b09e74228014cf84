package dev.interlock.gate;

import java.io.IOException;

/** Says that nothing was sent upstream, or that the upstream certainly did not process it. */
public final class NotSentException extends IOException {

    private static final long serialVersionUID = 1L;

    public NotSentException(String message, Throwable cause) {
        super(message, cause);
    }

    public NotSentException(String message) {
        super(message);
    }
}
