package dev.interlock.catalog;

import dev.interlock.action.Resource;
import dev.interlock.catalog.mcp.ToolPin;
import java.util.Map;
import java.util.Set;

/**
 * What a catalog lists of an MCP server: its tools, and what it may ask for.
 *
 * @param endpoint the path where the server is asked for them
 * @param self what a client touches that asks the server about itself
 * @param names their names
 * @param pins what the server says of them, as far as a person has sealed that; by their names
 * @param segments the rules about arguments that it writes into paths, as a catalog has them
 * @param asks the methods by which the server may ask its client for something
 * @param tasks the names of the tools that may run as tasks
 * @param inSession the names of those that choose what later calls act on, or act on what was chosen
 */
public record McpTools(
        String endpoint,
        Resource self,
        Set<String> names,
        Map<String, ToolPin> pins,
        Set<String> segments,
        Set<String> asks,
        Set<String> tasks,
        Set<String> inSession) {
    public McpTools {
        names = Set.copyOf(names);
        pins = Map.copyOf(pins);
        segments = Set.copyOf(segments);
        asks = Set.copyOf(asks);
        tasks = Set.copyOf(tasks);
        inSession = Set.copyOf(inSession);
    }
}
