package dev.interlock.front.tls;

/** Thrown if a certificate or its key cannot be used. The message never quotes either. */
public final class BadIdentityException extends Exception {

    private static final long serialVersionUID = 1L;

    private final boolean ofKey;

    private BadIdentityException(String message, boolean ofKey) {
        super(message);
        this.ofKey = ofKey;
    }

    static BadIdentityException ofChain(String wrong, String next) {
        return new BadIdentityException(wrong + "; " + next, false);
    }

    static BadIdentityException ofKey(String wrong, String next) {
        return new BadIdentityException(wrong + "; " + next, true);
    }

    /** Returns whether the fault is in the key, and not in the chain. */
    public boolean isOfKey() {
        return ofKey;
    }
}
