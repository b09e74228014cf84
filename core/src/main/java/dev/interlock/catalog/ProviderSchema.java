package dev.interlock.catalog;

import dev.interlock.catalog.FieldMeaning.FieldKind;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The provider's schema, as far as a reading needs it: the fields of each type and the types they lead to.
 *
 * @param abstracts which of {@code types} are interfaces and unions
 */
record ProviderSchema(
        Map<String, Map<String, OutputField>> types,
        AbstractTypes abstracts,
        Map<String, Map<String, InputField>> inputs) {

    /**
     * A field that can be selected.
     *
     * @param type the type of its value, if that has fields
     * @param outward whether it leads out of the resource it is selected in
     */
    record OutputField(Map<String, InputField> arguments, Optional<String> type, boolean outward) {}

    /**
     * An argument, or a field of one.
     *
     * @param type the type of its value, if that has fields
     * @param isOpen whether it may hold anything, because the provider's schema does not say
     * @param orText whether a text may stand in place of a value of {@code type}
     */
    record InputField(Optional<String> type, boolean isOpen, boolean orText) {
        /** A single value. */
        static final InputField TEXT = new InputField(Optional.empty(), false, false);

        static final InputField OPEN = new InputField(Optional.empty(), true, false);

        static InputField of(String type) {
            return new InputField(Optional.of(type), false, false);
        }
    }

    static ProviderSchema of(CatalogSection types, Optional<CatalogSection> subtypes, CatalogSection inputs) {
        Map<String, Map<String, OutputField>> fieldsOf = new LinkedHashMap<>();
        types.members().forEach((name, section) -> fieldsOf.put(name, section.read(TypeParser::fields)));
        AbstractTypes abstracts =
                subtypes.map(section -> AbstractTypes.of(section, fieldsOf)).orElse(new AbstractTypes(Map.of()));
        ProviderSchema shapes = new ProviderSchema(fieldsOf, abstracts, inputs(inputs.members()).inputs);
        shapes.types.forEach(
                (name, fields) -> fields.values().forEach(field -> shapes.requireKnown(types.require(name), field)));
        return shapes;
    }

    static ProviderSchema ofInputs(Map<String, Map<String, InputField>> inputs) {
        return new ProviderSchema(Map.of(), new AbstractTypes(Map.of()), inputs);
    }

    /** Returns the shapes under {@code inputs} of {@code section}, without output types. */
    static ProviderSchema inputs(CatalogSection section) {
        return inputs(section.members("inputs"));
    }

    private static ProviderSchema inputs(Map<String, CatalogSection> inputs) {
        ProviderSchema shapes = ofInputs(new LinkedHashMap<>());
        inputs.forEach((name, section) -> shapes.inputs.put(name, section.read(TypeParser::inputs)));
        shapes.inputs.forEach((name, fields) -> shapes.requireInputs(Objects.requireNonNull(inputs.get(name)), fields));
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

    /** Returns the path of every field of {@code arguments} that may hold a value. */
    Map<ArgumentPath, FieldKind> fields(Map<String, InputField> arguments) {
        Map<ArgumentPath, FieldKind> fields = new LinkedHashMap<>();
        boolean isRest = RequestLine.isWithParts(arguments);
        arguments.forEach((name, input) -> {
            if (isRest && name.equals(RequestLine.WHOLE) && input.isOpen()) {
                fields.put(new ArgumentPath(List.of(name)), FieldKind.BODY);
            } else {
                collect(new ArgumentPath(List.of(name)), input, Set.of(), fields);
            }
        });
        return fields;
    }

    private void collect(ArgumentPath path, InputField input, Set<String> within, Map<ArgumentPath, FieldKind> fields) {
        if (UnknownMembers.isMark(path.steps().getLast())) {
            return;
        }
        if (input.isOpen() || input.type().isEmpty() || input.orText()) {
            fields.put(path, input.isOpen() ? FieldKind.OPEN : FieldKind.VALUE);
        }
        input.type().filter(type -> !within.contains(type)).ifPresent(type -> {
            Set<String> deeper = new HashSet<>(within);
            deeper.add(type);
            input(type).forEach((name, field) -> collect(path.below(name), field, deeper, fields));
        });
    }

    Optional<OutputField> field(String type, String name) {
        return Optional.ofNullable(types.getOrDefault(type, Map.of()).get(name));
    }

    Set<String> fields(String type) {
        return types.getOrDefault(type, Map.of()).keySet();
    }

    Map<String, InputField> input(String type) {
        return inputs.getOrDefault(type, Map.of());
    }
}
