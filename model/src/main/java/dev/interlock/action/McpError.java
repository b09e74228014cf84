package dev.interlock.action;

import dev.interlock.evidence.Json;

/**
 * The error that MCP has for a message that is not as the protocol says.
 *
 * @param details what its data says beside the refusal
 */
public record McpError(int status, int code, Json.Members details) {}
