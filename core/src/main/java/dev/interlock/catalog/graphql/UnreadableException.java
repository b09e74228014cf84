package dev.interlock.catalog.graphql;

import dev.interlock.action.Refusal.Finality;
import dev.interlock.action.RefusalText;

/** Ends the reading of a request from deep inside it: it has no meaning, or more than one. Its texts are sentences. */
public class UnreadableException extends RuntimeException {

    private static final long serialVersionUID = 1;
    private final String reason;
    private final String next;
    private final Finality finality;

    public UnreadableException(RefusalText text, Object... values) {
        this(text.with(values).reason(), text.with(values).next());
    }

    public UnreadableException(String reason, String next) {
        this(reason, next, Finality.RETRYABLE);
    }

    protected UnreadableException(String reason, String next, Finality finality) {
        super(reason, null, false, false); // no stack trace: an agent decides how often this is thrown
        this.reason = reason;
        this.next = next;
        this.finality = finality;
    }

    /** Returns the exception for a request that was read correctly but is in no list. */
    public static UnreadableException unlisted(String reason, String next) {
        return new UnreadableException(reason, next, Finality.FINAL);
    }

    public String reason() {
        return reason;
    }

    public String next() {
        return next;
    }

    public Finality finality() {
        return finality;
    }
}
