/**
 * Limits on several attempts together: budgets, sequences, and destroyed resources that stay read-only until a person
 * lifts the freeze.
 *
 * <p>This package must not know protocols, Cedar or credentials. It can only make a verdict stricter. A failure here
 * refuses the attempts that a limit could apply to, and affects no others. Start with
 * {@link dev.interlock.limits.LimitEnforcer}. The gate calls it twice: while it decides, and once more, atomically,
 * between the durable intent and the first byte.
 */
@NullMarked
package dev.interlock.limits;

import org.jspecify.annotations.NullMarked;
