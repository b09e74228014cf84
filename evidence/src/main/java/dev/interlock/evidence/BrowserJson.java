package dev.interlock.evidence;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads JSON that others have written (RFC 8259); {@link CanonicalReader} accepts ours alone. It reads one object and
 * returns its texts and flags. Of every other value it only checks the syntax.
 */
final class BrowserJson {

    private static final int MAX_DEPTH = 16;
    /** RFC 8259 §6. */
    private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

    private final String text;
    private int at;

    private BrowserJson(String text) {
        this.text = text;
    }

    /**
     * Returns the members of the object in {@code bytes}. A member that is neither a text nor a flag has no value.
     *
     * @throws MalformedException if it is anything else, or a member occurs twice
     */
    static Map<String, Optional<Json>> object(byte[] bytes) {
        BrowserJson reader = new BrowserJson(decode(bytes));
        reader.space();
        Map<String, Optional<Json>> members = reader.members(0);
        reader.space();
        if (reader.at != reader.text.length()) {
            throw new MalformedException("the client data has trailing bytes");
        }
        return members;
    }

    private static String decode(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedException("the client data is not UTF-8", e);
        }
    }

    private Map<String, Optional<Json>> members(int depth) {
        Map<String, Optional<Json>> members = new LinkedHashMap<>();
        expect('{');
        if (skip('}')) {
            return members;
        }
        do {
            space();
            String name = string();
            expect(':');
            // INVARIANT: a duplicate member is refused. Other readers may take the first or the last.
            if (members.putIfAbsent(name, value(depth + 1)) != null) {
                throw new MalformedException("a member of the client data occurs twice");
            }
        } while (skip(','));
        expect('}');
        return members;
    }

    private Optional<Json> value(int depth) {
        if (depth > MAX_DEPTH) {
            throw new MalformedException("the client data is nested deeper than " + MAX_DEPTH);
        }
        space();
        return switch (peek()) {
            case '{' -> {
                members(depth);
                yield Optional.empty();
            }
            case '[' -> {
                array(depth);
                yield Optional.empty();
            }
            case '"' -> Optional.of(new Json.Text(string()));
            case 't' -> Optional.of(word("true", new Json.Flag(true)));
            case 'f' -> Optional.of(word("false", new Json.Flag(false)));
            case 'n' -> Optional.of(word("null", new Json.Nothing()));
            default -> number();
        };
    }

    private void array(int depth) {
        expect('[');
        if (skip(']')) {
            return;
        }
        do {
            value(depth + 1);
        } while (skip(','));
        expect(']');
    }

    private Optional<Json> number() {
        Matcher number = NUMBER.matcher(text).region(at, text.length());
        if (!number.lookingAt()) {
            throw new MalformedException("a value of the client data is not JSON");
        }
        at = number.end();
        return Optional.empty();
    }

    private Json word(String word, Json value) {
        if (!text.startsWith(word, at)) {
            throw new MalformedException("a value of the client data is not JSON");
        }
        at += word.length();
        return value;
    }

    private String string() {
        StringBuilder value = new StringBuilder();
        if (peek() != '"') {
            throw new MalformedException("a string was expected in the client data");
        }
        at++;
        while (peek() != '"') {
            char c = text.charAt(at++);
            if (c < 0x20) {
                throw new MalformedException("a string of the client data contains a control character");
            }
            value.append(c == '\\' ? escape() : c);
        }
        at++;
        if (!Json.Text.isScalar(value.toString())) {
            throw new MalformedException("a string of the client data contains half of a surrogate pair");
        }
        return value.toString();
    }

    private char escape() {
        char c = peek();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> hex();
            default -> throw new MalformedException("an escape of the client data is not known");
        };
    }

    private char hex() {
        int end = at + 4;
        if (end > text.length() || !text.substring(at, end).matches("[0-9a-fA-F]{4}")) {
            throw new MalformedException("an escape of the client data is not hexadecimal");
        }
        char c = (char) Integer.parseInt(text.substring(at, end), 16);
        at = end;
        return c;
    }

    private void space() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() {
        if (at >= text.length()) {
            throw new MalformedException("the client data ends too early");
        }
        return text.charAt(at);
    }

    private void expect(char c) {
        if (!skip(c)) {
            throw new MalformedException("`" + c + "` was expected in the client data");
        }
    }

    private boolean skip(char c) {
        space();
        if (at >= text.length() || text.charAt(at) != c) {
            return false;
        }
        at++;
        return true;
    }
}
