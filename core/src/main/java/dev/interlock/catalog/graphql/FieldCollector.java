package dev.interlock.catalog.graphql;

import dev.interlock.catalog.graphql.GraphqlRequest.SelectedField;
import graphql.language.FragmentDefinition;
import graphql.language.FragmentSpread;
import graphql.language.InlineFragment;
import graphql.language.Selection;
import graphql.language.SelectionSet;
import graphql.language.TypeName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Collects the fields that a simplified document asks for, with fragments opened and variables replaced. */
final class FieldCollector {

    /** Maximum fields. Fragments that contain each other multiply; no honest query comes near this. */
    static final int MAX_FIELDS = 5_000;

    private final Definitions definitions;
    private final LiteralReader literals;
    private int left = MAX_FIELDS;

    FieldCollector(Definitions definitions, Map<String, Value> variables) {
        this.definitions = definitions;
        this.literals = new LiteralReader(variables);
    }

    List<SelectedField> root(SelectionSet set) {
        Map<String, SelectedField> byKey = new HashMap<>();
        List<SelectedField> fields = new ArrayList<>();
        collect(set, Optional.empty(), fields, byKey);
        return fields;
    }

    private List<SelectedField> below(graphql.language.Field field) {
        List<SelectedField> fields = new ArrayList<>();
        if (field.getSelectionSet() != null) {
            collect(field.getSelectionSet(), Optional.empty(), fields, new HashMap<>());
        }
        return fields;
    }

    private void collect(
            SelectionSet set, Optional<String> on, List<SelectedField> into, Map<String, SelectedField> byKey) {
        for (Selection<?> selection : set.getSelections()) {
            switch (selection) {
                case graphql.language.Field field -> {
                    SelectedField meant = field(field, on);
                    requireMergeable(byKey.putIfAbsent(field.getResultKey(), meant), meant);
                    into.add(meant);
                }
                case InlineFragment inline ->
                    collect(inline.getSelectionSet(), condition(inline.getTypeCondition(), on), into, byKey);
                case FragmentSpread spread -> {
                    count();
                    FragmentDefinition fragment = definitions.fragment(spread.getName());
                    collect(fragment.getSelectionSet(), condition(fragment.getTypeCondition(), on), into, byKey);
                }
                default ->
                    throw new UnreadableGraphqlException(GraphqlRefusals.SELECTION_KIND);
            }
        }
    }

    private static Optional<String> condition(@Nullable TypeName type, Optional<String> on) {
        return type == null ? on : Optional.of(type.getName());
    }

    private SelectedField field(graphql.language.Field field, Optional<String> on) {
        count();
        return new SelectedField(
                field.getName(), on, literals.arguments(field.getArguments()), below(field), field.getResultKey());
    }

    private void count() {
        if (--left < 0) {
            throw new UnreadableGraphqlException(GraphqlRefusals.TOO_MANY_FIELDS);
        }
    }

    // §5.3.2: one response key means one field. Servers that do not check this pick one of the two.
    private static void requireMergeable(@Nullable SelectedField first, SelectedField second) {
        boolean same = first == null
                || !first.on().equals(second.on())
                || (first.name().equals(second.name()) && first.arguments().equals(second.arguments()));
        if (!same) {
            throw new UnreadableGraphqlException(GraphqlRefusals.SAME_NAME);
        }
    }
}
