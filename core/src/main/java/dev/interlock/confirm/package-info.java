/**
 * Holds: attempts that wait for people, the statements that people sign, and the one use of their confirmation.
 *
 * <p>The statement and its nonce stay on the people's side. The gate may pass only a
 * {@link dev.interlock.confirm.HoldTicket} to an agent, which has neither. This package must not know how signatures
 * are transported (a socket, a page), which credential a confirmation opens, or why policy asked for one.
 *
 * <p>Start with {@link dev.interlock.confirm.Confirmations} (the gate's side) and
 * {@link dev.interlock.confirm.HoldSigning} (the people's side). {@code Hold} is the state machine that
 * {@code docs/design/lifecycle.md} draws.
 */
@NullMarked
package dev.interlock.confirm;

import org.jspecify.annotations.NullMarked;
