package dev.interlock.front.tls;

/** A certificate or its key cannot be used. The message never quotes either. */
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

    /** Whether the key is to blame, and not the chain. */
    public boolean isOfKey() {
        return ofKey;
    }
}
