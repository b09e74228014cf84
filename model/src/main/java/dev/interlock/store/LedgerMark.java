package dev.interlock.store;

import java.time.Instant;

/**
 * The receipt up to which the store is known to hold everything that the ledger holds. A store from a backup has an
 * older mark than its ledger has receipts, and a new store has none.
 */
public record LedgerMark(String origin, long size, Instant at) {}
