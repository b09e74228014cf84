package dev.interlock.evidence;

/** A signature or proof that does not count: it is false, for something else, or by somebody without authority. */
public final class BadSignatureException extends Exception {

    public BadSignatureException(String message) {
        super(message);
    }

    public BadSignatureException(String message, Throwable cause) {
        super(message, cause);
    }
}
