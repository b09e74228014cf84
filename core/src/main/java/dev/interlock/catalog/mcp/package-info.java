/**
 * The protocol MCP, of 2024-11-05 to 2026-07-28: reads each message strictly, and writes it anew.
 *
 * <p>It knows no catalog and decides nothing. {@link dev.interlock.catalog.mcp.McpEnvelope} is a client's request,
 * {@link dev.interlock.catalog.mcp.ServerMessage} and {@link dev.interlock.catalog.mcp.ToolList} are what a server
 * answers. Programs that speak MCP on their standard streams are relayed by {@code dev.interlock.stdio}, which reads no
 * more of a message than its method and identifier.
 */
@NullMarked
package dev.interlock.catalog.mcp;

import org.jspecify.annotations.NullMarked;
