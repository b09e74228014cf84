package dev.interlock.catalog;

import dev.interlock.action.Refusal.Finality;
import dev.interlock.action.RefusalText;
import dev.interlock.catalog.mcp.McpException;
import dev.interlock.config.Suggestions;
import java.util.Collection;

/**
 * Ends a classification from deep inside a request. {@link Catalog} turns it into a value; it never leaves the package.
 */
class UnknownCallException extends RuntimeException {

    private static final int MAX_COMPARED = 80;

    private final String reason;
    private final String next;
    private final Finality finality;

    UnknownCallException(String reason, String next) {
        this(reason, next, Finality.RETRYABLE);
    }

    UnknownCallException(RefusalText text, Object... values) {
        this(text.with(values), Finality.RETRYABLE);
    }

    private UnknownCallException(RefusalText text, Finality finality) {
        this(text.reason(), text.next(), finality);
    }

    UnknownCallException(String reason, String next, Finality finality) {
        super(reason, null, false, false); // no stack trace: an agent decides how often this is thrown
        this.reason = reason;
        this.next = next;
        this.finality = finality;
    }

    /** Returns the exception for a message that is not as MCP says. */
    static UnknownCallException of(McpException e) {
        return new UnknownCallException(e.reason(), e.next(), e.finality());
    }

    /**
     * Returns the exception for a request that was read correctly but is in no list. It will not pass later or in
     * another form.
     */
    static UnknownCallException unlisted(String reason, String next) {
        return new UnknownCallException(reason, next, Finality.FINAL);
    }

    static UnknownCallException unlisted(RefusalText text, Object... values) {
        return new UnknownCallException(text.with(values), Finality.FINAL);
    }

    /**
     * Returns a question after the name that an agent probably meant, to begin the next step with; empty if none of
     * {@code known} is like it. A long name is not compared: the agent decides how often this runs.
     */
    static String meant(String name, Collection<String> known) {
        return name.length() > MAX_COMPARED
                ? ""
                : Suggestions.misspelled(name, known)
                        .map(near -> "Is `" + near + "` meant? ")
                        .orElse("");
    }

    CallExplanation.UnexplainedCall notUnderstood() {
        return new CallExplanation.UnexplainedCall(reason, next, finality);
    }
}
