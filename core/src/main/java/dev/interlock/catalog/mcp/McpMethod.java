package dev.interlock.catalog.mcp;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * A method of MCP besides {@code tools/call}, of 2024-11-05 to 2026-07-28. None changes more than the session that it
 * belongs to. Those that return what the server has, such as a file, are read only where the catalog lists them. Those
 * of tasks are read only where it lists a tool that may run as a task.
 */
public enum McpMethod {
    INITIALIZE("initialize", "protocolVersion capabilities:* clientInfo:*", "", Known.ALWAYS),
    DISCOVER("server/discover", "", "", Known.ALWAYS),
    PING("ping", "", "", Known.ALWAYS),
    LIST_TOOLS("tools/list", "cursor", "", Known.ALWAYS),
    LIST_PROMPTS("prompts/list", "cursor", "", Known.ALWAYS),
    LIST_RESOURCES("resources/list", "cursor", "", Known.ALWAYS),
    LIST_TEMPLATES("resources/templates/list", "cursor", "", Known.ALWAYS),
    INITIALIZED("notifications/initialized", "", "", Known.ALWAYS),
    CANCELLED("notifications/cancelled", "requestId reason", "", Known.ALWAYS),
    ROOTS_CHANGED("notifications/roots/list_changed", "", "", Known.ALWAYS),
    LISTEN("subscriptions/listen", "notifications:*", "", Known.ALWAYS),
    SET_LEVEL("logging/setLevel", "level", "", Known.ALWAYS),
    GET_PROMPT("prompts/get", "name arguments:*", "name", Known.WHERE_LISTED),
    READ_RESOURCE("resources/read", "uri", "uri", Known.WHERE_LISTED),
    SUBSCRIBE("resources/subscribe", "uri", "uri", Known.WHERE_LISTED),
    UNSUBSCRIBE("resources/unsubscribe", "uri", "uri", Known.WHERE_LISTED),
    COMPLETE("completion/complete", "ref:* argument:* context:*", "", Known.WHERE_LISTED),
    GET_TASK("tasks/get", "taskId", "", Known.WITH_TASKS),
    TASK_RESULT("tasks/result", "taskId", "", Known.WITH_TASKS),

    /**
     * Stops a task of the same client. That is no more than the end of a session or the notification that a call is
     * cancelled, which leave its work half done as well. So to stop is never harder than to begin.
     */
    CANCEL_TASK("tasks/cancel", "taskId", "", Known.WITH_TASKS);

    /** Which catalogs know a method. */
    public enum Known {
        ALWAYS,
        /** Those that list it. */
        WHERE_LISTED,
        /** Those that list a tool that may run as a task. */
        WITH_TASKS
    }

    /** The method that calls a tool. What it means depends on the tool. */
    public static final String CALL_TOOL = "tools/call";

    /** The beginning of the names of these operations. No tool of a catalog has it. */
    public static final String OPERATION = "mcp/";

    private static final String NOTIFICATION = "notifications/";

    private static final Set<McpMethod> REMOVED =
            EnumSet.of(INITIALIZE, PING, SET_LEVEL, SUBSCRIBE, UNSUBSCRIBE, GET_TASK, TASK_RESULT, CANCEL_TASK);

    /** The method that lists tasks, also those of other clients. No catalog knows it. */
    public static final String LIST_TASKS = "tasks/list";

    private final String text;
    private final String takes;
    private final String mirrored;
    private final Known known;

    /**
     * @param mirrored the parameter that the header {@code Mcp-Name} repeats, which people are shown too; empty if none
     */
    McpMethod(String text, String takes, String mirrored, Known known) {
        this.text = text;
        this.mirrored = mirrored;
        this.known = known;
        this.takes = takes;
    }

    public static Optional<McpMethod> find(String text) {
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
                : find(method).map(found -> found.mirrored).filter(name -> !name.isEmpty());
    }

    /** Returns its name in messages. */
    public String text() {
        return text;
    }

    public String operation() {
        return OPERATION + text;
    }

    /** Returns whether 2026-07-28 has it no more. */
    public boolean isRemoved() {
        return REMOVED.contains(this);
    }

    /** Returns which catalogs know it. */
    public Known known() {
        return known;
    }

    public boolean isAboutTask() {
        return known == Known.WITH_TASKS;
    }

    /** Returns its parameters, as a catalog writes them. */
    public String takes() {
        return takes;
    }

    /** Returns the parameter that the header {@code Mcp-Name} repeats, which people are shown too; empty if none. */
    public String mirrored() {
        return mirrored;
    }
}
