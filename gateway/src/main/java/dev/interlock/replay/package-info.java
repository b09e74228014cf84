/**
 * Brings the store up to the ledgers at the start. A ledger records everything that tightens; a store from a backup has
 * forgotten a part of it. Closes the calls of gateways that do not come back. Start with
 * {@link dev.interlock.replay.StoreReplay}. It knows receipts and what the packages behind the gate can restore, and
 * nothing of calls.
 */
@NullMarked
package dev.interlock.replay;

import org.jspecify.annotations.NullMarked;
