package dev.interlock.catalog;

import java.util.Map;
import java.util.Optional;

/**
 * What Interlock knows of an MCP server.
 *
 * @param named the package or host by which a person has named it
 * @param tools what its tools do, by their names
 */
public record KnownServer(String named, Map<String, KnownTool> tools) {
    public KnownServer {
        tools = Map.copyOf(tools);
    }

    /** Returns what the tool {@code name} does, if that is known. */
    public Optional<KnownTool> tool(String name) {
        return Optional.ofNullable(tools.get(name));
    }
}
