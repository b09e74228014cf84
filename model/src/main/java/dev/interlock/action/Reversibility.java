package dev.interlock.action;

import java.util.Locale;

/** Tells whether an operation's effect can be undone. Ordered: a later value is worse. */
public enum Reversibility {
    REVERSIBLE,
    /** Recoverable during a provider's grace period, and perhaps only by a person. */
    RECOVERABLE,
    IRREVERSIBLE;

    /** The name in policies, receipts and files. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
