package dev.interlock.evidence;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads JSON that others have written (RFC 8259); {@link CanonicalReader} accepts ours alone. It reads one object and
 * returns its texts and flags. Of every other value it only checks the syntax.
 */
final class BrowserJson {

    private static final int MAX_DEPTH = 16;

    private final JsonCursor cursor;

    private BrowserJson(JsonCursor cursor) {
        this.cursor = cursor;
    }

    /**
     * Returns the members of the object in {@code bytes}. A member that is neither a text nor a flag has no value.
     *
     * @throws MalformedException if it is anything else, or a member occurs twice
     */
    static Map<String, Optional<Json>> object(byte[] bytes) {
        JsonCursor cursor = new JsonCursor(bytes, "the client data");
        Map<String, Optional<Json>> members = new BrowserJson(cursor).members(0);
        if (!cursor.isAtEnd()) {
            throw new MalformedException("something follows the client data");
        }
        return members;
    }

    private Map<String, Optional<Json>> members(int depth) {
        Map<String, Optional<Json>> members = new LinkedHashMap<>();
        cursor.expect('{');
        if (cursor.skip('}')) {
            return members;
        }
        do {
            String name = cursor.string();
            cursor.expect(':');
            // INVARIANT: a duplicate member is refused. Other readers may take the first or the last.
            if (members.putIfAbsent(name, value(depth + 1)) != null) {
                throw new MalformedException("a member of the client data occurs twice");
            }
        } while (cursor.skip(','));
        cursor.expect('}');
        return members;
    }

    private Optional<Json> value(int depth) {
        if (depth > MAX_DEPTH) {
            throw new MalformedException("the client data is nested deeper than " + MAX_DEPTH);
        }
        switch (cursor.peek()) {
            case '"' -> {
                return Optional.of(new Json.Text(cursor.string()));
            }
            case 't' -> {
                return Optional.of(cursor.word("true", new Json.Flag(true)));
            }
            case 'f' -> {
                return Optional.of(cursor.word("false", new Json.Flag(false)));
            }
            case 'n' -> {
                return Optional.of(cursor.word("null", new Json.Nothing()));
            }
            case '{' -> members(depth);
            case '[' -> array(depth);
            default -> cursor.number();
        }
        return Optional.empty();
    }

    private void array(int depth) {
        cursor.expect('[');
        if (cursor.skip(']')) {
            return;
        }
        do {
            value(depth + 1);
        } while (cursor.skip(','));
        cursor.expect(']');
    }
}
