/**
 * Runs an agent whose only way out is one socket to the gateway.
 *
 * <p>The package builds a bubblewrap sandbox from a table of walls. It drops to the agent's own user before entering
 * the sandbox, and hands the lease in by file descriptor. It must not know policies, credentials or upstreams: it gets
 * a socket and a token from its caller. Start with {@link dev.interlock.confine.AgentLaunch} (one agent's run, from
 * opening the place to closing it), then {@link dev.interlock.confine.SandboxLauncher} and {@code BubblewrapArgs}.
 */
@NullMarked
package dev.interlock.confine;

import org.jspecify.annotations.NullMarked;
