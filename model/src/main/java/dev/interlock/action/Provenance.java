package dev.interlock.action;

import java.util.Locale;

/** Who says so. */
public enum Provenance {
    /** The seal. */
    SEALED,
    /** The upstream, asked by the gateway with its own read credential. */
    RESOLVED,
    /** Whoever has a key that the seal names for it, over what they did themselves. */
    ATTESTED,
    /** The agent or a server: may raise protection, never lower it. */
    CLAIMED;

    /** The word used in receipts. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
