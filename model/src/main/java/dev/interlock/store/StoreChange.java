package dev.interlock.store;

/**
 * A row of the store that a gateway wrote, and of which others may have a copy in memory.
 *
 * @param number the number of the transaction, which is greater than those of all that were committed before it
 * @param kind whose row it is, such as {@code lease}
 * @param key which row of that kind
 */
public record StoreChange(long number, String kind, String key) {}
