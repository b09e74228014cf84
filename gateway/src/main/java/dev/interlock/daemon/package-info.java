/**
 * Interlock: the missing interlock between AI agents and everything they can break.
 *
 * <p>Read in this order: {@link dev.interlock.gate} is the path that every call takes; {@link dev.interlock.action}
 * holds its nouns. Behind the gate lie {@code identity} (whose lease is it), {@code catalog} (what does the call mean),
 * {@code inventory} (what would it cost), {@code policy} (may it), {@code confirm} (who approves it), {@code vault}
 * (with which credential) and {@code ledger} (what is on record). {@code store} persists what some of them must not
 * forget. In front of the gate, {@code front.http} speaks the protocol. {@code admin}, {@code console} and {@code cli}
 * are for people, {@code confine} runs agents. ARCHITECTURE.md lists the other packages, and which may use which.
 *
 * <p>This package only wires them: {@code Interlock} is the composition root, and each class named {@code Phase} makes
 * one part of it.
 */
@NullMarked
package dev.interlock.daemon;

import org.jspecify.annotations.NullMarked;
