package dev.interlock.action;

import java.util.Locale;

/** Whether an operation's effect can be undone. Ordered: a later one is worse. */
public enum Reversibility {
    REVERSIBLE,
    /** For a provider's grace period, and perhaps only by a person. */
    RECOVERABLE,
    IRREVERSIBLE;

    /** The word used in policies, receipts and files. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
