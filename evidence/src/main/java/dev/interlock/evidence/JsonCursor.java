package dev.interlock.evidence;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A position in JSON text (RFC 8259). It reads one token at a time, and skips white space before each. */
final class JsonCursor {

    /** RFC 8259 §6. */
    private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

    private final String name;
    private final String text;
    private int at;

    /**
     * Begins at the first of {@code bytes}.
     *
     * @param name the name of the text for messages, such as "the JSON"
     * @throws MalformedException if they are not UTF-8
     */
    JsonCursor(byte[] bytes, String name) {
        this.name = name;
        try {
            this.text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedException(name + " is not UTF-8", e);
        }
    }

    /** Returns whether nothing but white space follows. */
    boolean isAtEnd() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return at == text.length();
    }

    /** Returns the first character of the next token. */
    char peek() {
        if (isAtEnd()) {
            throw new MalformedException(name + " ends too early");
        }
        return text.charAt(at);
    }

    void expect(char c) {
        if (!skip(c)) {
            throw new MalformedException("`" + c + "` was expected in " + name);
        }
    }

    /** Skips {@code c} if it is next, and returns whether it was. */
    boolean skip(char c) {
        if (isAtEnd() || text.charAt(at) != c) {
            return false;
        }
        at++;
        return true;
    }

    /** Reads {@code word}, which spells {@code value}, after {@link #peek}. */
    Json word(String word, Json value) {
        if (!text.startsWith(word, at)) {
            throw new MalformedException("a value of " + name + " is not JSON");
        }
        at += word.length();
        return value;
    }

    /** Reads a number after {@link #peek}, and returns it as it is written. */
    String number() {
        Matcher number = NUMBER.matcher(text).region(at, text.length());
        if (!number.lookingAt()) {
            throw new MalformedException("a value of " + name + " is not JSON");
        }
        at = number.end();
        return number.group();
    }

    String string() {
        expect('"');
        StringBuilder value = new StringBuilder();
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
