package dev.interlock.connect;

/** A file has unexpected content, and is left alone. The message is a whole sentence. */
public final class NotUnderstoodException extends Exception {

    private static final long serialVersionUID = 1L;

    NotUnderstoodException(String message) {
        super(message);
    }
}
