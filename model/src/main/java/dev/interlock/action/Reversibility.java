package dev.interlock.action;

import dev.interlock.evidence.Keyword;

/** Tells whether an operation's effect can be undone. Ordered: a later value is worse. */
public enum Reversibility implements Keyword {
    REVERSIBLE,
    /** Recoverable during a provider's grace period, and perhaps only by a person. */
    RECOVERABLE,
    IRREVERSIBLE;
}
