package dev.interlock.inventory;

/** How old an answer may be. */
public enum Freshness {
    /** As old as {@code Pictures.MAX_AGE}, unless something would be destroyed: that is always asked anew. */
    CACHED,
    /** Asked now: what a confirmation is consumed on. */
    FRESH
}
