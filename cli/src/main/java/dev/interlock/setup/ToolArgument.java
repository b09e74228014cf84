package dev.interlock.setup;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * An argument, as a stranger's schema describes it.
 *
 * @param text what the schema says of it
 * @param choices the texts that it may be; empty if any
 * @param members those of an object, or of the objects in a list
 */
record ToolArgument(
        String name, Kind kind, String text, List<String> choices, List<ToolArgument> members, boolean isRequired) {

    enum Kind {
        TEXT,
        NUMBER,
        FLAG,
        /** A list of single values. */
        LIST,
        /** An object, a list of such, or nobody knows. */
        NESTED
    }

    private static final int MAX_DEPTH = 3;

    ToolArgument {
        choices = List.copyOf(choices);
        members = List.copyOf(members);
    }

    /** Returns the members of {@code schema}, an object; {@code root} is what its references lead into. */
    static List<ToolArgument> of(JsonNode schema, JsonNode root) {
        return of(schema, root, 0);
    }

    private static List<ToolArgument> of(JsonNode schema, JsonNode root, int depth) {
        List<ToolArgument> arguments = new ArrayList<>();
        if (depth > MAX_DEPTH) {
            return arguments;
        }
        Set<String> required = new HashSet<>();
        schema.path("required").forEach(name -> required.add(name.asText()));
        schema.path("properties")
                .properties()
                .forEach(one -> arguments.add(
                        read(one.getKey(), one.getValue(), root, required.contains(one.getKey()), depth)));
        for (JsonNode part : schema.path("allOf")) {
            arguments.addAll(of(target(part, root), root, depth + 1));
        }
        return arguments;
    }

    static ToolArgument of(String name, JsonNode schema, JsonNode root, boolean isRequired) {
        return read(name, schema, root, isRequired, 0);
    }

    private static ToolArgument read(String name, JsonNode said, JsonNode root, boolean isRequired, int depth) {
        JsonNode schema = present(target(said, root), root);
        Kind kind = kind(schema, root);
        JsonNode inner = schema.has("items") ? present(target(schema.path("items"), root), root) : schema;
        List<String> choices = new ArrayList<>();
        (inner.has("enum") ? inner : schema).path("enum").forEach(choice -> choices.add(choice.asText()));
        String text = said.path("description").asText(schema.path("description").asText());
        return new ToolArgument(
                name, kind, text, choices, kind == Kind.NESTED ? of(inner, root, depth + 1) : List.of(), isRequired);
    }

    private static Kind kind(JsonNode schema, JsonNode root) {
        return switch (type(schema)) {
            case "string" -> Kind.TEXT;
            case "number", "integer" -> Kind.NUMBER;
            case "boolean" -> Kind.FLAG;
            case "array" -> {
                Kind item = kind(present(target(schema.path("items"), root), root), root);
                yield item == Kind.NESTED || item == Kind.LIST ? Kind.NESTED : Kind.LIST;
            }
            case String _ -> Kind.NESTED;
        };
    }

    /** Returns its one type besides null; empty if there are several, or none. */
    private static String type(JsonNode schema) {
        JsonNode type = schema.path("type");
        List<String> types = type.isArray()
                ? type.valueStream()
                        .map(JsonNode::asText)
                        .filter(one -> !one.equals("null"))
                        .toList()
                : List.of(type.asText());
        return types.size() == 1 ? types.getFirst() : "";
    }

    /** Returns the one form of {@code schema} that is not null, if it is written as a choice of two. */
    private static JsonNode present(JsonNode schema, JsonNode root) {
        JsonNode forms = schema.has("anyOf") ? schema.path("anyOf") : schema.path("oneOf");
        List<JsonNode> present = forms.valueStream()
                .filter(form -> !form.path("type").asText().equals("null"))
                .toList();
        return present.size() == 1 ? target(present.getFirst(), root) : schema;
    }

    /** Returns what a reference leads to, within the same document. */
    static JsonNode target(JsonNode node, JsonNode root) {
        JsonNode at = node;
        for (int steps = 0; at.has("$ref") && steps < 8; steps++) {
            String to = at.path("$ref").asText();
            if (!to.startsWith("#/")) {
                return node;
            }
            at = root.at(to.substring(1));
        }
        return at;
    }

    Stream<ToolArgument> all() {
        return Stream.concat(Stream.of(this), members.stream().flatMap(ToolArgument::all));
    }

    boolean isNested() {
        return kind == Kind.NESTED;
    }
}
