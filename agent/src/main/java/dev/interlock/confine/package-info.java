/**
 * Runs an agent with no other way out than one socket to the gateway.
 *
 * <p>Builds a bubblewrap sandbox from a table of walls, drops to the agent's own user before entering it, and hands the
 * lease in by file descriptor. It must not know what a policy, a credential or an upstream is: it gets a socket and a
 * token from whoever opened the place. Start with {@link dev.interlock.confine.Launch} (one agent's run, from opening
 * the place to closing it), then {@link dev.interlock.confine.Confinement} and {@code Walls}.
 */
@NullMarked
package dev.interlock.confine;

import org.jspecify.annotations.NullMarked;
