package dev.interlock.testing;

import dev.interlock.action.Obligations;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Each obligation by itself. A new component of the record appears here automatically, so that every writer of
 * obligations is tested with it.
 *
 * @param name the record's component
 * @param obligations obligations with only that one set
 */
public record LoneObligation(String name, Obligations obligations) {

    private static final Map<String, Object> EXAMPLES = Map.of(
            "java.util.Set<dev.interlock.action.Obligations$Quorum>", Set.of(new Obligations.Quorum(2, "owners")),
            "java.time.Duration", Duration.ofMinutes(10),
            "java.util.Optional<java.time.Duration>", Optional.of(Duration.ofHours(1)),
            "java.util.OptionalLong", OptionalLong.of(1_000),
            "boolean", true);

    public static List<LoneObligation> all() throws ReflectiveOperationException {
        RecordComponent[] components = Obligations.class.getRecordComponents();
        List<LoneObligation> all = new ArrayList<>();
        for (int i = 0; i < components.length; i++) {
            Object[] values = nothing(components);
            values[i] = example(components[i].getGenericType());
            all.add(new LoneObligation(components[i].getName(), obligations(components, values)));
        }
        return all;
    }

    private static Object[] nothing(RecordComponent[] components) throws ReflectiveOperationException {
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            values[i] = components[i].getAccessor().invoke(Obligations.NONE);
        }
        return values;
    }

    private static Object example(Type type) {
        Object example = EXAMPLES.get(type.getTypeName());
        if (example == null) {
            throw new IllegalArgumentException("give an example of a " + type.getTypeName());
        }
        return example;
    }

    private static Obligations obligations(RecordComponent[] components, Object[] values)
            throws ReflectiveOperationException {
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        return Obligations.class.getDeclaredConstructor(types).newInstance(values);
    }

    /** Returns it with a confirmation, because obligations apply to something that is confirmed. */
    public Obligations confirmed() {
        return obligations.and(new Obligations(
                Set.of(new Obligations.Quorum(1, "owners")),
                Duration.ZERO,
                Optional.empty(),
                OptionalLong.empty(),
                false,
                false));
    }

    @Override
    public String toString() {
        return name;
    }
}
