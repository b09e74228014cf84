package dev.interlock.evidence;

/** A signature that proves nothing: forged, for something else, or by somebody who does not count. */
public final class BadSignatureException extends Exception {

    private static final long serialVersionUID = 1L;

    public BadSignatureException(String message) {
        super(message);
    }

    public BadSignatureException(String message, Throwable cause) {
        super(message, cause);
    }
}
