package dev.interlock.evidence;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
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

    private final String text;
    private int at;

    private CanonicalReader(String text) {
        this.text = text;
    }

    static Json read(byte[] bytes) {
        CanonicalReader reader = new CanonicalReader(decode(bytes));
        Json value = reader.value(0);
        if (reader.at != reader.text.length()) {
            throw new MalformedException("the value has trailing bytes");
        }
        if (!Arrays.equals(value.canonical(), bytes)) {
            throw new MalformedException("the JSON is not in RFC 8785 form");
        }
        return value;
    }

    private static String decode(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedException("the bytes are not UTF-8", e);
        }
    }

    private Json value(int depth) {
        if (depth > MAX_DEPTH) {
            throw new MalformedException("the JSON is nested deeper than " + MAX_DEPTH);
        }
        return switch (peek()) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case '"' -> new Json.Text(string());
            case 't' -> word("true", new Json.Flag(true));
            case 'f' -> word("false", new Json.Flag(false));
            case 'n' -> word("null", new Json.Nothing());
            default -> number();
        };
    }

    private Json object(int depth) {
        Map<String, Json> members = new TreeMap<>();
        expect('{');
        if (peek() != '}') {
            do {
                String name = string();
                expect(':');
                if (members.put(name, value(depth + 1)) != null) {
                    throw new MalformedException("a member occurs twice");
                }
            } while (skip(','));
        }
        expect('}');
        return new Json.Members(members);
    }

    private Json array(int depth) {
        List<Json> items = new ArrayList<>();
        expect('[');
        if (peek() != ']') {
            do {
                items.add(value(depth + 1));
            } while (skip(','));
        }
        expect(']');
        return new Json.Array(items);
    }

    private Json number() {
        int start = at;
        skip('-');
        while (at < text.length() && Character.isDigit(text.charAt(at))) {
            at++;
        }
        try {
            long value = Long.parseLong(text.substring(start, at));
            if (value > Json.MAX_WHOLE || value < -Json.MAX_WHOLE) {
                throw new MalformedException("a number is beyond 2^53 - 1");
            }
            return new Json.Whole(value);
        } catch (NumberFormatException e) {
            throw new MalformedException("a value is neither JSON nor a whole number", e);
        }
    }

    private String string() {
        expect('"');
        StringBuilder value = new StringBuilder();
        while (peek() != '"') {
            char c = text.charAt(at++);
            value.append(c == '\\' ? escape() : c);
        }
        expect('"');
        return value.toString();
    }

    private char escape() {
        char c = peek();
        at++;
        return switch (c) {
            case 'b' -> '\b';
            case 't' -> '\t';
            case 'n' -> '\n';
            case 'f' -> '\f';
            case 'r' -> '\r';
            case 'u' -> hex();
            default -> c;
        };
    }

    private char hex() {
        if (at + 4 > text.length()) {
            throw new MalformedException("the JSON ends too early");
        }
        try {
            char c = (char) Integer.parseInt(text.substring(at, at + 4), 16);
            at += 4;
            if (Character.isSurrogate(c)) {
                throw new MalformedException("the JSON is not in RFC 8785 form");
            }
            return c;
        } catch (NumberFormatException e) {
            throw new MalformedException("an escape is not hexadecimal", e);
        }
    }

    private Json word(String word, Json value) {
        if (!text.startsWith(word, at)) {
            throw new MalformedException("a value is not JSON");
        }
        at += word.length();
        return value;
    }

    private char peek() {
        if (at >= text.length()) {
            throw new MalformedException("the JSON ends too early");
        }
        return text.charAt(at);
    }

    private void expect(char c) {
        if (peek() != c) {
            throw new MalformedException("`" + c + "` was expected");
        }
        at++;
    }

    private boolean skip(char c) {
        if (peek() != c) {
            return false;
        }
        at++;
        return true;
    }
}
