/**
 * Holds: attempts that wait for people, what the people sign, and the one use that their signatures buy.
 *
 * <p>The statement and its nonce stay on the people's side: what the gate may pass to an agent is a
 * {@link dev.interlock.confirm.HoldTicket}, which has neither. This room must not know how signatures are carried (a
 * socket, a page), which credential a confirmation opens, or why policy asked for one.
 *
 * <p>Start with {@link dev.interlock.confirm.Confirmations} (the gate's side) and
 * {@link dev.interlock.confirm.Confirmers} (the people's). {@code Hold} is the state machine that
 * {@code docs/design/lifecycle.md} draws.
 */
@NullMarked
package dev.interlock.confirm;

import org.jspecify.annotations.NullMarked;
