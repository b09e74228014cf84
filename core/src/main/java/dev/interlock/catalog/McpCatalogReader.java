package dev.interlock.catalog;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.action.Impact;
import dev.interlock.catalog.mcp.McpHeaders;
import dev.interlock.catalog.mcp.McpMethod;
import dev.interlock.catalog.mcp.ServerMessage;
import dev.interlock.catalog.mcp.ToolPin;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads and checks the catalog file of a server that speaks MCP. Format: {@code docs/formats/catalog.md}. */
final class McpCatalogReader {

    private static final Pattern TOOL = Pattern.compile("[A-Za-z0-9_./-]{1,128}");

    private static final Set<String> NEVER_FORWARDED = Set.of(
            ("accept content-type x-http-method-override x-http-method x-method-override x-original-method x-original-url x-rewrite-url "
                            + McpHeaders.LAST_EVENT)
                    .split(" "));

    private static final String TARGET = "target";
    private static final String PART = "part";
    private static final String CHOSEN_BY = "chosen-by";
    private static final String CHOICES = "choices";

    private McpCatalogReader() {}

    static McpCatalog read(CatalogSection top) {
        top.only(
                "format provider protocol endpoints carriers forwarded-headers ignores-case holds-data plain words meanings inputs methods asks segments command-line tools tasks pins");
        CatalogFile.requireFormat(top);
        McpCatalog catalog = read(CatalogHead.read(top), top, "account");
        CatalogHead.requireIgnoredCase(top, catalog.resourceTypes());
        catalog.head().finish(top, catalog.resourceTypes());
        return catalog;
    }

    /**
     * Reads the part of a REST catalog that describes the provider's own server of MCP. Every client begins with the
     * protocol's own methods, so they touch a resource of their own: one that is placed for them must not open what
     * REST does to the account.
     */
    static McpCatalog part(CatalogHead head, CatalogSection part) {
        return read(
                head,
                part.only("endpoints forwarded-headers inputs methods asks segments command-line tools tasks"),
                "mcp");
    }

    private static McpCatalog read(CatalogHead head, CatalogSection own, String self) {
        ProviderSchema shapes = ProviderSchema.inputs(own);
        Map<String, McpTool> tools = tools(own.require("tools"), new EntryReader(head, shapes, head.plain()::contains));
        Set<String> tasks = own.once("tasks", tools.keySet(), "is no tool of this catalog");
        requireTargets(own, tools, tasks);
        tools.values().forEach(tool -> requireUndo(own.require("tools"), tool, tools, shapes));
        Set<String> endpoints = GraphqlCatalogReader.endpoints(own.require("endpoints"));
        if (endpoints.isEmpty()) {
            throw own.require("endpoints").wrong("must name a path");
        }
        for (CatalogSection item : own.require("forwarded-headers").items()) {
            if (item.text().startsWith("mcp-") || NEVER_FORWARDED.contains(item.text())) {
                throw item.wrong("is written by the gateway itself, or never sent");
            }
        }
        return new McpCatalog(
                head,
                endpoints,
                CatalogHead.headers(own, "forwarded-headers"),
                shapes,
                methods(own, !tasks.isEmpty()),
                self,
                segments(own, tools),
                tools,
                pins(own, tools.keySet()),
                asks(own),
                tasks,
                own.find("command-line").flatMap(section -> CommandLine.read(section, arguments(tools))));
    }

    private static Set<String> arguments(Map<String, McpTool> tools) {
        return tools.values().stream()
                .flatMap(tool -> tool.operations().values().stream())
                .flatMap(entry -> entry.shape().arguments().keySet().stream())
                .collect(Collectors.toSet());
    }

    private static List<SegmentRule> segments(CatalogSection own, Map<String, McpTool> tools) {
        List<SegmentRule> rules = new ArrayList<>();
        for (CatalogSection item : own.items("segments")) {
            SegmentRule rule = item.read(SegmentRule::parse);
            if (!arguments(tools).contains(rule.argument())) {
                throw item.wrong("is not an argument of any tool");
            }
            rules.add(rule);
        }
        return List.copyOf(rules);
    }

    private static Map<String, McpMethod> methods(CatalogSection top, boolean hasTasks) {
        Map<String, McpMethod> methods = new LinkedHashMap<>();
        for (McpMethod method : McpMethod.values()) {
            boolean isKnown = switch (method.known()) {
                case ALWAYS -> true;
                case WHERE_LISTED -> false;
                case WITH_TASKS -> hasTasks;
            };
            if (isKnown) {
                methods.put(method.text(), method);
            }
        }
        top.find("methods")
                .map(list -> list.once(item -> McpMethod.find(item.text())
                        .filter(found -> found.known() == McpMethod.Known.WHERE_LISTED)
                        .orElseThrow(() -> item.wrong("is no method to be listed"))))
                .orElse(Set.of())
                .forEach(method -> methods.put(method.text(), method));
        return methods;
    }

    private static Set<ServerMessage.Ask> asks(CatalogSection top) {
        return top.find("asks")
                .map(list -> list.once(item -> ServerMessage.Ask.find(item.text())
                        .orElseThrow(() -> item.wrong("is nothing that servers ask for"))))
                .orElse(Set.of());
    }

    private static Map<String, ToolPin> pins(CatalogSection top, Set<String> tools) {
        Map<String, ToolPin> pins = new LinkedHashMap<>();
        top.members("pins").forEach((name, pinned) -> {
            ToolPin pin = pinned.read(ToolPin::read);
            if (!pin.name().equals(name) || !tools.contains(name)) {
                throw pinned.wrong("is no pin of this tool, or the catalog does not list the tool");
            }
            if (pin.hasHiddenText()) {
                throw pinned.wrong("has characters that nobody sees");
            }
            pins.put(name, pin);
        });
        return pins;
    }

    private static Map<String, McpTool> tools(CatalogSection section, EntryReader entries) {
        Map<String, McpTool> tools = new LinkedHashMap<>();
        Set<String> operations = new HashSet<>();
        CatalogMistakes mistakes = new CatalogMistakes();
        section.members()
                .forEach((name, tool) -> mistakes.in(() -> {
                    if (!TOOL.matcher(name).matches() || name.startsWith(McpMethod.OPERATION)) {
                        throw tool.wrong(
                                "is no name of a tool: letters, digits and `._/-`, and not `mcp/` before them");
                    }
                    McpTool read = tool(name, tool, entries);
                    if (!Collections.disjoint(operations, read.operations().keySet())) {
                        throw tool.wrong("has the name of another tool's operation");
                    }
                    operations.addAll(read.operations().keySet());
                    tools.put(name, read);
                }));
        mistakes.requireNone();
        tools.forEach((name, tool) -> tool.operations().values().stream()
                .flatMap(entry -> entry.safer().stream())
                .map(safer -> safer.operation().name())
                .filter(safer -> !operations.contains(safer))
                .forEach(safer -> {
                    throw section.require(name).wrong("`" + safer + "` is not a tool of this catalog");
                }));
        return tools;
    }

    private static McpTool tool(String name, CatalogSection section, EntryReader entries) {
        Optional<CatalogSection> chooser = section.find(CHOSEN_BY);
        if (chooser.isEmpty()) {
            CatalogEntry entry = entries.tool(name, section);
            return new McpTool(
                    name,
                    Optional.empty(),
                    Map.of(name, entry),
                    Map.of(name, target(section, entry)),
                    EntryReader.isMarked(section, PART) ? Set.of(name) : Set.of());
        }
        Set<String> ofParts = new HashSet<>();
        Map<String, CatalogEntry> operations = new LinkedHashMap<>();
        Map<String, McpTool.TargetRule> targets = new LinkedHashMap<>();
        section.require(CHOICES).members().forEach((choice, own) -> {
            if (!TOOL.matcher(choice).matches()) {
                throw own.wrong("must consist of letters, digits and `._/-`");
            }
            CatalogSection merged = merged(section, own);
            String operation = McpTool.operation(name, choice);
            CatalogEntry entry = entries.tool(operation, merged);
            operations.put(operation, entry);
            targets.put(operation, target(merged, entry));
            if (EntryReader.isMarked(merged, PART)) {
                ofParts.add(operation);
            }
        });
        String by = chooser.get().text();
        if (operations.isEmpty()
                || operations.values().stream()
                        .anyMatch(entry -> !entry.shape().arguments().containsKey(by))) {
            throw chooser.get().wrong("must be one of the arguments in `takes`, and `choices` must not be empty");
        }
        return new McpTool(name, Optional.of(by), operations, targets, ofParts);
    }

    private static McpTool.TargetRule target(CatalogSection section, CatalogEntry entry) {
        Optional<CatalogSection> by = section.find(TARGET);
        by.filter(named -> !named.text().equals(McpTool.SESSION)
                        && !entry.shape().arguments().containsKey(named.text()))
                .ifPresent(named -> {
                    throw named.wrong("must be `session`, or the argument that names the target");
                });
        return new McpTool.TargetRule(by.map(CatalogSection::text), EntryReader.isMarked(section, "sets-target"));
    }

    /** Where some tools choose what others act on, those that lose something must say whether they go by that. */
    private static void requireTargets(CatalogSection own, Map<String, McpTool> tools, Set<String> tasks) {
        boolean isChosen = tools.values().stream()
                .anyMatch(tool -> tool.targets().values().stream().anyMatch(McpTool.TargetRule::isSet));
        tools.forEach((name, tool) -> tool.operations().forEach((operation, entry) -> {
            McpTool.TargetRule rule = Objects.requireNonNull(tool.targets().get(operation));
            boolean isGrave = entry.possible().contains(Impact.DESTROY)
                    || entry.possible().contains(Impact.EXECUTE);
            CatalogSection section = own.require("tools").require(name);
            if (isChosen && isGrave && rule.by().isEmpty() && entry.resources().isEmpty()) {
                throw section.wrong("needs `target` or `resources`: another tool chooses what this one acts on");
            }
            if (rule.concernsSession() && tasks.contains(name)) {
                throw section.wrong("must not run as a task: its target could change before it ends");
            }
        }));
    }

    private static void requireUndo(
            CatalogSection section, McpTool tool, Map<String, McpTool> tools, ProviderSchema shapes) {
        tool.operations()
                .forEach((operation, entry) -> entry.undo().ifPresent(undo -> {
                    CatalogSection own = section.require(tool.name());
                    undo.requireFitting(
                            own.find("undo").orElse(own),
                            used(tools, shapes, undo.read()),
                            used(tools, shapes, undo.restoration().operation()));
                }));
    }

    private static Optional<UndoPlan.UsedOperation> used(
            Map<String, McpTool> tools, ProviderSchema shapes, String name) {
        return Optional.ofNullable(tools.get(name))
                .flatMap(tool -> Optional.ofNullable(tool.operations().get(name)))
                .map(entry -> new UndoPlan.UsedOperation(entry, shapes, true));
    }

    private static CatalogSection merged(CatalogSection tool, CatalogSection choice) {
        choice.members(); // it must be a mapping
        ObjectNode all = tool.node().deepCopy();
        all.remove(List.of(CHOSEN_BY, CHOICES));
        choice.node().properties().forEach(own -> all.set(own.getKey(), own.getValue()));
        return choice.with(all);
    }
}
