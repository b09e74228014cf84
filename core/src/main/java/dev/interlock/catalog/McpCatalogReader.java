package dev.interlock.catalog;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads and checks the catalog file of a server that speaks MCP. Format: {@code docs/formats/catalog.md}. */
final class McpCatalogReader {

    /** The names that MCP permits for tools. */
    private static final Pattern TOOL = Pattern.compile("[A-Za-z0-9_./-]{1,128}");

    /** Header fields that the gateway itself writes, or that ask for another method or path. */
    private static final Set<String> NEVER_FORWARDED = Set.of(
            "accept",
            "content-type",
            McpHeaders.LAST_EVENT,
            "x-http-method-override",
            "x-http-method",
            "x-method-override",
            "x-original-method",
            "x-original-url",
            "x-rewrite-url");

    private McpCatalogReader() {}

    static McpCatalog read(CatalogSection top) {
        top.only(
                "format",
                "provider",
                "protocol",
                "endpoints",
                "carriers",
                "forwarded-headers",
                "ignores-case",
                "holds-data",
                "plain",
                "words",
                "inputs",
                "methods",
                "tools",
                "pins");
        CatalogFile.requireFormat(top);
        String name = CatalogFile.provider(top.require("provider"));
        ProviderSchema shapes = ProviderSchema.inputs(top.find("inputs"));
        PlainPaths plain = new PlainPaths(top);
        EntryReader entries =
                new EntryReader(name, shapes, new ConditionReader(WordList.lists(top.find("words"))), plain::contains);
        Map<String, CatalogEntry> tools = tools(top.require("tools"), entries);
        McpCatalog catalog = new McpCatalog(
                name,
                endpoints(top.require("endpoints")),
                CatalogFile.carriers(top.require("carriers").only("headers", "query", "cookies")),
                forwarded(top.require("forwarded-headers")),
                new IgnoredCase(Set.copyOf(top.texts("ignores-case"))),
                new HashSet<>(),
                shapes,
                methods(top),
                tools,
                pins(top, tools.keySet()));
        plain.requireUsed();
        CatalogFile.requireIgnoredCase(top, catalog.resourceTypes());
        catalog.holdsData().addAll(CatalogFile.holdsData(top, catalog.resourceTypes()));
        return catalog;
    }

    private static Set<String> endpoints(CatalogSection section) {
        Set<String> endpoints = GraphqlCatalogReader.endpoints(section);
        if (endpoints.isEmpty()) {
            throw section.wrong("must name a path");
        }
        return endpoints;
    }

    private static Set<String> forwarded(CatalogSection section) {
        for (CatalogSection item : section.items()) {
            if (item.text().startsWith("mcp-") || NEVER_FORWARDED.contains(item.text())) {
                throw item.wrong("is written by the gateway itself, or never sent");
            }
        }
        return CatalogFile.headers(section);
    }

    private static Map<String, McpMethod> methods(CatalogSection top) {
        Map<String, McpMethod> methods = new LinkedHashMap<>();
        for (McpMethod method : McpMethod.values()) {
            if (!method.isListed()) {
                methods.put(method.text(), method);
            }
        }
        for (String listed : top.texts("methods")) {
            McpMethod method = McpMethod.find(listed)
                    .filter(McpMethod::isListed)
                    .orElseThrow(() -> top.require("methods").wrong("`" + listed + "` is no method to be listed"));
            if (methods.put(listed, method) != null) {
                throw top.require("methods").wrong("`" + listed + "` is listed twice");
            }
        }
        return methods;
    }

    private static Map<String, ToolPin> pins(CatalogSection top, Set<String> tools) {
        Map<String, ToolPin> pins = new LinkedHashMap<>();
        top.find("pins")
                .ifPresent(section -> section.members().forEach((name, pinned) -> {
                    ToolPin pin = pin(pinned);
                    if (!pin.name().equals(name) || !tools.contains(name)) {
                        throw pinned.wrong("is no pin of this tool, or the catalog does not list the tool");
                    }
                    if (pin.hasHiddenText()) {
                        throw pinned.wrong("has characters that nobody sees");
                    }
                    pins.put(name, pin);
                }));
        return pins;
    }

    private static ToolPin pin(CatalogSection section) {
        try {
            return ToolPin.read(section.text());
        } catch (CatalogException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw section.wrong("is no pin: " + e.getMessage());
        }
    }

    private static Map<String, CatalogEntry> tools(CatalogSection section, EntryReader entries) {
        Map<String, CatalogEntry> tools = new LinkedHashMap<>();
        CatalogMistakes mistakes = new CatalogMistakes();
        section.members()
                .forEach((name, tool) -> mistakes.in(() -> {
                    if (!TOOL.matcher(name).matches() || name.startsWith(McpMethod.OPERATION)) {
                        throw tool.wrong(
                                "is no name of a tool: letters, digits and `._/-`, and not `mcp/` before them");
                    }
                    tools.put(name, entries.tool(tool));
                }));
        mistakes.requireNone();
        tools.forEach((name, entry) -> entry.safer()
                .map(safer -> safer.operation().name())
                .filter(safer -> !tools.containsKey(safer))
                .ifPresent(_ -> {
                    throw section.require(name).require("safer").wrong("is not a tool of this catalog");
                }));
        return tools;
    }
}
