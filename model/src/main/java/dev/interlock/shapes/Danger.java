package dev.interlock.shapes;

import dev.interlock.evidence.Keyword;

/** The danger of a leaked credential, the worst first. */
public enum Danger implements Keyword {
    /** It opens production, or a whole account. */
    CRITICAL,
    /** It opens one provider. */
    HIGH,
    /** It opens one thing, or the scope is unknown. */
    MEDIUM,
    /** It is for tests, or meant to be shared. */
    LOW;
}
