/**
 * Adopts seals and stores them. Start with {@link dev.interlock.seals.SealAdopter}. {@code SealAnchor} reads the
 * ledger, so that a store that was put back cannot bring back an older seal.
 */
@NullMarked
package dev.interlock.seals;

import org.jspecify.annotations.NullMarked;
