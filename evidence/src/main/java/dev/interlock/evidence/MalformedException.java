package dev.interlock.evidence;

/** Bytes that claim to be one of our formats and are not. The message never quotes them. */
public class MalformedException extends IllegalArgumentException {

    public MalformedException(String message) {
        super(message);
    }

    public MalformedException(String message, Throwable cause) {
        super(message, cause);
    }
}
