package dev.interlock.evidence;

public final class BadProofException extends Exception {

    private static final long serialVersionUID = 1L;

    public BadProofException(String message) {
        super(message);
    }
}
