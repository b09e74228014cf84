package dev.interlock.evidence;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads JSON that others have written (RFC 8259); {@link CanonicalReader} accepts ours alone. */
public final class ForeignJson {

    private static final int MAX_DEPTH = 16;

    private final JsonCursor cursor;
    private final String name;

    private ForeignJson(JsonCursor cursor, String name) {
        this.cursor = cursor;
        this.name = name;
    }

    /**
     * Returns the object in {@code bytes}. A number that {@link Json} cannot hold, such as a fraction, becomes
     * {@code null}.
     *
     * @param name the name of the text for messages, such as "the client data"
     * @throws MalformedException if it is anything else, or a member occurs twice; the message quotes nothing of it
     */
    public static Json.Members object(byte[] bytes, String name) {
        JsonCursor cursor = new JsonCursor(bytes, name);
        Json.Members object = new ForeignJson(cursor, name).members(0);
        if (!cursor.isAtEnd()) {
            throw new MalformedException("something follows " + name);
        }
        return object;
    }

    private Json.Members members(int depth) {
        Map<String, Json> members = new TreeMap<>();
        cursor.expect('{');
        if (cursor.skip('}')) {
            return new Json.Members(members);
        }
        do {
            String member = cursor.string();
            cursor.expect(':');
            // INVARIANT: a duplicate member is refused. Other readers may take the first or the last.
            if (members.putIfAbsent(member, value(depth + 1)) != null) {
                throw new MalformedException("a member of " + name + " occurs twice");
            }
        } while (cursor.skip(','));
        cursor.expect('}');
        return new Json.Members(members);
    }

    private Json value(int depth) {
        if (depth > MAX_DEPTH) {
            throw new MalformedException(name + " is nested deeper than " + MAX_DEPTH);
        }
        return switch (cursor.peek()) {
            case '"' -> new Json.Text(cursor.string());
            case 't' -> cursor.word("true", new Json.Flag(true));
            case 'f' -> cursor.word("false", new Json.Flag(false));
            case 'n' -> cursor.word("null", new Json.Nothing());
            case '{' -> members(depth);
            case '[' -> array(depth);
            default -> number();
        };
    }

    private Json array(int depth) {
        List<Json> items = new ArrayList<>();
        cursor.expect('[');
        if (cursor.skip(']')) {
            return new Json.Array(items);
        }
        do {
            items.add(value(depth + 1));
        } while (cursor.skip(','));
        cursor.expect(']');
        return new Json.Array(items);
    }

    private Json number() {
        String written = cursor.number();
        return written.matches("-?[0-9]{1,15}") ? new Json.Whole(Long.parseLong(written)) : new Json.Nothing();
    }
}
