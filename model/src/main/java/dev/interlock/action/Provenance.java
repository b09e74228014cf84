package dev.interlock.action;

import java.util.Locale;

/** The source of a fact. */
public enum Provenance {
    /** The seal. */
    SEALED,
    /** The upstream, which the gateway asked with its own read credential. */
    RESOLVED,
    /** The holder of a key that the seal names for this, about what they did themselves. */
    ATTESTED,
    /** The agent or a server: it may raise protection, never lower it. */
    CLAIMED;

    /** The name in receipts. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
