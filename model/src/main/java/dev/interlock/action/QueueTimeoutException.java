package dev.interlock.action;

/**
 * Too many operations are in progress for this caller, and this one timed out in the queue. Nothing of it was begun.
 *
 * <p>It has no stack trace: a busy caller causes many, and the location says nothing.
 */
public final class QueueTimeoutException extends RuntimeException {

    public QueueTimeoutException(String message) {
        super(message, null, false, false);
    }
}
