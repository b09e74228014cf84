package dev.interlock.catalog;

import dev.interlock.catalog.graphql.Value;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The fields that carry secrets, always or under a condition.
 *
 * @param byField by {@code Type.field}, or {@code *.field} for every type; without a condition, always
 */
record SecretFields(Map<String, Optional<ArgumentCondition>> byField) {

    static SecretFields of(CatalogSection section, ProviderSchema shapes, ConditionReader conditions) {
        Map<String, Optional<ArgumentCondition>> byField = new LinkedHashMap<>();
        section.members().forEach((name, rule) -> {
            requireField(name, rule, shapes);
            boolean always = rule.node().isTextual() && rule.text().equals("always");
            byField.put(name, always ? Optional.empty() : Optional.of(conditions.read(rule)));
        });
        return new SecretFields(byField);
    }

    private static void requireField(String name, CatalogSection rule, ProviderSchema shapes) {
        String[] parts = name.split("\\.", -1);
        boolean exists = parts.length == 2
                && (parts[0].equals("*")
                        ? shapes.types().values().stream().anyMatch(fields -> fields.containsKey(parts[1]))
                        : shapes.field(parts[0], parts[1]).isPresent());
        if (!exists) {
            throw rule.wrong("names no field; write `Type.field` or `*.field`");
        }
    }

    boolean carries(String type, String field, Map<String, Value> arguments) {
        return carries(type + "." + field, arguments) || carries("*." + field, arguments);
    }

    private boolean carries(String name, Map<String, Value> arguments) {
        Optional<ArgumentCondition> condition = byField.get(name);
        return condition != null && condition.map(when -> when.holds(arguments)).orElse(true);
    }

    /** Returns the names of all such fields, for selections whose types are not known. */
    Set<String> names() {
        return byField.keySet().stream()
                .map(name -> name.substring(name.indexOf('.') + 1))
                .collect(Collectors.toUnmodifiableSet());
    }
}
