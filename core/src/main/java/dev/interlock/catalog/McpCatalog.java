package dev.interlock.catalog;

import dev.interlock.catalog.graphql.Value;
import dev.interlock.catalog.mcp.McpMethod;
import dev.interlock.catalog.mcp.ServerMessage;
import dev.interlock.catalog.mcp.ToolPin;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The content of the catalog file of a server that speaks MCP.
 *
 * @param endpoints the paths where it is answered
 * @param forwarded the header fields that go upstream besides the protocol's own, lower case
 * @param methods the methods that are read, by their names in messages
 * @param self the type of the resource {@code self} that the protocol's own methods touch
 * @param pins what the server says of its tools, by their names
 * @param asks what the server may ask its client for
 * @param commandLine the program that it starts with the arguments of its tools, if it starts one
 */
record McpCatalog(
        CatalogHead head,
        Set<String> endpoints,
        Set<String> forwarded,
        ProviderSchema shapes,
        Map<String, McpMethod> methods,
        String self,
        List<SegmentRule> segments,
        Map<String, McpTool> tools,
        Map<String, ToolPin> pins,
        Set<ServerMessage.Ask> asks,
        Set<String> tasks,
        Optional<CommandLine> commandLine) {

    String name() {
        return head.name();
    }

    /** Returns the types of the resources that tools may touch. */
    Set<String> resourceTypes() {
        Set<String> types = new TreeSet<>();
        operations().values().forEach(entry -> types.addAll(entry.types()));
        return types;
    }

    /** Refuses {@code arguments} of a tool that could lead elsewhere, or be more than an argument. */
    void requirePlain(Map<String, Value> arguments) {
        segments.forEach(rule -> rule.requireHere(arguments));
        commandLine.ifPresent(program -> program.requireWords(arguments));
    }

    /** Returns what calls of tools can be, by name, in the file's order. */
    Map<String, CatalogEntry> operations() {
        Map<String, CatalogEntry> operations = new LinkedHashMap<>();
        tools.values().forEach(tool -> operations.putAll(tool.operations()));
        return operations;
    }
}
