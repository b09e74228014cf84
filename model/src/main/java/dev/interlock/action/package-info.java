/**
 * The nouns that every room shares: what an agent attempts, what it means, what it would cost, and what was decided.
 *
 * <p>Immutable values only. Nothing here reads a wire, a file or a clock, and nothing here knows another room. Start
 * with {@link dev.interlock.action.Attempt} (what came in), {@link dev.interlock.action.Sensed} (what it was understood
 * to be) and {@link dev.interlock.action.Verdict} (what was decided).
 */
@NullMarked
package dev.interlock.action;

import org.jspecify.annotations.NullMarked;
