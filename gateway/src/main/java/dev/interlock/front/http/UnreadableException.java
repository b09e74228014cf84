package dev.interlock.front.http;

import dev.interlock.action.Refusal;

/** A request that has no single reading, or one that is not spoken here. */
final class UnreadableException extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient Refusal refusal;
    private final boolean broken;

    private UnreadableException(String reason, String next, boolean broken) {
        super(reason, null, false, false);
        this.refusal = Refusal.notUnderstood(reason, next);
        this.broken = broken;
    }

    /** The bytes themselves are ambiguous: nobody can say where the request ends, so the connection must close. */
    static UnreadableException broken(String reason) {
        return new UnreadableException(reason, "Send one well-formed HTTP/1.1 request at a time.", true);
    }

    /** The request is whole, but asks for something that is not spoken here. */
    static UnreadableException refused(String reason, String next) {
        return new UnreadableException(reason, next, false);
    }

    Refusal refusal() {
        return refusal;
    }

    boolean isBroken() {
        return broken;
    }
}
