package dev.interlock.action;

import dev.interlock.evidence.Keyword;

/** The source of a fact. */
public enum Provenance implements Keyword {
    /** The seal. */
    SEALED,
    /** The gateway found it out: it asked the upstream, or measured what it forwards. */
    RESOLVED,
    /** The holder of a key that the seal names for this, about what they did themselves. */
    ATTESTED,
    /**
     * The agent or a server: it may raise protection, never lower it. An argument may, because the gateway forwards
     * exactly what it read, and that decides the effect.
     */
    CLAIMED;
}
