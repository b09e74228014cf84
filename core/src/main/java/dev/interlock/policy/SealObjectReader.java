package dev.interlock.policy;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** Reads an object of a seal member by member, and finally rejects members that were not read. */
final class SealObjectReader {

    private final Json.Members object;
    private final Set<String> known = new HashSet<>();

    private SealObjectReader(Json.Members object) {
        this.object = object;
    }

    /** Applies {@code reader} to {@code value}, which must be an object with only the members that it reads. */
    static <T> T object(Json value, Function<SealObjectReader, T> reader) {
        if (!(value instanceof Json.Members members)) {
            throw new MalformedException("a value is not an object");
        }
        SealObjectReader strict = new SealObjectReader(members);
        T result = reader.apply(strict);
        strict.end();
        return result;
    }

    String text(String name) {
        known.add(name);
        return object.text(name);
    }

    Optional<String> optionalText(String name) {
        known.add(name);
        return object.optionalText(name);
    }

    long whole(String name) {
        known.add(name);
        return object.whole(name);
    }

    /** Reads a whole number; empty if it is absent. */
    Optional<Long> optionalWhole(String name) {
        known.add(name);
        return object.get(name).isEmpty() ? Optional.empty() : Optional.of(whole(name));
    }

    boolean flag(String name) {
        known.add(name);
        return object.flag(name);
    }

    /** Reads a flag that is either true or absent: one spelling. */
    boolean flagIfAny(String name) {
        known.add(name);
        if (object.get(name).isPresent() && !object.flag(name)) {
            throw new MalformedException("`" + name + "` must be true or absent");
        }
        return object.get(name).isPresent();
    }

    Instant instant(String name) {
        String text = text(name);
        try {
            Instant at = Instant.parse(text);
            if (at.toString().equals(text)) {
                return at;
            }
        } catch (DateTimeException e) {
            throw new MalformedException("`" + name + "` is not a time", e);
        }
        throw new MalformedException("`" + name + "` is a time that is not in canonical form");
    }

    /** Reads a time; empty if it is absent. */
    Optional<Instant> optionalInstant(String name) {
        known.add(name);
        return object.get(name).isEmpty() ? Optional.empty() : Optional.of(instant(name));
    }

    /** Reads the array of strings {@code name}, which must be present and hold no string twice. */
    Set<String> texts(String name) {
        Set<String> values = new TreeSet<>();
        for (Json item : items(name)) {
            if (!(item instanceof Json.Text text) || !values.add(text.value())) {
                throw new MalformedException("`" + name + "` contains a duplicate, or a value that is not a string");
            }
        }
        return values;
    }

    /** Reads like {@link #texts}; empty if the array is absent. A present array may have no members. */
    Optional<Set<String>> optionalTexts(String name) {
        known.add(name);
        return object.get(name).isEmpty() ? Optional.empty() : Optional.of(texts(name));
    }

    /** Returns the array {@code name}, which must be present. */
    List<Json> items(String name) {
        known.add(name);
        if (object.get(name).isEmpty()) {
            throw new MalformedException("`" + name + "` is missing");
        }
        return object.items(name);
    }

    /** Reads like {@link #items}; empty if the array is absent. A present array must not be empty: one spelling. */
    List<Json> itemsIfAny(String name) {
        known.add(name);
        if (object.get(name).isEmpty()) {
            return List.of();
        }
        List<Json> items = items(name);
        if (items.isEmpty()) {
            throw new MalformedException("`" + name + "` is empty");
        }
        return items;
    }

    /** Applies {@code reader} to each member of the object {@code name}, which must be present. */
    <T> Map<String, T> each(String name, NamedMemberReader<T> reader) {
        known.add(name);
        Map<String, T> all = new LinkedHashMap<>();
        object.object(name).members().forEach((key, value) -> all.put(key, reader.read(key, value)));
        return all;
    }

    /** Reads like {@link #each}; empty if the object is absent. A present object must not be empty: one spelling. */
    <T> Map<String, T> eachIfAny(String name, NamedMemberReader<T> reader) {
        known.add(name);
        if (object.get(name).isEmpty()) {
            return Map.of();
        }
        Map<String, T> all = each(name, reader);
        if (all.isEmpty()) {
            throw new MalformedException("`" + name + "` is empty");
        }
        return all;
    }

    /** Applies {@code reader} to the object {@code name}, which must be present. */
    <T> T inner(String name, Function<SealObjectReader, T> reader) {
        known.add(name);
        return object(object.object(name), reader);
    }

    /** Reads like {@link #inner}; empty if the object is absent. */
    <T> Optional<T> innerIfAny(String name, Function<SealObjectReader, T> reader) {
        known.add(name);
        return object.get(name).isEmpty() ? Optional.empty() : Optional.of(inner(name, reader));
    }

    /** Reads one named member. */
    interface NamedMemberReader<T> {
        T read(String name, Json value);
    }

    private void end() {
        Set<String> unknown = new TreeSet<>(object.members().keySet());
        unknown.removeAll(known);
        if (!unknown.isEmpty()) {
            throw new MalformedException("`" + unknown.iterator().next() + "` is not a member of this format");
        }
    }
}
