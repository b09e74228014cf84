package dev.interlock.evidence;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Reads an object member by member, and at the end refuses members that were not read. */
final class StrictFields {

    /** Letters and marks that are empty: a joiner, fillers of Hangul and of Khmer, and Braille without a dot. */
    private static final String BLANKS = "\u034F\u115F\u1160\u17B4\u17B5\u180B\u180C\u180D\u180F\u2800\u3164\uFFA0";

    private final Json.Members object;
    private final Set<String> read = new HashSet<>();

    StrictFields(Json.Members object) {
        this.object = object;
    }

    static StrictFields of(Json value) {
        if (value instanceof Json.Members object) {
            return new StrictFields(object);
        }
        throw new MalformedException("a value is not an object");
    }

    /** Applies {@code reader} to an object with only the members that it reads. */
    static <T> T read(Json value, Function<StrictFields, T> reader) {
        StrictFields fields = of(value);
        T result = reader.apply(fields);
        fields.end();
        return result;
    }

    String text(String name) {
        read.add(name);
        return object.text(name);
    }

    /** Returns a text that is not empty. */
    String name(String name) {
        String text = text(name);
        if (text.isEmpty()) {
            throw new MalformedException("`" + name + "` is empty");
        }
        return text;
    }

    void constant(String name, String expected) {
        if (!text(name).equals(expected)) {
            throw new MalformedException("`" + name + "` is not `" + expected + "`");
        }
    }

    Optional<String> optionalText(String name) {
        read.add(name);
        return object.optionalText(name);
    }

    boolean flag(String name) {
        read.add(name);
        return object.flag(name);
    }

    /** Returns whether a flag is there, which must then be true: one spelling. */
    boolean flagIfAny(String name) {
        read.add(name);
        boolean isThere = object.get(name).isPresent();
        if (isThere && !flag(name)) {
            throw new MalformedException("`" + name + "` is true, or is left out");
        }
        return isThere;
    }

    /** Returns a whole number that must be there. */
    long whole(String name) {
        read.add(name);
        return object.whole(name);
    }

    /** Returns a whole number from 0 up. */
    long count(String name) {
        long value = whole(name);
        if (value < 0) {
            throw new MalformedException("`" + name + "` is negative");
        }
        return value;
    }

    Optional<Long> optionalCount(String name) {
        read.add(name);
        return object.get(name).map(value -> count(name));
    }

    Json.Members object(String name) {
        read.add(name);
        return object.object(name);
    }

    Optional<Json.Members> optionalObject(String name) {
        read.add(name);
        return object.optionalObject(name);
    }

    <T> Optional<T> innerIfAny(String name, Function<StrictFields, T> reader) {
        return optionalObject(name).map(inner -> read(inner, reader));
    }

    /** Applies {@code reader} to each name and object in an object that must be there. */
    <T> Map<String, T> objects(String name, BiFunction<String, StrictFields, T> reader) {
        Map<String, T> all = new LinkedHashMap<>();
        object(name).members().forEach((key, value) -> all.put(key, read(value, fields -> reader.apply(key, fields))));
        return all;
    }

    List<Json> items(String name) {
        read.add(name);
        if (object.get(name).isEmpty()) {
            throw new MalformedException("`" + name + "` is missing");
        }
        return object.items(name);
    }

    List<Json> itemsIfAny(String name) {
        read.add(name);
        return object.items(name);
    }

    List<String> texts(String name) {
        return items(name).stream().map(item -> text(name, item)).toList();
    }

    Optional<List<String>> optionalTexts(String name) {
        read.add(name);
        return object.get(name).map(value -> texts(name));
    }

    private static String text(String name, Json item) {
        if (item instanceof Json.Text text) {
            return text.value();
        }
        throw new MalformedException("`" + name + "` holds something that is not a string");
    }

    /** Returns a time in UTC, in the one spelling of {@link Instant#toString}. */
    Instant instant(String name) {
        String text = text(name);
        try {
            Instant at = Instant.parse(text);
            // RFC 3339 has years of four digits, among which no sum or difference of ours overflows.
            if (at.toString().equals(text) && Character.isDigit(text.charAt(0))) {
                return at;
            }
        } catch (DateTimeException e) {
            throw new MalformedException("`" + name + "` is not a time", e);
        }
        throw new MalformedException("`" + name + "` is a time that is not in canonical form");
    }

    String digest(String name) {
        String text = text(name);
        if (!isDigest(text)) {
            throw new MalformedException("`" + name + "` is not a SHA-256 in lower-case hexadecimal");
        }
        return text;
    }

    static boolean isDigest(String text) {
        return text.length() == 64 && text.chars().allMatch(c -> "0123456789abcdef".indexOf(c) >= 0);
    }

    /** Allows {@code name} with any value. */
    void passOver(String name) {
        read.add(name);
    }

    /** Returns whether a reader sees {@code c}, or sees that it is a space. */
    static boolean isDrawn(int c) {
        if (BLANKS.indexOf(c) >= 0 || (c >= 0xFE00 && c <= 0xFE0E) || (c >= 0xE0000 && c <= 0xE0FFF)) { // variations
            return false;
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    void end() {
        Set<String> unknown = new TreeSet<>(object.members().keySet());
        unknown.removeAll(read);
        if (!unknown.isEmpty()) {
            throw new MalformedException("`" + unknown.iterator().next() + "` is not a member of this format");
        }
    }
}
