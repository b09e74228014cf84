package dev.interlock.catalog;

import graphql.language.Argument;
import graphql.language.BooleanValue;
import graphql.language.Definition;
import graphql.language.Directive;
import graphql.language.Document;
import graphql.language.Field;
import graphql.language.FragmentDefinition;
import graphql.language.FragmentSpread;
import graphql.language.InlineFragment;
import graphql.language.OperationDefinition;
import graphql.language.Selection;
import graphql.language.SelectionSet;
import graphql.language.StringValue;
import graphql.language.TypeName;
import graphql.language.VariableDefinition;
import graphql.language.VariableReference;
import graphql.parser.Parser;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Writes a document anew so that it asks for the same: in fragments, inline and named, with directives, aliases,
 * variables, repeated fields and in another order.
 */
final class DocumentRewriter {

    /** A document that means the same as another, with its variables, and the names that its aliases stand for. */
    record Rewritten(Document document, Map<String, Object> variables, Map<String, String> aliases) {}

    private static final String YES = "yes";

    private final CatalogSchema schema;
    private final Random random;
    private final List<Definition<?>> fragments = new ArrayList<>();
    private final List<VariableDefinition> declared = new ArrayList<>();
    private final Map<String, Object> variables = new HashMap<>();
    private final Map<String, String> aliases = new HashMap<>();
    private Map<String, FragmentDefinition> known = Map.of();
    private int count;

    DocumentRewriter(CatalogSchema schema, Random random) {
        this.schema = schema;
        this.random = random;
    }

    /** Rewrites {@code text}; its variables have the values {@code given}. */
    Rewritten rewrite(String text, Map<String, Object> given) {
        Document document = Parser.parse(text);
        known = new HashMap<>();
        document.getDefinitionsOfType(FragmentDefinition.class)
                .forEach(fragment -> known.put(fragment.getName(), fragment));
        OperationDefinition operation =
                document.getFirstDefinitionOfType(OperationDefinition.class).orElseThrow();
        variables.putAll(given);
        boolean isQuery = operation.getOperation() == OperationDefinition.Operation.QUERY;
        SelectionSet selections = rewrite(operation.getSelectionSet(), isQuery ? "Query" : "Mutation");
        declared.addAll(operation.getVariableDefinitions());
        OperationDefinition written = operation.transform(
                builder -> builder.name("Rewritten").selectionSet(selections).variableDefinitions(declared));
        List<Definition<?>> definitions = new ArrayList<>(fragments);
        definitions.add(written);
        Collections.shuffle(definitions, random);
        Document.Builder whole = Document.newDocument();
        definitions.forEach(whole::definition);
        return new Rewritten(whole.build(), variables, aliases);
    }

    private SelectionSet rewrite(SelectionSet set, String type) {
        List<Selection<?>> written = new ArrayList<>();
        for (Selection<?> selection : set.getSelections()) {
            switch (selection) {
                case Field field -> {
                    Field same = field(field, type);
                    written.add(wrapped(same, type));
                    if (random.nextInt(6) == 0) {
                        written.add(wrapped(same, type));
                    }
                }
                case InlineFragment inline -> {
                    String on = inline.getTypeCondition() == null
                            ? type
                            : inline.getTypeCondition().getName();
                    written.add(around(fragment(on, rewrite(inline.getSelectionSet(), on)), type, on));
                }
                case FragmentSpread spread -> {
                    FragmentDefinition fragment = known.get(spread.getName());
                    String on = fragment.getTypeCondition().getName();
                    written.add(around(fragment(on, rewrite(fragment.getSelectionSet(), on)), type, on));
                }
                default -> throw new IllegalStateException();
            }
        }
        if (random.nextInt(3) == 0) {
            written.add(wrapped(Field.newField(Classifier.TYPENAME).build(), type));
        }
        Collections.shuffle(written, random);
        return SelectionSet.newSelectionSet(written).build();
    }

    private Field field(Field field, String type) {
        List<Argument> arguments = new ArrayList<>();
        for (Argument argument : field.getArguments()) {
            if (argument.getValue() instanceof StringValue text && random.nextBoolean()) {
                String name = "v" + count++;
                declared.add(declaration(name, "Any"));
                variables.put(name, text.getValue());
                arguments.add(Argument.newArgument(argument.getName(), new VariableReference(name))
                        .build());
            } else {
                arguments.add(argument);
            }
        }
        Collections.shuffle(arguments, random);
        String below = schema.below(type, field.getName()).orElse("");
        Field.Builder written =
                Field.newField(field.getName()).alias(field.getAlias()).arguments(arguments);
        if (random.nextInt(3) == 0) {
            String alias = "a" + count++;
            aliases.put(alias, field.getResultKey());
            written.alias(alias);
        }
        if (field.getSelectionSet() != null) {
            written.selectionSet(rewrite(field.getSelectionSet(), below));
        }
        return written.build();
    }

    private static VariableDefinition declaration(String name, String type) {
        return VariableDefinition.newVariableDefinition(
                        name, TypeName.newTypeName(type).build())
                .build();
    }

    /** Returns {@code field} of {@code type}, perhaps in fragments that change nothing. */
    private Selection<?> wrapped(Field field, String type) {
        if (random.nextInt(2) == 0) {
            return field;
        }
        List<String> conditions = wider(type)
                .filter(wide -> wide.equals(type)
                        || field.getName().equals(Classifier.TYPENAME)
                        || schema.field(wide, field.getName())
                                .filter(definition -> field.getArguments().stream()
                                        .allMatch(argument -> definition.getArgument(argument.getName()) != null))
                                .filter(_ -> leadsAlike(type, wide, field.getName()))
                                .isPresent())
                .toList();
        String condition = conditions.get(random.nextInt(conditions.size()));
        SelectionSet set = SelectionSet.newSelectionSet(List.of(field)).build();
        return around(fragment(condition, set), type, condition);
    }

    // What is selected below is legal only of this very type.
    private boolean leadsAlike(String type, String wide, String field) {
        return schema.below(type, field).equals(schema.below(wide, field));
    }

    /** Returns {@code type} and those under whose names every value of it stands too. */
    private Stream<String> wider(String type) {
        return Stream.concat(
                Stream.of(type),
                schema.types().stream()
                        .filter(other -> schema.objects(other).size() > 1
                                && schema.objects(other).containsAll(schema.objects(type))));
    }

    /** Returns {@code inner}, a fragment on {@code on}, perhaps within others that a {@code type} meets. */
    private Selection<?> around(Selection<?> inner, String type, String on) {
        Selection<?> outer = inner;
        String within = on;
        while (random.nextInt(3) == 0) {
            Set<String> here = new HashSet<>(schema.objects(within));
            List<String> conditions = Stream.concat(wider(type), wider(within))
                    .filter(wide -> !Collections.disjoint(schema.objects(wide), here)
                            && !Collections.disjoint(schema.objects(wide), schema.objects(type))
                            && schema.objects(wide).containsAll(common(here, schema.objects(type))))
                    .toList();
            within = conditions.get(random.nextInt(conditions.size()));
            outer = fragment(
                    within, SelectionSet.newSelectionSet(List.of(outer)).build());
        }
        return outer;
    }

    private static Set<String> common(Set<String> one, Set<String> other) {
        Set<String> common = new HashSet<>(one);
        common.retainAll(other);
        return common;
    }

    private Selection<?> fragment(String on, SelectionSet set) {
        if (random.nextInt(3) == 0) {
            String name = "F" + count++;
            fragments.add(FragmentDefinition.newFragmentDefinition()
                    .name(name)
                    .typeCondition(TypeName.newTypeName(on).build())
                    .selectionSet(set)
                    .build());
            return FragmentSpread.newFragmentSpread(name)
                    .directives(directives())
                    .build();
        }
        return InlineFragment.newInlineFragment()
                .typeCondition(TypeName.newTypeName(on).build())
                .directives(directives())
                .selectionSet(set)
                .build();
    }

    private List<Directive> directives() {
        return switch (random.nextInt(6)) {
            case 0 -> List.of(directive("include", BooleanValue.of(true)));
            case 1 -> List.of(directive("skip", BooleanValue.of(false)));
            case 2 -> {
                if (variables.put(YES, true) == null) {
                    declared.add(declaration(YES, "Boolean!"));
                }
                yield List.of(directive("include", new VariableReference(YES)));
            }
            default -> List.of();
        };
    }

    private static Directive directive(String name, graphql.language.Value<?> condition) {
        return Directive.newDirective()
                .name(name)
                .argument(Argument.newArgument("if", condition).build())
                .build();
    }
}
