package dev.interlock.front.tls;

/** Thrown if a certificate or its key cannot be used. The message never quotes either. */
public final class InvalidIdentityException extends Exception {

    private static final long serialVersionUID = 1L;

    private final boolean ofKey;

    private InvalidIdentityException(String message, boolean ofKey) {
        super(message);
        this.ofKey = ofKey;
    }

    static InvalidIdentityException ofChain(String wrong, String next) {
        return new InvalidIdentityException(wrong + "; " + next, false);
    }

    static InvalidIdentityException ofKey(String wrong, String next) {
        return new InvalidIdentityException(wrong + "; " + next, true);
    }

    /** Returns whether the fault is in the key, and not in the chain. */
    public boolean isOfKey() {
        return ofKey;
    }
}
