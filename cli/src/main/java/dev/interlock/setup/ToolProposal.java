package dev.interlock.setup;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What is proposed for a tool of an MCP server, by the words of its name. A person checks it before it is sealed. What
 * the server says of a tool can only make it stricter.
 *
 * @param tool the tool
 * @param effect what it does
 */
public record ToolProposal(McpDirectory.ListedTool tool, Effect effect) {

    /** What a tool does. */
    public enum Effect {
        /** It only reads. */
        READS("reads", "impacts: [read], reversibility: reversible"),

        /** It adds something, and loses nothing. */
        ADDS("adds", "impacts: [write], reversibility: reversible"),

        /** It may lose what was there, or nobody knows: a person is asked. */
        ASKS("a person is asked", "impacts: [destroy], reversibility: irreversible"),

        /** It runs what it is given. */
        RUNS("denied: it runs code", "impacts: [execute], reversibility: irreversible");

        private final String words;
        private final String lines;

        Effect(String words, String lines) {
            this.words = words;
            this.lines = lines;
        }

        /** Returns it in words. */
        public String words() {
            return words;
        }
    }

    private static final Pattern SEPARATOR =
            Pattern.compile("[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])");

    private static final Set<String> READING =
            Set.of("get", "list", "read", "search", "find", "describe", "show", "count", "view", "lookup", "status");

    private static final Set<String> ADDING = Set.of("create", "add", "append", "comment", "post", "reply", "open");

    /** In a name that has one of these anywhere, no other word counts. */
    private static final Set<String> RUNNING = Set.of(
            "run", "exec", "eval", "shell", "command", "script", "sql", "query", "bash", "terminal", "process", "code");

    /** In a name that has one of these anywhere, a word for reading or adding does not count: `get_and_delete`. */
    private static final Set<String> LOSING = Set.of(
            "delete",
            "remove",
            "drop",
            "destroy",
            "purge",
            "truncate",
            "reset",
            "wipe",
            "clear",
            "kill",
            "terminate",
            "cancel",
            "revoke",
            "archive",
            "overwrite",
            "replace",
            "force",
            "merge",
            "deploy",
            "restore",
            "rollback",
            "set",
            "update",
            "edit",
            "modify",
            "write",
            "move",
            "rename",
            "send",
            "transfer",
            "pay",
            "refund",
            "disable",
            "stop",
            "close",
            "flush",
            "erase",
            "trash",
            "unlink",
            "uninstall",
            "rotate",
            "ban",
            "block",
            "upsert",
            "sync",
            "secret",
            "token",
            "password",
            "credential",
            "key",
            "env",
            "cookie",
            "session");

    /** With one of these as a word, a tool does two things, and its name may begin with the harmless one. */
    private static final Set<String> JOINING = Set.of("and", "or", "then");

    /** An argument that a catalog can name. */
    private static final Pattern ARGUMENT = Pattern.compile("[_A-Za-z][_A-Za-z0-9]*");

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_./-]{1,128}");

    /** Proposes what {@code tool} does. */
    public static ToolProposal of(McpDirectory.ListedTool tool) {
        List<String> words = Arrays.stream(SEPARATOR.split(tool.name(), -1))
                .map(word -> word.toLowerCase(Locale.ROOT))
                .filter(word -> !word.isEmpty())
                .toList();
        return new ToolProposal(tool, effect(words, tool));
    }

    private static Effect effect(List<String> words, McpDirectory.ListedTool tool) {
        if (hasAny(words, RUNNING)) {
            return Effect.RUNS;
        }
        if (words.isEmpty()
                || tool.destroys()
                || hasAny(words, LOSING)
                || words.stream().anyMatch(JOINING::contains)) {
            return Effect.ASKS;
        }
        if (ADDING.contains(words.getFirst())) {
            return Effect.ADDS;
        }
        return READING.contains(words.getFirst()) && !tool.changes() ? Effect.READS : Effect.ASKS;
    }

    /** Returns whether one of {@code parts} occurs in any word: `deleteall` deletes. */
    private static boolean hasAny(List<String> words, Set<String> parts) {
        return words.stream().anyMatch(word -> parts.stream().anyMatch(word::contains));
    }

    /** Returns whether a catalog can list it. */
    public boolean canBeListed() {
        return NAME.matcher(tool.name()).matches()
                && !tool.name().startsWith("mcp/")
                && tool.arguments().stream()
                        .allMatch(argument -> ARGUMENT.matcher(argument.name()).matches());
    }

    /** Returns its line of a catalog file. */
    public String line() {
        String takes = tool.arguments().stream()
                .map(argument -> argument.name() + (argument.isNested() ? ":*" : ""))
                .collect(Collectors.joining(" "));
        // Who signs sees them.
        String facts = tool.arguments().stream()
                .filter(argument -> !argument.isNested())
                .map(argument -> '"' + argument.name() + '"')
                .collect(Collectors.joining(", "));
        return "  \"" + tool.name() + "\": {" + (takes.isEmpty() ? "" : "takes: \"" + takes + "\", ")
                + (facts.isEmpty() ? "" : "facts: [" + facts + "], ") + effect.lines + "}";
    }
}
