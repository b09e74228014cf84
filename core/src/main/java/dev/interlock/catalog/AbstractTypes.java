package dev.interlock.catalog;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The interfaces and unions of a provider's schema.
 *
 * @param objects by the name of such a type, the object types that its values may have
 */
record AbstractTypes(Map<String, Set<String>> objects) {

    /**
     * The type of the values at a place of an answer: what the schema says of the place, narrowed by the conditions of
     * the fragments around it. No condition leads to a type that the schema does not allow there.
     *
     * @param name the type whose fields are selected
     * @param objects the object types that a value may have
     */
    record SelectedType(String name, Set<String> objects) {}

    static AbstractTypes of(CatalogSection section, Map<String, ?> types) {
        Map<String, Set<String>> objects = new LinkedHashMap<>();
        section.members().forEach((name, subtypes) -> {
            if (!types.containsKey(name)) {
                throw subtypes.wrong("is about the type `" + name + "`, which `types` does not list");
            }
            objects.put(name, new LinkedHashSet<>());
            for (String subtype : subtypes.text().strip().split("\\s+", -1)) {
                if (!types.containsKey(subtype)) {
                    throw subtypes.wrong("names the type `" + subtype + "`, which `types` does not list");
                }
                if (section.members().containsKey(subtype)) {
                    throw subtypes.wrong("names `" + subtype + "`, which has subtypes itself; name those instead");
                }
                if (!objects.get(name).add(subtype)) {
                    throw subtypes.wrong("names `" + subtype + "` twice");
                }
            }
        });
        return new AbstractTypes(objects);
    }

    SelectedType select(String type) {
        return new SelectedType(type, objects(type));
    }

    Set<String> objects(String type) {
        Set<String> known = objects.get(type);
        return known == null ? Set.of(type) : known;
    }

    /**
     * Returns {@code type} under a further condition: itself under its own name or that of a wider type, a subtype
     * under the name of one, and nothing under any other, which no value there meets.
     */
    Optional<SelectedType> narrow(SelectedType type, String condition) {
        if (condition.equals(type.name())) {
            return Optional.of(type);
        }
        Set<String> common = new LinkedHashSet<>(type.objects());
        common.retainAll(objects(condition));
        if (common.isEmpty()) {
            return Optional.empty();
        }
        // The fields of an object type are described best by its own line, which has all of its interfaces' fields.
        return Optional.of(objects.containsKey(type.name()) ? new SelectedType(condition, common) : type);
    }
}
