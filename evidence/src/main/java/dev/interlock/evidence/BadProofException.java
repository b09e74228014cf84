package dev.interlock.evidence;

/** A proof that does not verify. */
public final class BadProofException extends Exception {

    private static final long serialVersionUID = 1L;

    public BadProofException(String message) {
        super(message);
    }
}
