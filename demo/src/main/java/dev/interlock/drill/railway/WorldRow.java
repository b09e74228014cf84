package dev.interlock.drill.railway;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One object of the simulated world, by the field names of its GraphQL type. Guarded by {@link World}'s lock. */
final class WorldRow {

    private final Map<String, @Nullable Object> fields = new LinkedHashMap<>();

    WorldRow with(String name, @Nullable Object value) {
        fields.put(name, value);
        return this;
    }

    @Nullable Object value(String name) {
        return fields.get(name);
    }

    String text(String name) {
        return Objects.requireNonNull(fields.get(name), name).toString();
    }

    String id() {
        return text("id");
    }

    boolean is(String name, @Nullable Object value) {
        return Objects.equals(fields.get(name), value);
    }
}
