package dev.interlock.action;

/**
 * So much is done for whoever asks that there was no turn for this in time. Nothing of it was begun.
 *
 * <p>It has no stack trace: whoever asks often makes many, and where they come from says nothing.
 */
public final class CrowdedException extends RuntimeException {

    public CrowdedException(String message) {
        super(message, null, false, false);
    }
}
