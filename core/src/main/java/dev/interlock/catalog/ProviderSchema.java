package dev.interlock.catalog;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The provider's schema, as far as a reading needs it: the fields of each type and the types they lead to.
 *
 * @param types the fields of each output type
 * @param inputs the fields of each input type
 */
record ProviderSchema(Map<String, Map<String, OutputField>> types, Map<String, Map<String, InputField>> inputs) {

    /**
     * A field that can be selected.
     *
     * @param arguments the arguments it takes
     * @param type the type of its value, if that has fields
     * @param outward whether it leads out of the resource it is selected in
     */
    record OutputField(Map<String, InputField> arguments, Optional<String> type, boolean outward) {}

    /**
     * An argument, or a field of one.
     *
     * @param type the type of its value, if that has fields
     * @param isOpen whether it may hold anything, because the provider's schema does not say
     * @param isFile whether it holds a file, and nothing else
     * @param orText whether a text may stand in place of a value of {@code type}
     */
    record InputField(Optional<String> type, boolean isOpen, boolean isFile, boolean orText) {
        InputField(Optional<String> type, boolean isOpen) {
            this(type, isOpen, false, false);
        }
    }

    static ProviderSchema of(CatalogSection types, CatalogSection inputs) {
        ProviderSchema shapes = new ProviderSchema(new LinkedHashMap<>(), new LinkedHashMap<>());
        inputs.members().forEach((name, section) -> shapes.inputs.put(name, section.read(TypeParser::inputs)));
        types.members().forEach((name, section) -> shapes.types.put(name, section.read(TypeParser::fields)));
        shapes.inputs.forEach((name, fields) -> shapes.requireInputs(inputs.require(name), fields));
        shapes.types.forEach(
                (name, fields) -> fields.values().forEach(field -> shapes.requireKnown(types.require(name), field)));
        return shapes;
    }

    /** Returns shapes that only have input types. */
    static ProviderSchema inputs(Optional<CatalogSection> inputs) {
        ProviderSchema shapes = new ProviderSchema(Map.of(), new LinkedHashMap<>());
        inputs.ifPresent(section -> {
            section.members().forEach((name, type) -> shapes.inputs.put(name, type.read(TypeParser::inputs)));
            shapes.inputs.forEach((name, fields) -> shapes.requireInputs(section.require(name), fields));
        });
        return shapes;
    }

    /** Checks that {@code field} leads to types that are known. */
    void requireKnown(CatalogSection where, OutputField field) {
        field.type().filter(type -> !types.containsKey(type)).ifPresent(type -> {
            throw where.wrong("names the type `" + type + "`, which `types` does not list");
        });
        requireInputs(where, field.arguments());
    }

    private void requireInputs(CatalogSection where, Map<String, InputField> fields) {
        for (InputField input : fields.values()) {
            input.type().filter(type -> !inputs.containsKey(type)).ifPresent(type -> {
                throw where.wrong("names the type `" + type + "`, which `inputs` does not list");
            });
        }
    }

    Optional<OutputField> field(String type, String name) {
        return Optional.ofNullable(
                types.getOrDefault(type, Collections.emptyMap()).get(name));
    }

    /** Returns the names of the fields of {@code type}; none if the type is not known. */
    Set<String> fields(String type) {
        return types.getOrDefault(type, Collections.emptyMap()).keySet();
    }

    Map<String, InputField> input(String type) {
        return inputs.getOrDefault(type, Collections.emptyMap());
    }
}
