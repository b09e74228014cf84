/**
 * Agents that start confined by their usual command: where each keeps its settings and its history, and the shim that
 * starts it in {@code interlock run}.
 *
 * <p>This package must not know the gateway, nor how a sandbox is built. Start with
 * {@link dev.interlock.agents.Protection}, which has what differs from agent to agent;
 * {@link dev.interlock.home.AgentHome} is what one of them sees as its home, and {@link dev.interlock.home.Shim} the
 * command.
 */
@NullMarked
package dev.interlock.home;

import org.jspecify.annotations.NullMarked;
