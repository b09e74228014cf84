/**
 * Brings the store up to the ledger at the start. The ledger records everything that tightens; a store from a backup
 * has forgotten a part of it. Start with {@link dev.interlock.replay.StoreReplay}. It knows receipts and what the
 * packages behind the gate can restore, and nothing of calls.
 */
@NullMarked
package dev.interlock.replay;

import org.jspecify.annotations.NullMarked;
