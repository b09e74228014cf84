/**
 * What attempts add up to: budgets, sequences, and resources that were destroyed and stay as they are until a person
 * lifts that.
 *
 * <p>It must not know protocols, Cedar or credentials. It only ever makes a verdict stricter; whatever goes wrong here
 * refuses what a limit could be about, and touches nothing else. Start with {@link dev.interlock.velocity.Velocity},
 * which the gate asks twice: while it decides, and once more, atomically, between the durable intent and the first
 * byte.
 */
@NullMarked
package dev.interlock.velocity;

import org.jspecify.annotations.NullMarked;
