package dev.interlock.evidence;

import java.util.Locale;

/** The strength of a key: how much a signature proves about who was present. */
public enum KeyClass {
    /** A security key: somebody was present and touched it. */
    HARDWARE,
    /** A file: everybody who can read it can sign. It is always reported as weak. */
    SOFTWARE;

    /** The word used in statements, receipts and reports. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
