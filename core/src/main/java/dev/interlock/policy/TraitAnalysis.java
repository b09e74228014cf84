package dev.interlock.policy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the {@link Trait}s that a policy's conditions read, in Cedar's own parse. Only attributes of the variables
 * themselves are analysed. Everything else counts as reading every trait: an expression that yields an entity, tags,
 * calls of extensions, and anything new in Cedar.
 */
final class TraitAnalysis {

    private static final Set<Trait> EVERYTHING = EnumSet.allOf(Trait.class);
    private static final Set<String> MEMBERS =
            Set.of("effect", "principal", "action", "resource", "conditions", "annotations");
    private static final Set<String> VARIABLES = Set.of("principal", "action", "resource", "context");

    private TraitAnalysis() {}

    static Set<Trait> of(PolicyRule rule) {
        for (var member : rule.tree().properties()) {
            if (!MEMBERS.contains(member.getKey())) {
                return EVERYTHING;
            }
        }
        Set<Trait> read = EnumSet.noneOf(Trait.class);
        for (JsonNode condition : rule.tree().path("conditions")) {
            read.addAll(has(condition, "kind", "body") ? read(condition.path("body")) : EVERYTHING);
        }
        return read;
    }

    private static Set<Trait> read(JsonNode expression) {
        if (!expression.isObject() || expression.size() != 1) {
            return EVERYTHING;
        }
        var node = expression.properties().iterator().next();
        JsonNode of = node.getValue();
        return switch (node.getKey()) {
            case "Value" -> EnumSet.noneOf(Trait.class);
            case "Var", "." -> looked(path(expression));
            case "has" -> has(of, "left", "attr") ? looked(path(of)) : EVERYTHING;
            case "like" -> has(of, "left", "pattern") ? read(of.path("left")) : EVERYTHING;
            case "in" ->
                has(of, "left", "right") ? both(ancestry(of.path("left")), read(of.path("right"))) : EVERYTHING;
            case "is" -> is(of);
            case "!", "neg", "isEmpty" -> has(of, "arg") ? read(of.path("arg")) : EVERYTHING;
            case "==",
                    "!=",
                    "<",
                    "<=",
                    ">",
                    ">=",
                    "&&",
                    "||",
                    "+",
                    "-",
                    "*",
                    "contains",
                    "containsAll",
                    "containsAny" ->
                has(of, "left", "right") ? both(read(of.path("left")), read(of.path("right"))) : EVERYTHING;
            case "if-then-else" -> has(of, "if", "then", "else") ? each(of) : EVERYTHING;
            case "Set" -> of.isArray() ? each(of) : EVERYTHING;
            case "Record" -> of.isObject() ? each(of) : EVERYTHING;
            default -> EVERYTHING;
        };
    }

    private static Set<Trait> is(JsonNode of) {
        if (has(of, "left", "entity_type")) {
            return read(of.path("left"));
        }
        return has(of, "left", "entity_type", "in") ? both(ancestry(of.path("left")), read(of.path("in"))) : EVERYTHING;
    }

    private static Set<Trait> ancestry(JsonNode left) {
        Optional<List<String>> path = path(left);
        return path.isPresent() && path.get().size() == 1
                ? both(looked(path), Trait.at(List.of(path.get().getFirst(), Trait.IN)))
                : EVERYTHING;
    }

    /** Returns the expression as a path, for example {@code context.lease.id}, if it is only a variable and names. */
    static Optional<List<String>> path(JsonNode expression) {
        if (expression.path("Var").isTextual()) {
            String name = expression.path("Var").asText();
            return VARIABLES.contains(name) && expression.size() == 1 ? Optional.of(List.of(name)) : Optional.empty();
        }
        JsonNode of = expression.size() == 1 && expression.has(".") ? expression.path(".") : expression;
        if (!has(of, "left", "attr") || !of.path("attr").isTextual()) {
            return Optional.empty();
        }
        return path(of.path("left")).map(left -> {
            List<String> path = new ArrayList<>(left);
            path.add(of.path("attr").asText());
            return path;
        });
    }

    private static Set<Trait> looked(Optional<List<String>> path) {
        Set<Trait> found = path.map(Trait::at).orElse(EVERYTHING);
        return found.isEmpty() ? EVERYTHING : found;
    }

    private static Set<Trait> each(Iterable<JsonNode> expressions) {
        Set<Trait> all = EnumSet.noneOf(Trait.class);
        expressions.forEach(expression -> all.addAll(read(expression)));
        return all;
    }

    private static Set<Trait> both(Set<Trait> one, Set<Trait> other) {
        Set<Trait> all = EnumSet.copyOf(one);
        all.addAll(other);
        return all;
    }

    private static boolean has(JsonNode node, String... members) {
        return node.isObject()
                && node.size() == members.length
                && List.of(members).stream().allMatch(node::has);
    }
}
