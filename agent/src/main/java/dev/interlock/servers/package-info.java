/**
 * Servers of MCP in the settings of agents: how each agent names them, and how those of the seal get there.
 *
 * <p>Start with {@link dev.interlock.servers.ServerSettings}. This package must not know the gateway, nor where an
 * agent runs.
 */
@NullMarked
package dev.interlock.servers;

import org.jspecify.annotations.NullMarked;
