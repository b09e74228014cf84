package dev.interlock.evidence;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads canonical JSON; no other code does.
 *
 * <p>It reads a superset leniently, writes the value canonically, and compares the result with the input. Everything
 * but the one canonical spelling differs and is refused: white space, order, escapes, duplicate members, leading zeros.
 */
final class CanonicalReader {

    /** Deep enough for every format of ours, shallow enough for any stack. */
    private static final int MAX_DEPTH = 64;

    private final JsonCursor cursor;

    private CanonicalReader(JsonCursor cursor) {
        this.cursor = cursor;
    }

    static Json read(byte[] bytes) {
        JsonCursor cursor = new JsonCursor(bytes, "the JSON");
        Json value = new CanonicalReader(cursor).value(0);
        if (!cursor.isAtEnd()) {
            throw new MalformedException("bytes follow the value");
        }
        if (!Arrays.equals(value.canonical(), bytes)) {
            throw new MalformedException("the JSON is not in RFC 8785 form");
        }
        return value;
    }

    private Json value(int depth) {
        if (depth > MAX_DEPTH) {
            throw new MalformedException("the JSON is nested deeper than " + MAX_DEPTH);
        }
        return switch (cursor.peek()) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case '"' -> new Json.Text(cursor.string());
            case 't' -> cursor.word("true", new Json.Flag(true));
            case 'f' -> cursor.word("false", new Json.Flag(false));
            case 'n' -> cursor.word("null", new Json.Nothing());
            default -> number();
        };
    }

    private Json object(int depth) {
        Map<String, Json> members = new TreeMap<>();
        cursor.expect('{');
        if (cursor.peek() != '}') {
            do {
                String name = cursor.string();
                cursor.expect(':');
                if (members.put(name, value(depth + 1)) != null) {
                    throw new MalformedException("a member occurs twice");
                }
            } while (cursor.skip(','));
        }
        cursor.expect('}');
        return new Json.Members(members);
    }

    private Json array(int depth) {
        List<Json> items = new ArrayList<>();
        cursor.expect('[');
        if (cursor.peek() != ']') {
            do {
                items.add(value(depth + 1));
            } while (cursor.skip(','));
        }
        cursor.expect(']');
        return new Json.Array(items);
    }

    private Json number() {
        try {
            long value = Long.parseLong(cursor.number());
            if (value > Json.MAX_WHOLE || value < -Json.MAX_WHOLE) {
                throw new MalformedException("a number is beyond 2^53 - 1");
            }
            return new Json.Whole(value);
        } catch (NumberFormatException e) {
            throw new MalformedException("a value is neither JSON nor a whole number", e);
        }
    }
}
