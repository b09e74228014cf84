package dev.interlock.catalog.graphql;

import graphql.language.Argument;
import graphql.language.ArrayValue;
import graphql.language.BooleanValue;
import graphql.language.EnumValue;
import graphql.language.FloatValue;
import graphql.language.IntValue;
import graphql.language.NullValue;
import graphql.language.ObjectField;
import graphql.language.ObjectValue;
import graphql.language.StringValue;
import graphql.language.VariableReference;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Reads the values that a document writes, with variables replaced by their values. */
final class LiteralReader {

    /**
     * Maximum values. Fragments repeat what they hold. Apart from variables, nobody writes that much by hand. From its
     * second use on, a variable counts too.
     */
    static final int MAX_VALUES = 20_000;

    private final Map<String, Value> variables;
    private final Map<String, Long> used = new HashMap<>();
    private long left = MAX_VALUES;
    private long size;

    LiteralReader(Map<String, Value> variables) {
        this.variables = variables;
    }

    Map<String, Value> arguments(List<Argument> arguments) {
        Map<String, Value> values = new LinkedHashMap<>();
        for (Argument argument : arguments) {
            if (values.put(argument.getName(), value(argument.getValue())) != null) {
                throw twice("argument", argument.getName());
            }
        }
        return values;
    }

    Value value(graphql.language.Value<?> value) {
        if (--left < 0) {
            throw new UnreadableException(GraphqlRefusals.TOO_MANY_LITERALS);
        }
        size++;
        return switch (value) {
            case NullValue _ -> new Value.NullLiteral();
            case BooleanValue flag -> new Value.Flag(flag.isValue());
            case IntValue number -> new Value.Numeric(new BigDecimal(number.getValue()));
            case FloatValue number -> new Value.Numeric(number.getValue());
            case StringValue text -> new Value.Text(Objects.requireNonNullElse(text.getValue(), ""));
            case EnumValue word -> new Value.Word(word.getName());
            case ArrayValue items ->
                new Value.Items(items.getValues().stream().map(this::value).toList());
            case ObjectValue object -> members(object.getObjectFields());
            case VariableReference variable -> variable(variable.getName());
            default -> throw new UnreadableException(GraphqlRefusals.VALUE_KIND);
        };
    }

    private Value.Members members(List<ObjectField> fields) {
        Map<String, Value> members = new LinkedHashMap<>();
        for (ObjectField field : fields) {
            if (members.put(field.getName(), value(field.getValue())) != null) {
                throw twice("input field", field.getName());
            }
        }
        return new Value.Members(members);
    }

    private Value variable(String name) {
        Value value = variables.get(name);
        if (value == null) {
            throw new UnreadableException(GraphqlRefusals.NO_VARIABLE, TextDecoding.shown(name));
        }
        Long before = used.get(name);
        if (before == null) {
            used.put(name, value.size());
            size += value.size();
        } else {
            size += before;
            left -= before;
            if (left < 0) {
                throw new UnreadableException(GraphqlRefusals.VARIABLE_TOO_OFTEN, TextDecoding.shown(name));
            }
        }
        return value;
    }

    /** Returns how much was read: the values, with those of a variable each time that it is used. */
    long size() {
        return size;
    }

    static UnreadableException twice(String what, String name) {
        return new UnreadableException(GraphqlRefusals.TWICE, what, TextDecoding.shown(name));
    }
}
