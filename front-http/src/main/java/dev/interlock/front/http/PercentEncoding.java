package dev.interlock.front.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.IntPredicate;

/** Percent-encoding, decoded exactly once and written in exactly one form. */
final class PercentEncoding {

    private static final HexFormat UPPER = HexFormat.of().withUpperCase();

    private PercentEncoding() {}

    /**
     * Decodes {@code text}, in which {@code plain} characters may stand for themselves. Empty if it holds another
     * character, a broken escape, or anything but well-formed UTF-8.
     */
    static Optional<String> decode(String text, IntPredicate plain) {
        ByteBuffer bytes = ByteBuffer.allocate(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '%') {
                if (!plain.test(c)) {
                    return Optional.empty();
                }
                bytes.put((byte) c);
            } else if (isEscape(text, i)) {
                bytes.put((byte) HexFormat.fromHexDigits(text, i + 1, i + 3));
                i += 2;
            } else {
                return Optional.empty();
            }
        }
        return utf8(bytes.flip());
    }

    /** Encodes the UTF-8 bytes of {@code text}, except for characters that are {@code plain}. */
    static String encode(String text, IntPredicate plain) {
        StringBuilder out = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            if (b > 0 && plain.test(b)) {
                out.append((char) b);
            } else {
                out.append('%').append(UPPER.toHexDigits(b));
            }
        }
        return out.toString();
    }

    static boolean isEscape(String text, int at) {
        return text.charAt(at) == '%'
                && at + 2 < text.length()
                && HexFormat.isHexDigit(text.charAt(at + 1))
                && HexFormat.isHexDigit(text.charAt(at + 2));
    }

    /** Returns whether a character is unreserved, RFC 3986 §2.3. */
    static boolean isUnreserved(int c) {
        return isAlphanumeric(c) || "-._~".indexOf(c) >= 0;
    }

    /** Returns whether a character is an ASCII letter or digit. Other Unicode letters and digits do not count. */
    static boolean isAlphanumeric(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    // The JDK's strict decoder refuses overlong forms, surrogates and truncation (RFC 3629 §3).
    private static Optional<String> utf8(ByteBuffer bytes) {
        try {
            return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(bytes).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }
}
