package dev.interlock.store;

import java.time.Instant;

/**
 * The receipt up to which the store is known to hold everything that the ledger holds. A store from a backup has an
 * older mark than its ledger has receipts, and a new store has none.
 *
 * @param at when that was; the beginning of time if people were told that the ledger could not be read
 * @param key the ledger's key, by which other gateways verify copies of it; empty if a version without keys wrote it
 */
public record LedgerMark(String origin, long size, Instant at, String key) {}
