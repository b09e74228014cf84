package dev.interlock.shapes;

/** The condition for a match, in addition to the pattern. */
public enum MatchCheck {
    /** None: the pattern is enough. */
    FORM,
    /** It must not be a placeholder from documentation. */
    NAMED,
    /** It must have letters and digits, and no words: only the name before it suggests a credential. */
    MIXED
}
