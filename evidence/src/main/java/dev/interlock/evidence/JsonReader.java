package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads JSON text (RFC 8259), with white space, any escapes, and numbers that {@link Json.Whole} cannot hold as
 * {@code null}. {@link Json#read} compares the result with the text, and so accepts the one canonical spelling.
 */
final class JsonReader {

    static final int MAX_DEPTH = 64; // deep enough for every format of ours, shallow enough for any stack
    static final int MAX_FOREIGN_DEPTH = 16;
    /** RFC 8259 §6. */
    private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

    private static final Pattern WHOLE = Pattern.compile("-?[0-9]{1,16}");

    private final String name;
    private final int maxDepth;
    private final String text;
    private int at;
    private boolean isWhole = true;

    /** {@code name} is that of the text for messages, such as "the JSON". */
    JsonReader(byte[] bytes, String name, int maxDepth) {
        this.name = name;
        this.maxDepth = maxDepth;
        String decoded = new String(bytes, StandardCharsets.UTF_8);
        // What stands for bytes that are no characters is a character too, so only then it matters which of both it is.
        if (decoded.indexOf('\uFFFD') >= 0 && !Arrays.equals(decoded.getBytes(StandardCharsets.UTF_8), bytes)) {
            throw new MalformedException(name + " is not UTF-8");
        }
        this.text = decoded;
    }

    /** Reads the one value that the text holds. */
    Json read() {
        Json value = value(0);
        if (!isAtEnd()) {
            throw new MalformedException("something follows " + name);
        }
        return value;
    }

    /** Returns whether every number so far is the one that was written. */
    boolean isWhole() {
        return isWhole;
    }

    /** Returns whether this is the text that is read. */
    boolean isText(String other) {
        return text.equals(other);
    }

    private Json value(int depth) {
        if (depth > maxDepth) {
            throw new MalformedException(name + " is nested deeper than " + maxDepth);
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
        Map<String, Json> members = new HashMap<>();
        expect('{');
        if (peek() != '}') {
            do {
                String member = string();
                expect(':');
                // INVARIANT: a duplicate member is refused. Other readers may take the first or the last.
                if (members.put(member, value(depth + 1)) != null) {
                    throw new MalformedException("a member of " + name + " occurs twice");
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

    private Json word(String word, Json value) {
        if (!text.startsWith(word, at)) {
            throw new MalformedException("a value of " + name + " is not JSON");
        }
        at += word.length();
        return value;
    }

    private Json number() {
        Matcher number = NUMBER.matcher(text).region(at, text.length());
        if (!number.lookingAt()) {
            throw new MalformedException("a value of " + name + " is not JSON");
        }
        at = number.end();
        if (WHOLE.matcher(number.group()).matches()) {
            long value = Long.parseLong(number.group());
            if (Math.abs(value) <= Json.MAX_WHOLE) {
                return new Json.Whole(value);
            }
        }
        isWhole = false;
        return new Json.Nothing();
    }

    private boolean isAtEnd() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return at == text.length();
    }

    private char peek() {
        if (isAtEnd()) {
            throw new MalformedException(name + " ends too early");
        }
        return text.charAt(at);
    }

    private void expect(char c) {
        if (!skip(c)) {
            throw new MalformedException("`" + c + "` was expected in " + name);
        }
    }

    private boolean skip(char c) {
        boolean isNext = !isAtEnd() && text.charAt(at) == c;
        at += isNext ? 1 : 0;
        return isNext;
    }

    private String string() {
        expect('"');
        int end = at;
        while (end < text.length() && isPlain(text.charAt(end))) {
            end++;
        }
        String plain = text.substring(at, end);
        at = end;
        if (end < text.length() && text.charAt(end) == '"') {
            at++;
            return plain;
        }
        StringBuilder value = new StringBuilder(plain);
        for (char c = next(); c != '"'; c = next()) {
            if (c < 0x20) {
                throw new MalformedException("a text of " + name + " holds a control character");
            }
            value.append(c == '\\' ? escape() : c);
        }
        if (!Json.Text.isScalar(value.toString())) {
            throw new MalformedException("a text of " + name + " holds half a character");
        }
        return value.toString();
    }

    private static boolean isPlain(char c) {
        return c >= 0x20 && c != '"' && c != '\\' && !Character.isSurrogate(c);
    }

    private char next() {
        if (at == text.length()) {
            throw new MalformedException(name + " ends too early");
        }
        return text.charAt(at++);
    }

    private char escape() {
        char c = next();
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> hex();
            default -> throw new MalformedException("an escape of " + name + " is not known");
        };
    }

    private char hex() {
        int end = at + 4;
        if (end > text.length() || !text.substring(at, end).matches("[0-9a-fA-F]{4}")) {
            throw new MalformedException("an escape of " + name + " is not hexadecimal");
        }
        char c = (char) Integer.parseInt(text, at, end, 16);
        at = end;
        return c;
    }
}
