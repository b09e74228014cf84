package dev.interlock.adopt;

import java.util.Locale;

/** What a credential opens, the worst first. */
public enum Danger {
    /** Production, or everything of an account. */
    CRITICAL,
    /** One provider. */
    HIGH,
    /** One thing, or it cannot be told. */
    MEDIUM,
    /** For tests, or meant to be shared. */
    LOW;

    /** The word in files and on screens. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
