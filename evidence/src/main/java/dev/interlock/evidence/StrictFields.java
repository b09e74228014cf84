package dev.interlock.evidence;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads an object member by member, and at the end refuses members that were not read. */
final class StrictFields {

    /** The maximum length of a sentence. */
    private static final int MAX_SENTENCE = 500;

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

    Optional<Boolean> optionalFlag(String name) {
        read.add(name);
        return object.get(name).map(_ -> flag(name));
    }

    /** Returns a whole number from 0 up. */
    long count(String name) {
        read.add(name);
        long value = object.whole(name);
        if (value < 0) {
            throw new MalformedException("`" + name + "` is negative");
        }
        return value;
    }

    Optional<Long> optionalCount(String name) {
        read.add(name);
        return object.get(name).map(_ -> count(name));
    }

    Json.Members object(String name) {
        read.add(name);
        return object.object(name);
    }

    Optional<Json.Members> optionalObject(String name) {
        read.add(name);
        return object.get(name).map(_ -> object.object(name));
    }

    /** Returns an array that must be there. */
    List<Json> items(String name) {
        read.add(name);
        if (object.get(name).isEmpty()) {
            throw new MalformedException("`" + name + "` is missing");
        }
        return object.items(name);
    }

    List<String> texts(String name) {
        return items(name).stream().map(item -> text(name, item)).toList();
    }

    Optional<List<String>> optionalTexts(String name) {
        read.add(name);
        return object.get(name).map(_ -> texts(name));
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
            if (at.toString().equals(text)) {
                return at;
            }
        } catch (DateTimeException e) {
            throw new MalformedException("`" + name + "` is not a time", e);
        }
        throw new MalformedException("`" + name + "` is a time that is not in canonical form");
    }

    /** Returns a lower-case hexadecimal SHA-256. */
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

    /**
     * Checks a person's text, which auditors read on terminals. It must not be empty or too long, and must not contain
     * terminal control characters.
     *
     * @throws MalformedException if it is anything else
     */
    static void requireSentence(String what, String text) {
        if (text.isBlank() || text.length() > MAX_SENTENCE || !text.codePoints().allMatch(StrictFields::isDrawn)) {
            throw new MalformedException(
                    what + " is a sentence of at most " + MAX_SENTENCE + " characters, all of them visible");
        }
    }

    /** Returns whether a reader sees {@code c}, or sees that it is a space. */
    static boolean isDrawn(int c) {
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
