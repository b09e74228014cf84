package dev.interlock.adopt;

import java.util.Locale;

/** The danger of a leaked credential, the worst first. */
public enum Danger {
    /** It opens production, or a whole account. */
    CRITICAL,
    /** It opens one provider. */
    HIGH,
    /** It opens one thing, or the scope is unknown. */
    MEDIUM,
    /** It is for tests, or meant to be shared. */
    LOW;

    /** The name in files and on screens. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
