package dev.interlock.action;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What an agent is told. A contract: it says whether this is policy or a fault, and whose, what class of action it
 * covers, why, and the next legal step.
 *
 * @param kind the machine's word
 * @param finality whether asking again can help
 * @param reason one or two whole sentences; no secret, no text of the agent's that was not neutralised
 * @param next the next legal step, as a sentence or a command; never empty
 * @param covers which class of action is refused, so that a variant is known to be refused too
 * @param elevation the command that asks a person for more, where that can help
 */
public record Refusal(
        Kind kind, Finality finality, String reason, String next, List<String> covers, Optional<String> elevation) {

    /** The machine's word for a refusal. */
    public enum Kind {
        /** Policy or the lease says no. */
        DENIED,
        /** A person must confirm first. */
        CONFIRMATION_REQUIRED,
        /** It carried a credential that is no lease. */
        FOREIGN_CREDENTIAL,
        /** It could not be read without doubt, or is in no catalog. */
        NOT_UNDERSTOOD,
        /** Interlock itself cannot decide or record now, and therefore refuses. */
        UNAVAILABLE,
        /** It was let through, and the upstream could not be reached or, by its own word, did not look at it. */
        NOT_SENT,
        /** It only looks, and left, and no answer came: nothing has changed. */
        UNANSWERED,
        /** It left, and no answer came: it may have happened. */
        UNKNOWN;

        /** The word used on the wire and in receipts. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Whether asking again can help. */
    public enum Finality {
        /** No variant of it will pass. */
        FINAL,
        /** A person can make it pass. */
        APPROVABLE,
        /** The same request may pass later, or in another form. */
        RETRYABLE;

        /** The word used on the wire and in receipts. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Refusal {
        covers = List.copyOf(covers);
    }

    /** The request could not be read without doubt: {@code reason} says where, {@code next} how to write it. */
    public static Refusal notUnderstood(String reason, String next) {
        return notUnderstood(reason, next, Finality.RETRYABLE);
    }

    /** As {@link #notUnderstood(String, String)}, with whether it may pass later or in another form. */
    public static Refusal notUnderstood(String reason, String next, Finality finality) {
        return new Refusal(Kind.NOT_UNDERSTOOD, finality, reason, next, List.of(), Optional.empty());
    }

    /** Interlock cannot do its part now. */
    public static Refusal unavailable(String reason, String next) {
        return new Refusal(Kind.UNAVAILABLE, Finality.RETRYABLE, reason, next, List.of(), Optional.empty());
    }

    /** Policy says no, for good. */
    public static Refusal denied(String reason, String next, List<String> covers) {
        return new Refusal(Kind.DENIED, Finality.FINAL, reason, next, covers, Optional.empty());
    }
}
