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

    private static final Pattern SEPARATOR = Pattern.compile("[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])");

    private static final Set<String> READING =
            Set.of("get", "list", "read", "search", "find", "describe", "show", "count", "view", "lookup", "status");

    private static final Set<String> ADDING = Set.of("create", "add", "append", "comment", "post", "reply", "open");

    /** In a name with one of these, no other word counts. */
    private static final Set<String> RUNNING =
            Set.of("run", "exec", "execute", "eval", "evaluate", "shell", "command", "script", "sql", "query", "bash");

    /** In a name with one of these, a word for reading or adding does not count: `get_and_delete`. */
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
            "secret",
            "secrets",
            "token",
            "tokens",
            "password",
            "passwords",
            "credential",
            "credentials",
            "key",
            "keys",
            "env");

    /** An argument that a catalog can name. */
    private static final Pattern ARGUMENT = Pattern.compile("[_A-Za-z][_A-Za-z0-9]*");

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_./-]{1,128}");

    /** Proposes what {@code tool} does. */
    public static ToolProposal of(McpDirectory.ListedTool tool) {
        List<String> words = Arrays.stream(SEPARATOR.split(tool.name(), -1))
                .map(word -> word.toLowerCase(Locale.ROOT))
                .filter(word -> !word.isEmpty())
                .toList();
        return new ToolProposal(tool, effect(words, tool.warned()));
    }

    private static Effect effect(List<String> words, boolean warned) {
        if (words.stream().anyMatch(RUNNING::contains)) {
            return Effect.RUNS;
        }
        if (words.isEmpty()
                || (warned && !ADDING.contains(words.getFirst()))
                || words.stream().anyMatch(LOSING::contains)) {
            return Effect.ASKS;
        }
        return READING.contains(words.getFirst())
                ? Effect.READS
                : ADDING.contains(words.getFirst()) ? Effect.ADDS : Effect.ASKS;
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
        return "  \"" + tool.name() + "\": {" + (takes.isEmpty() ? "" : "takes: \"" + takes + "\", ") + effect.lines
                + "}";
    }
}
