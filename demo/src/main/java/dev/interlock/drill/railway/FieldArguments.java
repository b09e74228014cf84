package dev.interlock.drill.railway;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The coerced arguments of one field, or the members of one input object. */
record FieldArguments(Map<String, ? extends @Nullable Object> values) {

    boolean has(String name) {
        return values.containsKey(name);
    }

    @Nullable Object value(String name) {
        return values.get(name);
    }

    String text(String name) {
        Object value = values.get(name);
        if (value == null) {
            throw new ApiException("Problem processing request");
        }
        return value.toString();
    }

    @Nullable String optional(String name) {
        Object value = values.get(name);
        return value == null ? null : value.toString();
    }

    int number(String name, int otherwise) {
        return values.get(name) instanceof Number number ? number.intValue() : otherwise;
    }

    boolean flag(String name) {
        return Boolean.TRUE.equals(values.get(name));
    }

    List<String> texts(String name) {
        return values.get(name) instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of();
    }

    /** Returns the object {@code name}; without members if it is absent or no object. */
    FieldArguments in(String name) {
        return of(values.get(name));
    }

    static FieldArguments of(@Nullable Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            return new FieldArguments(Map.of());
        }
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        map.forEach((name, member) -> members.put(String.valueOf(name), member));
        return new FieldArguments(members);
    }
}
