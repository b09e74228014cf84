package dev.interlock.catalog;

import dev.interlock.action.Bytes;
import dev.interlock.action.VisibleText;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.evidence.MalformedException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A part of a provider's state: what one call changes. Values are by their paths in a request; {@code null} stands for
 * what does not exist. It may hold secrets, so its {@code toString} shows none.
 *
 * @param values by path
 */
public record UndoState(Value.Members values) {

    public byte[] json() {
        return values.json().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads what {@link #json} wrote.
     *
     * @throws MalformedException if it did not
     */
    public static UndoState read(byte[] json) {
        if (Value.find(Bytes.of(json)).orElse(null) instanceof Value.Members members) {
            return new UndoState(members);
        }
        throw new MalformedException("not a kept state");
    }

    public List<String> names() {
        return differences(new UndoState(new Value.Members(Map.of())), true);
    }

    /** Returns the names of the values that differ from those of {@code other}. */
    public List<String> differences(UndoState other) {
        return differences(other, false);
    }

    private List<String> differences(UndoState other, boolean isAll) {
        List<String> names = new ArrayList<>();
        values.members().forEach((path, value) -> {
            Value present = other.values.members().getOrDefault(path, isAll ? value : new Value.NullLiteral());
            if (value instanceof Value.Members(var left) && present instanceof Value.Members(var right)) {
                left.forEach((name, inner) -> {
                    if (isAll || isDifferent(inner, right.getOrDefault(name, new Value.NullLiteral()))) {
                        names.add(VisibleText.line(name));
                    }
                });
            } else if (isAll || isDifferent(value, present)) {
                names.add(path.substring(path.lastIndexOf('.') + 1));
            }
        });
        return names;
    }

    private static boolean isDifferent(Value one, Value other) {
        return !comparable(one).equals(comparable(other));
    }

    private static String comparable(Value value) {
        return value instanceof Value.Items(var items)
                ? items.stream().map(Value::json).sorted().toList().toString()
                : value.json();
    }

    /** {@inheritDoc} Values are not shown. */
    @Override
    public String toString() {
        return "state of " + values.members().keySet();
    }
}
