package dev.interlock.vault;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The ways in which a text may be read: as it stands, without percent-encoding, and without the escapes of JSON and
 * GraphQL, once and twice. What is not well written is left as it stands: this only looks, and never decides what is
 * forwarded.
 */
final class Readings {

    private static final int HEX = 16;

    private Readings() {}

    static List<byte[]> of(byte[] text) {
        List<byte[]> readings = new ArrayList<>(List.of(text));
        boolean percent = has(text, '%');
        boolean escapes = has(text, '\\');
        if (percent) {
            byte[] decoded = withoutPercent(text);
            readings.add(decoded);
            if (has(decoded, '\\')) {
                readings.add(withoutEscapes(decoded));
            }
        }
        if (escapes) {
            byte[] once = withoutEscapes(text);
            readings.add(once);
            if (has(once, '%')) {
                readings.add(withoutPercent(once));
            }
            if (has(once, '\\')) {
                readings.add(withoutEscapes(once));
            }
        }
        return readings;
    }

    private static boolean has(byte[] text, char wanted) {
        for (byte b : text) {
            if (b == wanted) {
                return true;
            }
        }
        return false;
    }

    // Neither makes anything longer.
    private static byte[] withoutPercent(byte[] text) {
        byte[] out = new byte[text.length];
        int length = 0;
        int at = 0;
        while (at < text.length) {
            int value = text[at] == '%' ? hex(text, at + 1, 2) : -1;
            out[length++] = value < 0 ? text[at] : (byte) value;
            at += value < 0 ? 1 : 3;
        }
        return Arrays.copyOf(out, length);
    }

    private static byte[] withoutEscapes(byte[] text) {
        byte[] out = new byte[text.length];
        int length = 0;
        int at = 0;
        while (at < text.length) {
            if (text[at] != '\\' || at + 1 == text.length) {
                out[length++] = text[at++];
                continue;
            }
            int unicode = text[at + 1] == 'u' ? hex(text, at + 2, 4) : -1;
            int brace = text[at + 1] == 'u' && unicode < 0 ? closing(text, at + 2) : -1;
            if (brace > 0) {
                length = utf8(out, length, hex(text, at + 3, brace - at - 3));
                at = brace + 1;
            } else if (unicode < 0) {
                out[length++] = escaped(text[at + 1]);
                at += 2;
            } else {
                length = utf8(out, length, unicode);
                at += 6;
            }
        }
        return Arrays.copyOf(out, length);
    }

    /** Where the braces of GraphQL's {@code \\u{41}} end, if they begin at {@code from} and hold a character. */
    private static int closing(byte[] text, int from) {
        if (from >= text.length || text[from] != '{') {
            return -1;
        }
        int at = from + 1;
        while (at < text.length && text[at] != '}' && hex(text, at, 1) >= 0) {
            at++;
        }
        boolean one = at < text.length && text[at] == '}' && at > from + 1;
        return one && hex(text, from + 1, at - from - 1) <= Character.MAX_CODE_POINT ? at : -1;
    }

    private static byte escaped(byte b) {
        return switch (b) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'f' -> '\f';
            default -> b;
        };
    }

    // Halves of a pair become something, and no credential is written in them.
    private static int utf8(byte[] out, int at, int c) {
        int length = at;
        if (c < 0x80) {
            out[length++] = (byte) c;
        } else if (c < 0x800) {
            out[length++] = (byte) (0xc0 | (c >> 6));
            out[length++] = (byte) (0x80 | (c & 0x3f));
        } else {
            out[length++] = (byte) (0xe0 | (c >> 12));
            out[length++] = (byte) (0x80 | ((c >> 6) & 0x3f));
            out[length++] = (byte) (0x80 | (c & 0x3f));
        }
        return length;
    }

    private static int hex(byte[] text, int from, int digits) {
        if (from + digits > text.length) {
            return -1;
        }
        int value = 0;
        for (int i = from; i < from + digits; i++) {
            int digit = Character.digit((char) (text[i] & 0xff), HEX);
            if (digit < 0 || text[i] < 0) {
                return -1;
            }
            // However many zeros stand before it, no character is greater.
            value = Math.min(value * HEX + digit, Character.MAX_CODE_POINT + 1);
        }
        return value;
    }
}
