package dev.interlock.catalog;

import dev.interlock.action.VisibleText;
import dev.interlock.catalog.graphql.GraphqlRequest.SelectedField;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Walks the selected fields of an answer, type by type. Notes the facts that depend on more than a field's name. */
final class SelectionWalker {

    /** The field that every type has in GraphQL. */
    static final String TYPENAME = "__typename";

    private final GraphqlCatalog knowledge;
    private final ArgumentCheck arguments;
    private final Set<String> secrets = new TreeSet<>();
    private final Set<String> outward = new TreeSet<>();
    private final Set<List<String>> revealing = new TreeSet<>(ResponseRedaction.ORDER);
    private final Deque<String> way = new ArrayDeque<>();

    SelectionWalker(GraphqlCatalog knowledge) {
        this.knowledge = knowledge;
        this.arguments = new ArgumentCheck(knowledge.shapes());
    }

    /** Returns the selected fields that carry secrets, as {@code Type.field}. */
    Set<String> secrets() {
        return secrets;
    }

    /** Returns the paths of these in the answer, from {@code data} on. */
    Set<List<String>> revealing() {
        return revealing;
    }

    /**
     * Returns the selected fields that lead out of the resource and are read beyond its name, as {@code Type.field}.
     */
    Set<String> outward() {
        return outward;
    }

    /**
     * Walks the selection below {@code field}, whose type is given by {@code shape}. Messages call the field
     * {@code where}.
     */
    void walk(SelectedField field, ProviderSchema.OutputField shape, String where) {
        way.addLast(field.key());
        below(field, shape, where);
        way.removeLast();
    }

    private void below(SelectedField field, ProviderSchema.OutputField shape, String where) {
        if (shape.type().isEmpty() != field.fields().isEmpty()) {
            throw new UnknownCallException(CatalogRefusals.SELECTION_FORM, where);
        }
        shape.type().ifPresent(type -> field.fields().forEach(below -> step(below, type)));
    }

    private void step(SelectedField field, String parent) {
        if (field.name().equals(TYPENAME)) {
            return;
        }
        String type = field.on().orElse(parent);
        String where = type + "." + field.name();
        ProviderSchema.OutputField shape =
                knowledge.shapes().field(type, field.name()).orElseThrow(() -> unknown(type, field.name()));
        arguments.requireKnown(field.arguments(), shape.arguments(), "`" + where + "`");
        if (knowledge.secrets().carries(type, field.name(), field.arguments())) {
            secrets.add(where);
            reveal(field);
        }
        if (shape.outward() && !onlyLabels(field.fields())) {
            outward.add(where);
        }
        walk(field, shape, "`" + where + "`");
    }

    /**
     * Notes every field below {@code root} that has the name of a secret field. It serves selections whose type is not
     * known.
     */
    void walkNames(SelectedField root) {
        way.addLast(root.key());
        root.fields().forEach(field -> {
            if (knowledge.secrets().names().contains(field.name())) {
                secrets.add(field.name());
                reveal(field);
            }
            walkNames(field);
        });
        way.removeLast();
    }

    private void reveal(SelectedField field) {
        List<String> path = new ArrayList<>(List.of("data"));
        path.addAll(way);
        path.add(field.key());
        revealing.add(path);
    }

    private boolean onlyLabels(List<SelectedField> fields) {
        return fields.stream()
                .allMatch(field -> field.name().equals(TYPENAME)
                        || (knowledge.labels().contains(field.name()) && onlyLabels(field.fields())));
    }

    private UnknownCallException unknown(String type, String field) {
        return new UnknownCallException(CatalogRefusals.UNKNOWN_FIELD, VisibleText.shown(field), VisibleText.shown(type), UnknownCallException.meant(field, knowledge.shapes().fields(type)));
    }
}
