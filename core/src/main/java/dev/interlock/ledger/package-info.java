/**
 * Appends receipts durably, and publishes them so that strangers can verify them.
 *
 * <p>A receipt is durable once {@link dev.interlock.ledger.Ledger#append} returns. The tree, the signed checkpoint, the
 * index and the replica follow later, off the path that calls wait on. It knows receipts and files, and nothing of
 * HTTP, policy or people. Start with {@link dev.interlock.ledger.Ledger}, then {@code Committer} (the commit point) and
 * {@code Publisher} (everything derived).
 */
@NullMarked
package dev.interlock.ledger;

import org.jspecify.annotations.NullMarked;
