/**
 * The nouns that all packages share: what an agent attempts, what it means, what it would cost, and what was decided.
 *
 * <p>All values are immutable. Nothing here reads from the network, a file or a clock. Of Interlock's packages it uses
 * only {@code evidence}. Start with {@link dev.interlock.action.Attempt} (what came in),
 * {@link dev.interlock.action.ResolvedAttempt} (its resolved meaning) and {@link dev.interlock.action.Verdict} (what
 * was decided).
 */
@NullMarked
package dev.interlock.action;

import org.jspecify.annotations.NullMarked;
