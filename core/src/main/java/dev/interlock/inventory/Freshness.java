package dev.interlock.inventory;

/** The permitted age of a provider's answer. */
public enum Freshness {
    /**
     * At most {@code TopologyCache.MAX_AGE} old. If something would be destroyed, the provider is always queried anew.
     */
    CACHED,
    /** Queried now, for the use of a confirmation. Calls that nobody signed do not use up what this may query. */
    FRESH
}
