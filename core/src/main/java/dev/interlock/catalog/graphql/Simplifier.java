package dev.interlock.catalog.graphql;

import graphql.language.Argument;
import graphql.language.ArrayValue;
import graphql.language.Directive;
import graphql.language.Document;
import graphql.language.Field;
import graphql.language.FragmentDefinition;
import graphql.language.FragmentSpread;
import graphql.language.InlineFragment;
import graphql.language.Node;
import graphql.language.NullValue;
import graphql.language.ObjectField;
import graphql.language.ObjectValue;
import graphql.language.OperationDefinition;
import graphql.language.Selection;
import graphql.language.SelectionSet;
import graphql.language.VariableDefinition;
import graphql.language.VariableReference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites one operation until it leaves nothing for the upstream to decide. Directives are carried out. Absent
 * variables are removed, together with the arguments they stood for. Only fragments and variables that are still used
 * remain.
 */
final class Simplifier {

    private final Definitions definitions;
    private final VariableValues variables;
    private final Directives directives;
    private final Map<String, Optional<FragmentDefinition>> done = new LinkedHashMap<>();

    Simplifier(Definitions definitions, VariableValues variables) {
        this.definitions = definitions;
        this.variables = variables;
        this.directives = new Directives(variables.values());
    }

    Document simplify(OperationDefinition operation) {
        Directives.refuseAny(operation.getDirectives());
        SelectionSet selections = selections(operation.getSelectionSet()).orElseThrow(Simplifier::nothingLeft);
        List<FragmentDefinition> fragments =
                done.values().stream().flatMap(Optional::stream).toList();
        Set<String> used = new LinkedHashSet<>();
        variablesIn(selections, used);
        fragments.forEach(fragment -> variablesIn(fragment, used));
        Document.Builder document = Document.newDocument();
        document.definition(operation.transform(
                builder -> builder.selectionSet(selections).variableDefinitions(definitionsOf(operation, used))));
        fragments.forEach(document::definition);
        return document.build();
    }

    private static List<VariableDefinition> definitionsOf(OperationDefinition operation, Set<String> used) {
        return operation.getVariableDefinitions().stream()
                .filter(definition -> used.contains(definition.getName()))
                .toList();
    }

    private static UnreadableException nothingLeft() {
        return new UnreadableException(GraphqlRefusals.NOTHING_SELECTED);
    }

    private static void variablesIn(Node<?> node, Set<String> used) {
        if (node instanceof VariableReference variable) {
            used.add(variable.getName());
        }
        for (Node<?> child : node.getChildren()) {
            variablesIn(child, used);
        }
    }

    private Optional<SelectionSet> selections(SelectionSet set) {
        List<Selection<?>> kept = new ArrayList<>();
        for (Selection<?> selection : set.getSelections()) {
            selection(selection).ifPresent(kept::add);
        }
        return kept.isEmpty()
                ? Optional.empty()
                : Optional.of(SelectionSet.newSelectionSet(kept).build());
    }

    private Optional<Selection<?>> selection(Selection<?> selection) {
        return switch (selection) {
            case Field field when directives.include(field.getDirectives()) -> Optional.of(field(field));
            case InlineFragment inline
            when directives.include(inline.getDirectives()) ->
                selections(inline.getSelectionSet())
                        .map(set -> inline.transform(
                                builder -> builder.selectionSet(set).directives(List.of())));
            case FragmentSpread spread
            when directives.include(spread.getDirectives()) ->
                fragment(spread.getName())
                        .map(fragment -> FragmentSpread.newFragmentSpread(fragment.getName())
                                .build());
            case Field _, InlineFragment _, FragmentSpread _ -> Optional.empty();
            default -> throw new UnreadableException(GraphqlRefusals.SELECTION_KIND);
        };
    }

    private Field field(Field field) {
        @Nullable SelectionSet set = field.getSelectionSet();
        @Nullable SelectionSet kept = set == null ? null : selections(set).orElseThrow(Simplifier::nothingLeft);
        List<Argument> arguments = new ArrayList<>();
        for (Argument argument : field.getArguments()) {
            value(argument.getValue())
                    .ifPresent(value -> arguments.add(
                            Argument.newArgument(argument.getName(), value).build()));
        }
        return field.transform(
                builder -> builder.arguments(arguments).selectionSet(kept).directives(List.of()));
    }

    private Optional<FragmentDefinition> fragment(String name) {
        Optional<FragmentDefinition> known = done.get(name);
        if (known != null) {
            return known;
        }
        FragmentDefinition fragment = definitions.fragment(name);
        Directives.refuseAny(fragment.getDirectives());
        Optional<FragmentDefinition> simple = selections(fragment.getSelectionSet())
                .map(set -> fragment.transform(builder -> builder.selectionSet(set)));
        done.put(name, simple);
        return simple;
    }

    /** Returns {@code value}, or nothing if it is an absent variable alone (GraphQL October 2021 §6.4.1). */
    private Optional<graphql.language.Value<?>> value(graphql.language.Value<?> value) {
        return switch (value) {
            case VariableReference variable when variables.absent().contains(variable.getName()) -> Optional.empty();
            case ArrayValue items -> Optional.of(items(items));
            case ObjectValue object -> Optional.of(object(object));
            default -> Optional.of(value);
        };
    }

    // §3.11: in a list, an absent variable is null
    private ArrayValue items(ArrayValue array) {
        ArrayValue.Builder items = ArrayValue.newArrayValue();
        for (graphql.language.Value<?> item : array.getValues()) {
            items.value(value(item).orElse(NullValue.of()));
        }
        return items.build();
    }

    // §3.10: in an object, the field is absent too
    private ObjectValue object(ObjectValue object) {
        List<ObjectField> fields = new ArrayList<>();
        for (ObjectField field : object.getObjectFields()) {
            value(field.getValue())
                    .ifPresent(value -> fields.add(ObjectField.newObjectField()
                            .name(field.getName())
                            .value(value)
                            .build()));
        }
        return ObjectValue.newObjectValue().objectFields(fields).build();
    }

    /** Decides {@code @skip} and {@code @include} (GraphQL October 2021 §3.13); any other directive is refused. */
    private static final class Directives {

        private final LiteralReader literals;

        Directives(Map<String, Value> variables) {
            this.literals = new LiteralReader(variables);
        }

        /** Returns whether a node with {@code directives} takes part at all. */
        boolean include(List<Directive> directives) {
            Set<String> seen = new HashSet<>();
            boolean included = true;
            for (Directive directive : directives) {
                if (!seen.add(directive.getName())) {
                    throw LiteralReader.twice("directive", directive.getName());
                }
                included &= includes(directive);
            }
            return included;
        }

        private boolean includes(Directive directive) {
            return switch (directive.getName()) {
                case "include" -> condition(directive);
                case "skip" -> !condition(directive);
                default -> throw unknown(directive);
            };
        }

        private boolean condition(Directive directive) {
            List<Argument> arguments = directive.getArguments();
            if (arguments.size() == 1
                    && arguments.getFirst().getName().equals("if")
                    && literals.value(arguments.getFirst().getValue()) instanceof Value.Flag flag) {
                return flag.value();
            }
            throw new UnreadableException(GraphqlRefusals.CONDITION);
        }

        static void refuseAny(List<Directive> directives) {
            if (!directives.isEmpty()) {
                throw unknown(directives.getFirst());
            }
        }

        private static UnreadableException unknown(Directive directive) {
            return new UnreadableException(GraphqlRefusals.DIRECTIVE, TextDecoding.shown(directive.getName()));
        }
    }
}
