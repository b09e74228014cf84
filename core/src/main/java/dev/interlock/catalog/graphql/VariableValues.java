package dev.interlock.catalog.graphql;

import graphql.language.ListType;
import graphql.language.NonNullType;
import graphql.language.OperationDefinition;
import graphql.language.Type;
import graphql.language.TypeName;
import graphql.language.VariableDefinition;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The values of an operation's variables (GraphQL October 2021 §6.1.2).
 *
 * @param values the variables that have a value, a default included
 * @param absent the variables without a value; places that use them stay empty
 */
record VariableValues(Map<String, Value> values, Set<String> absent) {

    static VariableValues of(OperationDefinition operation, Map<String, Value> given) {
        Map<String, Value> values = new LinkedHashMap<>();
        Set<String> absent = new HashSet<>();
        for (VariableDefinition definition : operation.getVariableDefinitions()) {
            String name = definition.getName();
            if (values.containsKey(name) || absent.contains(name)) {
                throw LiteralReader.twice("variable", name);
            }
            refuseDirectives(definition);
            resolve(definition, given, values, absent);
        }
        requireDefined(given, values);
        return new VariableValues(values, absent);
    }

    private static void resolve(
            VariableDefinition definition, Map<String, Value> given, Map<String, Value> values, Set<String> absent) {
        String name = definition.getName();
        Value value = given.get(name);
        if (value == null && definition.getDefaultValue() != null) {
            value = new LiteralReader(Map.of()).value(definition.getDefaultValue());
        }
        if (value != null) {
            values.put(name, coerced(value, definition.getType(), name));
        } else if (definition.getType() instanceof NonNullType) {
            throw wrong(name);
        } else {
            absent.add(name);
        }
    }

    private static void refuseDirectives(VariableDefinition definition) {
        if (!definition.getDirectives().isEmpty()) {
            throw new UnreadableException(GraphqlRefusals.VARIABLE_DIRECTIVE);
        }
    }

    private static void requireDefined(Map<String, Value> given, Map<String, Value> values) {
        for (String name : given.keySet()) {
            if (!values.containsKey(name)) {
                throw new UnreadableException(GraphqlRefusals.NEEDLESS_VARIABLE, TextDecoding.shown(name));
            }
        }
    }

    private static UnreadableException wrong(String name) {
        return new UnreadableException(GraphqlRefusals.VARIABLE, TextDecoding.shown(name));
    }

    private static Value coerced(Value value, Type<?> type, String name) {
        return switch (type) {
            case NonNullType required -> {
                if (value instanceof Value.NullLiteral) {
                    throw wrong(name);
                }
                yield coerced(value, required.getType(), name);
            }
            case ListType list -> list(value, list.getType(), name);
            case TypeName named -> named(value, named.getName(), name);
            default -> throw wrong(name);
        };
    }

    // §3.11 "Input Coercion": a single value is a list of one
    private static Value list(Value value, Type<?> of, String name) {
        return switch (value) {
            case Value.NullLiteral nothing -> nothing;
            case Value.Items(var items) ->
                new Value.Items(
                        items.stream().map(item -> coerced(item, of, name)).toList());
            default -> new Value.Items(List.of(coerced(value, of, name)));
        };
    }

    private static Value named(Value value, String type, String name) {
        boolean fits = value instanceof Value.NullLiteral
                || switch (type) {
                    case "String" -> value instanceof Value.Text;
                    case "Boolean" -> value instanceof Value.Flag;
                    case "Float" -> value instanceof Value.Numeric;
                    case "Int" -> value instanceof Value.Numeric number && isInt(number);
                    case "ID" ->
                        value instanceof Value.Text || (value instanceof Value.Numeric number && isWhole(number));
                    default ->
                        true; // an enum, an input object or a scalar of the provider's: only the provider can decide
                };
        if (!fits) {
            throw wrong(name);
        }
        return value.leaves(leaf -> leaf instanceof Value.Word(String word) ? new Value.Text(word) : leaf);
    }

    private static boolean isInt(Value.Numeric number) {
        return isWhole(number)
                && number.value().longValueExact() == (int) number.value().longValueExact();
    }

    private static boolean isWhole(Value.Numeric number) {
        return number.value().scale() <= 0;
    }

    // A default may hold bare words, and JSON sends them as strings.
}
