package dev.interlock.action;

import dev.interlock.evidence.Keyword;

/** The source of a fact. */
public enum Provenance implements Keyword {
    /** The seal. */
    SEALED,
    /** The upstream, which the gateway asked with its own read credential. */
    RESOLVED,
    /** The holder of a key that the seal names for this, about what they did themselves. */
    ATTESTED,
    /**
     * The agent or a server: it may raise protection, never lower it. An argument may, because the gateway forwards
     * exactly what it read, and that decides the effect.
     */
    CLAIMED;
}
