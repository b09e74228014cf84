package dev.interlock.evidence;

import java.util.Locale;

/** How much a signature by a key proves about who was there. */
public enum KeyClass {
    /** A security key: somebody was present and touched it. */
    HARDWARE,
    /** A file: whoever can read it can sign. Always reported as weak. */
    SOFTWARE;

    /** The word used in statements, receipts and reports. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
