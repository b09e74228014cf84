/**
 * Interlock: the missing interlock between AI agents and everything they can break.
 *
 * <p>Read in this order: {@link dev.interlock.gate} is the path that every call takes; {@link dev.interlock.action}
 * holds its nouns. Behind the gate lie {@code identity} (whose lease is it), {@code catalog} (what does the call mean),
 * {@code inventory} (what would it cost), {@code policy} (may it), {@code confirm} (who says so), {@code vault} (with
 * which credential) and {@code ledger} (what is on record); {@code store} keeps what some of them must not forget. In
 * front of it, {@code front.http} speaks the wire. {@code admin}, {@code console} and {@code cli} are for people,
 * {@code confine} runs agents. The other rooms, and who may know whom, are in ARCHITECTURE.md.
 *
 * <p>This package itself only wires them: {@code Interlock} is the composition root.
 */
@NullMarked
package dev.interlock.daemon;

import org.jspecify.annotations.NullMarked;
