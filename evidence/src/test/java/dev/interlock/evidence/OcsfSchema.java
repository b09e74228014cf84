package dev.interlock.evidence;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Checks events by what the schema of OCSF itself says: attributes, requirements, types, values, constraints. */
final class OcsfSchema {

    private record Attribute(String requirement, String type, List<String> values) {}

    private final Map<String, Map<String, Attribute>> objects = new LinkedHashMap<>();

    OcsfSchema() throws IOException {
        try (InputStream in = Objects.requireNonNull(OcsfSchema.class.getResourceAsStream("ocsf-1.8.0.txt"))) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                if (!line.startsWith("#")) {
                    String[] words = line.split(" ");
                    List<String> values = words.length > 4 ? List.of(words[4].split(",")) : List.of();
                    objects.computeIfAbsent(words[0], name -> new LinkedHashMap<>())
                            .put(words[1], new Attribute(words[2], words[3], values));
                }
            }
        }
    }

    /** Returns what is wrong with {@code event}. */
    List<String> problems(Json.Members event) {
        List<String> problems = new ArrayList<>();
        check("api_activity", event, problems);
        long type = event.whole("class_uid") * 100 + event.whole("activity_id");
        if (event.whole("type_uid") != type) {
            problems.add("type_uid is not " + type);
        }
        return problems;
    }

    private void check(String object, Json.Members value, List<String> problems) {
        Map<String, Attribute> attributes = Objects.requireNonNull(objects.get(object), object);
        attributes.forEach((name, attribute) -> {
            if (attribute.requirement().equals("required") && value.get(name).isEmpty()) {
                problems.add(object + " lacks " + name);
            }
            if (attribute.requirement().equals("at_least_one")
                    && List.of(attribute.type().split(",")).stream()
                            .noneMatch(one -> value.get(one).isPresent())) {
                problems.add(object + " has none of " + attribute.type());
            }
        });
        value.members().forEach((name, member) -> {
            Attribute attribute = attributes.get(name);
            if (attribute == null) {
                problems.add(object + " knows no " + name);
            } else {
                check(object + "." + name, attribute, member, problems);
            }
        });
    }

    private void check(String name, Attribute attribute, Json value, List<String> problems) {
        String type = attribute.type();
        if (value instanceof Json.Array(List<Json> items)) {
            if (!type.endsWith("[]")) {
                problems.add(name + " is not one value");
            }
            Attribute one = new Attribute("", type.replace("[]", ""), attribute.values());
            items.forEach(item -> check(name, one, item, problems));
            return;
        }
        boolean isRight = switch (type) {
            case "integer_t", "long_t", "timestamp_t" -> value instanceof Json.Whole;
            case "boolean_t" -> value instanceof Json.Flag;
            case "object" -> value instanceof Json.Members;
            default -> type.endsWith("_t") ? value instanceof Json.Text : value instanceof Json.Members;
        };
        if (!isRight) {
            problems.add(name + " is no " + type);
        } else if (!attribute.values().isEmpty() && !attribute.values().contains(value.canonicalText())) {
            problems.add(name + " is " + value.canonicalText());
        } else if (value instanceof Json.Members object && !type.equals("object")) {
            check(type, object, problems);
        }
    }
}
