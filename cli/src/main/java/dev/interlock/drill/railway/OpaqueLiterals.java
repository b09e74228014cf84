package dev.interlock.drill.railway;

import graphql.execution.CoercedVariables;
import graphql.language.ArrayValue;
import graphql.language.BooleanValue;
import graphql.language.EnumValue;
import graphql.language.FloatValue;
import graphql.language.IntValue;
import graphql.language.ObjectValue;
import graphql.language.StringValue;
import graphql.language.Value;
import graphql.language.VariableReference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** GraphQL literals of opaque scalars, as plain values. */
final class OpaqueLiterals {

    private OpaqueLiterals() {}

    static @Nullable Object plain(Value<?> literal, CoercedVariables variables) {
        return switch (literal) {
            case StringValue text -> text.getValue();
            case IntValue whole -> whole.getValue();
            case FloatValue fraction -> fraction.getValue();
            case BooleanValue flag -> flag.isValue();
            case EnumValue word -> word.getName();
            case VariableReference variable -> variables.get(variable.getName());
            case ArrayValue array -> items(array, variables);
            case ObjectValue object -> members(object, variables);
            default -> null; // NullValue; the type is graphql-java's and not sealed
        };
    }

    private static List<@Nullable Object> items(ArrayValue array, CoercedVariables variables) {
        List<@Nullable Object> items = new ArrayList<>();
        array.getValues().forEach(item -> items.add(plain(item, variables)));
        return items;
    }

    private static Map<String, @Nullable Object> members(ObjectValue object, CoercedVariables variables) {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        object.getObjectFields().forEach(field -> members.put(field.getName(), plain(field.getValue(), variables)));
        return members;
    }
}
