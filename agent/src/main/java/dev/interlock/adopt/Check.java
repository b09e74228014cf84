package dev.interlock.adopt;

/** How much more than its pattern a credential must be. */
public enum Check {
    /** Nothing more: its form is enough. */
    FORM,
    /** Anything but the words that documentation writes in its place. */
    NAMED,
    /** Letters and digits, and no words: it goes by the name before it alone. */
    MIXED
}
