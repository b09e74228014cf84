package dev.interlock.catalog;

import dev.interlock.action.Impact;
import dev.interlock.action.Reversibility;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A method of MCP besides {@code tools/call}, of 2024-11-05 to 2026-07-28. None changes more than the session that it
 * belongs to. Those that return what the server has, such as a file, are read only where the catalog lists them.
 */
enum McpMethod {
    INITIALIZE("initialize", "protocolVersion capabilities:* clientInfo:*", "", false),
    DISCOVER("server/discover", "", "", false),
    PING("ping", "", "", false),
    LIST_TOOLS("tools/list", "cursor", "", false),
    LIST_PROMPTS("prompts/list", "cursor", "", false),
    LIST_RESOURCES("resources/list", "cursor", "", false),
    LIST_TEMPLATES("resources/templates/list", "cursor", "", false),
    INITIALIZED("notifications/initialized", "", "", false),
    CANCELLED("notifications/cancelled", "requestId reason", "", false),
    ROOTS_CHANGED("notifications/roots/list_changed", "", "", false),
    LISTEN("subscriptions/listen", "notifications:*", "", false),
    SET_LEVEL("logging/setLevel", "level", "", false),
    GET_PROMPT("prompts/get", "name arguments:*", "name", true),
    READ_RESOURCE("resources/read", "uri", "uri", true),
    SUBSCRIBE("resources/subscribe", "uri", "uri", true),
    UNSUBSCRIBE("resources/unsubscribe", "uri", "uri", true),
    COMPLETE("completion/complete", "ref:* argument:* context:*", "", true);

    /** The method that calls a tool. What it means depends on the tool. */
    static final String CALL_TOOL = "tools/call";

    /** The beginning of the names of these operations. No tool of a catalog has it. */
    static final String OPERATION = "mcp/";

    private static final String NOTIFICATION = "notifications/";

    /** The requests of sessions: 2026-07-28 has them no more. */
    private static final Set<McpMethod> REMOVED = EnumSet.of(INITIALIZE, PING, SET_LEVEL, SUBSCRIBE, UNSUBSCRIBE);

    private static final Map<McpMethod, CatalogEntry> ENTRIES = Arrays.stream(values())
            .collect(Collectors.toMap(Function.identity(), method -> entry(method.takes, method.mirrored)));

    private final String text;
    private final String takes;
    private final String mirrored;
    private final boolean isListed;

    /**
     * @param takes its parameters, as a catalog writes them
     * @param mirrored the parameter that the header {@code Mcp-Name} repeats, which people are shown too; empty if none
     */
    McpMethod(String text, String takes, String mirrored, boolean isListed) {
        this.text = text;
        this.mirrored = mirrored;
        this.isListed = isListed;
        this.takes = takes;
    }

    private static CatalogEntry entry(String takes, String mirrored) {
        List<ArgumentPath> facts = mirrored.isEmpty() ? List.of() : List.of(new ArgumentPath(List.of(mirrored)));
        return new CatalogEntry(
                new ProviderSchema.OutputField(
                        takes.isEmpty() ? Map.of() : TypeParser.inputs(takes), Optional.empty(), false),
                Set.of(Impact.READ),
                Reversibility.REVERSIBLE,
                Map.of(),
                Map.of(),
                Map.of(),
                new FactPaths(facts, Set.of(), Set.of()),
                List.of(),
                false,
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    static Optional<McpMethod> find(String text) {
        return Arrays.stream(values())
                .filter(method -> method.text.equals(text))
                .findFirst();
    }

    /** Returns whether {@code method} is that of a notification, which has no identifier and no answer. */
    static boolean isNotification(String method) {
        return method.startsWith(NOTIFICATION);
    }

    /** Returns the parameter of {@code method} that the header {@code Mcp-Name} repeats, if there is one. */
    static Optional<String> mirrored(String method) {
        return method.equals(CALL_TOOL)
                ? Optional.of("name")
                : find(method).map(known -> known.mirrored).filter(name -> !name.isEmpty());
    }

    /** Returns its name in messages. */
    String text() {
        return text;
    }

    /** Returns its name as an operation. */
    String operation() {
        return OPERATION + text;
    }

    /** Returns whether 2026-07-28 has it no more. */
    boolean isRemoved() {
        return REMOVED.contains(this);
    }

    /** Returns whether only catalogs that list it know it. */
    boolean isListed() {
        return isListed;
    }

    CatalogEntry entry() {
        return Objects.requireNonNull(ENTRIES.get(this));
    }
}
