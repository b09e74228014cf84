package dev.interlock.catalog;

import java.util.Map;
import java.util.Set;

/**
 * The tools of an MCP server that a catalog lists.
 *
 * @param endpoint the path where the server is asked for them
 * @param names their names
 * @param pins what the server says of them, as far as a person has sealed that; by their names
 */
public record McpTools(String endpoint, Set<String> names, Map<String, ToolPin> pins) {
    public McpTools {
        names = Set.copyOf(names);
        pins = Map.copyOf(pins);
    }
}
