package dev.interlock.adminapi;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Reads records from JSON objects and writes them. Anything unexpected is refused: a typing error must not widen a
 * request.
 *
 * <p>A component may be a text ({@link String}, {@link Secret}, {@link Instant}), a whole number, a boolean, JSON of
 * any form, a record, or a list or a map of these. {@link Optional} ones may be left out. A {@link Set} of texts may be
 * left out too, which is the same as none; sending an empty one is refused, so that nobody mistakes none for all.
 */
public final class RecordJson {

    private static final ClassValue<List<RecordMember>> MEMBERS = new ClassValue<>() {
        @Override
        protected List<RecordMember> computeValue(Class<?> type) {
            return Arrays.stream(type.getRecordComponents())
                    .map(RecordMember::of)
                    .toList();
        }
    };

    private RecordJson() {}

    /**
     * One member of a record.
     *
     * @param type its type, that of the value if it is optional
     */
    record RecordMember(RecordComponent component, String name, Type type, boolean optional, boolean flat) {

        static RecordMember of(RecordComponent component) {
            Member given = component.getAnnotation(Member.class);
            String name = given != null
                    ? given.value()
                    : component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
            boolean optional = component.getType() == Optional.class;
            Type type = optional ? argument(component.getGenericType(), 0) : component.getGenericType();
            return new RecordMember(component, name, type, optional, component.isAnnotationPresent(Flat.class));
        }

        Class<? extends Record> inner() {
            return ((Class<?>) type).asSubclass(Record.class);
        }

        boolean isSet() {
            return raw(type) == Set.class;
        }
    }

    static List<RecordMember> members(Class<?> type) {
        return MEMBERS.get(type);
    }

    /** Returns the names of the members of {@code type} on the wire, with those of its flat records. */
    static Set<String> names(Class<?> type) {
        return members(type).stream()
                .flatMap(member -> member.flat() ? names(member.inner()).stream() : Set.of(member.name()).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Reads a record from {@code from}; throws {@link MalformedException} if a member is missing, of another type, or
     * none of this record.
     */
    public static <T extends Record> T read(Class<T> type, Json.Members from) {
        return read(type, from, true);
    }

    /**
     * Reads a record from {@code from}, and leaves out members that it does not have; throws {@link MalformedException}
     * if a member is missing, or of another type.
     */
    static <T extends Record> T readKnown(Class<T> type, Json.Members from) {
        return read(type, from, false);
    }

    private static <T extends Record> T read(Class<T> type, Json.Members from, boolean strict) {
        if (type == Json.Members.class) {
            return type.cast(from);
        }
        if (strict) {
            requireKnown(from, names(type));
        }
        List<RecordMember> members = members(type);
        Object[] values = new Object[members.size()];
        for (int i = 0; i < values.length; i++) {
            RecordMember member = members.get(i);
            values[i] = member.flat() ? flat(member, from, strict) : value(member, from, strict);
        }
        return create(type, members, values);
    }

    private static void requireKnown(Json.Members from, Set<String> names) {
        for (String name : from.members().keySet()) {
            if (!names.contains(name)) {
                throw new MalformedException("`" + printable(name) + "` is not among " + names);
            }
        }
    }

    /** Returns a text that a peer chose, shortened and without characters that a log cannot show. */
    public static String printable(String word) {
        String plain = word.replaceAll("[^a-z0-9._-]", "?");
        return plain.length() <= 40 ? plain : plain.substring(0, 40);
    }

    private static Object flat(RecordMember member, Json.Members from, boolean strict) {
        Set<String> names = names(member.inner());
        List<String> others = from.members().keySet().stream()
                .filter(name -> !names.contains(name))
                .toList();
        Json.Members own = from.without(others);
        if (!member.optional()) {
            return read(member.inner(), own, strict);
        }
        return own.members().isEmpty() ? Optional.empty() : Optional.of(read(member.inner(), own, strict));
    }

    private static Object value(RecordMember member, Json.Members from, boolean strict) {
        Optional<Json> given = from.get(member.name());
        if (given.isEmpty()) {
            if (member.optional()) {
                return Optional.empty();
            }
            if (member.isSet()) {
                return Set.of();
            }
            throw new MalformedException("`" + member.name() + "` is missing");
        }
        Object value = value(member.name(), member.type(), given.get(), strict);
        if (value instanceof Set<?> set && set.isEmpty()) {
            throw new MalformedException("`" + member.name() + "` names nothing");
        }
        return member.optional() ? Optional.of(value) : value;
    }

    private static Object value(String name, Type type, Json json, boolean strict) {
        Class<?> raw = raw(type);
        return switch (json) {
            case Json given when raw.isInstance(given) -> given;
            case Json.Text(String text) when raw == String.class -> text;
            case Json.Text(String text) when raw == Secret.class -> new Secret(text);
            case Json.Text(String text)
            when raw == Instant.class -> {
                try {
                    yield Instant.parse(text);
                } catch (DateTimeException e) {
                    throw new MalformedException("`" + name + "` is not a valid time", e);
                }
            }
            case Json.Whole(long whole) when raw == long.class || raw == Long.class -> whole;
            case Json.Whole(long whole)
            when (raw == int.class || raw == Integer.class) && whole == (int) whole -> (int) whole;
            case Json.Flag(boolean flag) when raw == boolean.class || raw == Boolean.class -> flag;
            case Json.Array(List<Json> items)
            when Collection.class.isAssignableFrom(raw) -> {
                List<Object> values = new ArrayList<>();
                items.forEach(item -> values.add(value(name, argument(type, 0), item, strict)));
                yield raw == Set.class ? new TreeSet<>(values) : List.copyOf(values);
            }
            case Json.Members object
            when raw == Map.class -> {
                Map<String, Object> values = new TreeMap<>();
                object.members().forEach((key, item) -> values.put(key, value(name, argument(type, 1), item, strict)));
                yield values;
            }
            case Json.Members object when raw.isRecord() -> read(raw.asSubclass(Record.class), object, strict);
            case Json _ -> throw new MalformedException("`" + name + "` is not " + expected(raw));
        };
    }

    private static String expected(Class<?> raw) {
        if (raw == String.class || raw == Secret.class) {
            return "a string";
        }
        if (raw == Instant.class) {
            return "a valid time";
        }
        if (raw == boolean.class || raw == Boolean.class) {
            return "true or false";
        }
        if (Collection.class.isAssignableFrom(raw) || raw == Json.Array.class) {
            return "an array";
        }
        return raw.isRecord() || raw == Map.class ? "an object" : "a whole number";
    }

    private static <T> T create(Class<T> type, List<RecordMember> members, Object[] values) {
        Class<?>[] types =
                members.stream().map(member -> member.component().getType()).toArray(Class<?>[]::new);
        try {
            return type.getDeclaredConstructor(types).newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException refusal) {
                throw refusal;
            }
            throw new IllegalStateException(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type + " is no public record", e);
        }
    }

    public static Json.Members write(Record record) {
        if (record instanceof Json.Members members) {
            return members;
        }
        Map<String, Json> written = new TreeMap<>();
        write(record, written);
        return new Json.Members(written);
    }

    private static void write(Record record, Map<String, Json> written) {
        for (RecordMember member : members(record.getClass())) {
            Object value = get(member.component(), record);
            if (value instanceof Optional<?> optional) {
                if (optional.isEmpty()) {
                    continue;
                }
                value = optional.get();
            }
            if (member.flat()) {
                write((Record) value, written);
            } else if (!(value instanceof Set<?> set && set.isEmpty())) {
                written.put(member.name(), json(value));
            }
        }
    }

    private static Object get(RecordComponent component, Record record) {
        try {
            return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(record.getClass() + " is no public record", e);
        }
    }

    private static Json json(Object value) {
        return switch (value) {
            case Json json -> json;
            case String text -> new Json.Text(text);
            case Enum<?> word -> new Json.Text(word.name().toLowerCase(Locale.ROOT));
            case Secret secret -> new Json.Text(secret.<String>use(text -> text));
            case Instant time -> new Json.Text(time.toString());
            case Integer whole -> new Json.Whole(whole);
            case Long whole -> new Json.Whole(whole);
            case Boolean flag -> new Json.Flag(flag);
            case Record record -> write(record);
            // A set has no order of its own: the same question is always the same line.
            case Set<?> items -> json(items.stream().sorted().toList());
            case Collection<?> items ->
                new Json.Array(items.stream().map(RecordJson::json).toList());
            case Map<?, ?> map -> {
                Map<String, Json> members = new TreeMap<>();
                map.forEach((key, item) -> members.put((String) key, json(item)));
                yield new Json.Members(members);
            }
            default -> throw new IllegalArgumentException("no JSON is made of " + value.getClass());
        };
    }

    static Class<?> raw(Type type) {
        return (Class<?>) (type instanceof ParameterizedType parameterized ? parameterized.getRawType() : type);
    }

    static Type argument(Type type, int index) {
        return ((ParameterizedType) type).getActualTypeArguments()[index];
    }
}
