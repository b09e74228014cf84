package dev.interlock.catalog;

import dev.interlock.action.Resource;
import java.util.Map;
import java.util.Set;

/**
 * The tools of an MCP server that a catalog lists.
 *
 * @param endpoint the path where the server is asked for them
 * @param self what a client touches that asks the server about itself
 * @param names their names
 * @param pins what the server says of them, as far as a person has sealed that; by their names
 */
public record McpTools(String endpoint, Resource self, Set<String> names, Map<String, ToolPin> pins) {
    public McpTools {
        names = Set.copyOf(names);
        pins = Map.copyOf(pins);
    }
}
