package dev.interlock.catalog;

import dev.interlock.catalog.graphql.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The content of the catalog file of a GraphQL provider.
 *
 * @param endpoints the paths where GraphQL is answered
 * @param labels fields that only name a thing, and may be read of anything that a selection leads to
 * @param aliases the names under which policies find arguments of selected fields, by {@code Type.field.argument}; and
 *     by {@code Type.field} what is read there without such an argument
 * @param passages by {@code Type.field}, the name for which an argument above still names what stands below
 * @param queries by name, as {@code mutations}
 */
record GraphqlCatalog(
        CatalogHead head,
        Set<String> endpoints,
        Set<String> labels,
        ProviderSchema shapes,
        SecretFields secrets,
        Map<String, String> aliases,
        Map<String, String> passages,
        Map<String, CatalogEntry> queries,
        Map<String, CatalogEntry> mutations) {

    String name() {
        return head.name();
    }

    /** Returns the types of the resources that operations may touch. */
    Set<String> resourceTypes() {
        return Stream.concat(queries.values().stream(), mutations.values().stream())
                .flatMap(entry -> entry.types().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

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

        private boolean carries(String field, Map<String, Value> arguments) {
            return Optional.ofNullable(byField.get(field))
                    .filter(condition -> condition.isEmpty() || condition.get().holds(arguments))
                    .isPresent();
        }

        /** Returns the rules for {@code field} of {@code type}. */
        List<Optional<ArgumentCondition>> rules(String type, String field) {
            return Stream.of(type + "." + field, "*." + field)
                    .filter(byField::containsKey)
                    .map(byField::get)
                    .toList();
        }

        /** Returns the names of all such fields, for selections whose types are not known. */
        Set<String> names() {
            return byField.keySet().stream()
                    .map(name -> name.substring(name.indexOf('.') + 1))
                    .collect(Collectors.toUnmodifiableSet());
        }
    }
}
