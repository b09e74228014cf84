package dev.interlock.drill.railway;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An object of GraphQL: a row of the {@link World}, under whose lock it changes, or the arguments of a field. */
final class ObjectFields {

    private final Map<String, @Nullable Object> fields = new LinkedHashMap<>();

    static ObjectFields of(@Nullable Object value) {
        ObjectFields fields = new ObjectFields();
        if (value instanceof Map<?, ?> map) {
            map.forEach((name, member) -> fields.with(String.valueOf(name), member));
        }
        return fields;
    }

    ObjectFields with(String name, @Nullable Object value) {
        fields.put(name, value);
        return this;
    }

    ObjectFields with(ObjectFields others) {
        fields.putAll(others.fields);
        return this;
    }

    Set<String> names() {
        return fields.keySet();
    }

    @Nullable Object value(String name) {
        return fields.get(name);
    }

    /** @throws ApiException if there is none */
    String text(String name) {
        Object value = fields.get(name);
        if (value == null) {
            throw new ApiException("Problem processing request");
        }
        return value.toString();
    }

    String id() {
        return text("id");
    }

    @Nullable String optional(String name) {
        Object value = fields.get(name);
        return value == null ? null : value.toString();
    }

    boolean flag(String name) {
        return Boolean.TRUE.equals(fields.get(name));
    }

    List<String> texts(String name) {
        return fields.get(name) instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of();
    }

    /** Returns the object {@code name}; without members if it is absent or no object. */
    ObjectFields in(String name) {
        return of(fields.get(name));
    }

    boolean is(String name, @Nullable Object value) {
        return Objects.equals(fields.get(name), value);
    }
}
