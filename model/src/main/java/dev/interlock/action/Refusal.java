package dev.interlock.action;

import dev.interlock.evidence.Keyword;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The answer to an agent that is refused. It is a contract: it says whether this is policy or a fault, whose fault,
 * what class of action it covers, why, and the next legal step.
 *
 * @param reason one or two whole sentences; no secret, no text of the agent's that was not neutralised
 * @param next the next legal step, as a sentence or a command; never empty
 * @param covers the class of actions that is refused, so that an agent knows that a variant is refused too
 * @param elevation the command that asks a person for more, where that can help
 */
public record Refusal(
        Kind kind, Finality finality, String reason, String next, List<String> covers, Optional<String> elevation) {

    /** What a refusal begins its next step with if no variant will pass. */
    public static final String NO_OTHER_FORM = "Do not retry it in another form. ";

    /** The reason for the refusal of a GraphQL request that only names its document. */
    public static final String PERSISTED_QUERY =
            "Persisted queries are not supported: the request refers to a document that it does not contain.";

    public enum Kind {
        /** Policy or the lease says no. */
        DENIED,
        /** A person must confirm first. */
        CONFIRMATION_REQUIRED,
        /** It carried a credential that is no lease. */
        FOREIGN_CREDENTIAL,
        /** It could not be read without ambiguity, or is in no catalog. */
        NOT_UNDERSTOOD,
        /** Interlock itself cannot decide or record now, and therefore refuses. */
        UNAVAILABLE,
        /** It was permitted, but the upstream could not be reached, or said that it did not process the request. */
        NOT_SENT,
        /** It was a read, was sent, and got no answer: nothing has changed. */
        UNANSWERED,
        /** It was sent and got no answer: it may have happened. */
        UNKNOWN;

        /** The name on the wire and in receipts. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Tells whether asking again can help. */
    public enum Finality implements Keyword {
        /** No variant of it will pass. */
        FINAL,
        /** A person can make it pass. */
        APPROVABLE,
        /** The same request may pass later, or in another form. */
        RETRYABLE;
    }

    public Refusal {
        covers = List.copyOf(covers);
    }

    /**
     * Returns whether it is of a GraphQL request that only names its document. Its client can send the document then.
     */
    public boolean isPersistedQuery() {
        return kind == Kind.NOT_UNDERSTOOD && reason.equals(PERSISTED_QUERY);
    }

    /**
     * Returns a refusal of an ambiguous request; {@code reason} says where it is ambiguous, {@code next} how to write
     * it.
     */
    public static Refusal notUnderstood(String reason, String next) {
        return notUnderstood(reason, next, Finality.RETRYABLE);
    }

    /** Returns the same as {@link #notUnderstood(String, String)} with another finality. */
    public static Refusal notUnderstood(String reason, String next, Finality finality) {
        return new Refusal(Kind.NOT_UNDERSTOOD, finality, reason, next, List.of(), Optional.empty());
    }

    /** Returns a refusal because Interlock cannot do its part now. */
    public static Refusal unavailable(String reason, String next) {
        return new Refusal(Kind.UNAVAILABLE, Finality.RETRYABLE, reason, next, List.of(), Optional.empty());
    }

    /** Returns a final refusal by policy. */
    public static Refusal denied(String reason, String next, List<String> covers) {
        return new Refusal(Kind.DENIED, Finality.FINAL, reason, next, covers, Optional.empty());
    }
}
