package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Provenance;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A tool of an MCP server. Some do several things, and an argument says which.
 *
 * @param chooser the argument that says which operation a call is, if there are several
 * @param operations the operations, by their names; one with the name of the tool, if there is no chooser
 * @param targets where each of them acts
 * @param ofParts those that destroy only a part of what they name, if they destroy
 */
record McpTool(
        String name,
        Optional<String> chooser,
        Map<String, CatalogEntry> operations,
        Map<String, TargetRule> targets,
        Set<String> ofParts) {

    static final String SESSION = "session";

    /** A path that does not depend on where a session works. */
    private static final Pattern ABSOLUTE = Pattern.compile("(/|[A-Za-z]:[/\\\\]).*", Pattern.DOTALL);

    /**
     * Where an operation acts.
     *
     * @param by {@code session}, or the argument that names the place in place of the session; empty if it names
     *     everything itself
     * @param isSet whether it chooses where later ones act
     */
    record TargetRule(Optional<String> by, boolean isSet) {

        boolean concernsSession() {
            return by.isPresent() || isSet;
        }
    }

    /** Returns what {@code judged}, a call of it with {@code arguments}, has to do with its session. */
    SessionUse session(Action judged, Map<String, Value> arguments) {
        TargetRule rule = targets.getOrDefault(judged.operation().name(), new TargetRule(Optional.empty(), false));
        Optional<String> argument = rule.by().filter(by -> !by.equals(SESSION));
        boolean isNamed = argument.filter(by -> arguments.get(by) instanceof Value.Text(String path)
                        && ABSOLUTE.matcher(path).matches())
                .isPresent();
        return new SessionUse(
                rule.by().isPresent() && !isNamed && (judged.has(Impact.DESTROY) || judged.isGrave()),
                argument,
                rule.isSet() ? Optional.of(words(judged)) : Optional.empty());
    }

    private static String words(Action judged) {
        return judged.facts().stream()
                .filter(fact -> fact.provenance() == Provenance.CLAIMED)
                .flatMap(fact -> fact.readAs().map(path -> " " + path + "=" + fact.value()).stream())
                .collect(Collectors.joining("", judged.operation().name(), ""));
    }

    static String operation(String tool, String choice) {
        return tool + "/" + choice;
    }

    String operation(Map<String, Value> arguments) {
        if (chooser.isEmpty()) {
            return name;
        }
        String by = chooser.get();
        String chosen = arguments.get(by) instanceof Value.Text(String text) ? operation(name, text) : "";
        if (!operations.containsKey(chosen)) {
            throw UnreadableException.unlisted(
                    "The catalog does not list what the tool `" + name + "` does by this `" + by + "`.",
                    "Call it with a `" + by + "` that the catalog lists, in its exact spelling.");
        }
        return chosen;
    }
}
