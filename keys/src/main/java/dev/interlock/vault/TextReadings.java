package dev.interlock.vault;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Decodes a text in all ways in which it may be read: as it is, without percent-encoding, escapes of JSON and GraphQL,
 * or references of HTML, or as UTF-16; some twice; and each with values joined that are broken into lines. Malformed
 * parts stay as they are: this only searches, and never decides what is forwarded.
 */
public final class TextReadings {

    private static final int HEX = 16;
    private static final int LINE = 32; // minimum length of a line of base64 or hexadecimal; names are shorter
    // Classes of bytes: what a byte may begin, or be part of.
    private static final int PERCENT = 1;
    private static final int ESCAPE = 2;
    private static final int REFERENCE = 4;
    private static final int BLANK = 8;
    private static final int DIGIT = 16;
    private static final int ZERO = 32;
    private static final byte[] CLASS = classes();
    private static final Map<String, Character> NAMED =
            Map.of("amp", '&', "lt", '<', "gt", '>', "quot", '"', "apos", '\'');

    private static final int WIDE = 8; // zeros beside characters in sequence: no secret that is searched is so short

    private static final int LONGEST_REFERENCE = 10;

    private TextReadings() {}

    public static List<byte[]> of(byte[] text) {
        List<byte[]> readings = new ArrayList<>();
        int in = add(readings, text);
        if ((in & ZERO) != 0 && isWide(text)) {
            readings.addAll(of(withoutZeros(text)));
        }
        byte[] both = {};
        if ((in & PERCENT) != 0) {
            byte[] decoded = withoutPercent(text);
            int left = addShorter(readings, decoded, text);
            if ((left & PERCENT) != 0) {
                addShorter(readings, withoutPercent(decoded), decoded);
            }
            if ((left & ESCAPE) != 0) {
                both = withoutEscapes(decoded);
                add(readings, both);
            }
        }
        byte[] plain = text;
        if ((in & ESCAPE) != 0) {
            byte[] once = withoutEscapes(text);
            in = add(readings, once);
            if ((in & PERCENT) != 0) {
                byte[] other = withoutPercent(once);
                if (!Arrays.equals(other, both)) { // in most texts the order makes no difference
                    addShorter(readings, other, once);
                }
            }
            if ((in & ESCAPE) != 0) {
                add(readings, withoutEscapes(once));
            }
            plain = once;
        }
        if ((in & REFERENCE) != 0) {
            addShorter(readings, withoutReferences(plain), plain);
        }
        return readings;
    }

    private static int addShorter(List<byte[]> readings, byte[] decoded, byte[] before) {
        return decoded.length < before.length ? add(readings, decoded) : 0;
    }

    /** Adds {@code text}, and its joined lines if there are any. Returns the classes of bytes in it. */
    private static int add(List<byte[]> readings, byte[] text) {
        readings.add(text);
        int first = broken(text, 0);
        if (first >= 0) {
            readings.add(joined(text, first));
        }
        int in = 0;
        for (byte b : text) {
            in |= CLASS[b & 0xff];
        }
        return in;
    }

    // Returns the start of a line that continues behind a blank, or -1. Testing every `LINE`th byte is enough.
    private static int broken(byte[] text, int start) {
        int at = start + LINE - 1;
        while (at < text.length) {
            if (is(text, at, DIGIT)) {
                int end = past(text, at, DIGIT);
                int from = at;
                while (from > start && is(text, from - 1, DIGIT)) {
                    from--;
                }
                int next = past(text, end, BLANK);
                if (end - from >= LINE && next > end && next < text.length && is(text, next, DIGIT)) {
                    return from;
                }
                at = end;
            }
            at += LINE;
        }
        return -1;
    }

    private static byte[] classes() {
        byte[] classes = new byte[256];
        classes['%'] = PERCENT;
        classes['\\'] = ESCAPE;
        classes['&'] = REFERENCE;
        classes[0] = ZERO;
        for (char c : new char[] {' ', '\t', '\r', '\n'}) {
            classes[c] = BLANK;
        }
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="
                .chars()
                .forEach(c -> classes[c] = DIGIT);
        return classes;
    }

    private static byte[] joined(byte[] text, int first) {
        byte[] out = new byte[text.length];
        int length = 0;
        for (int from = first; from >= 0; ) {
            int at = from;
            int end = past(text, at, DIGIT);
            while (true) {
                System.arraycopy(text, at, out, length, end - at);
                length += end - at;
                int next = end - at < LINE ? end : past(text, end, BLANK); // the last line may be shorter
                if (next == end || next == text.length || !is(text, next, DIGIT)) {
                    break;
                }
                at = next;
                end = past(text, at, DIGIT);
            }
            out[length++] = '\n'; // at least one blank was left out
            from = broken(text, end);
        }
        return Arrays.copyOf(out, length);
    }

    private static int past(byte[] text, int from, int of) {
        int at = from;
        while (at < text.length && is(text, at, of)) {
            at++;
        }
        return at;
    }

    private static boolean is(byte[] text, int at, int of) {
        return (CLASS[text[at] & 0xff] & of) != 0;
    }

    private static byte[] withoutReferences(byte[] text) {
        byte[] out = new byte[text.length];
        int length = 0;
        int at = 0;
        while (at < text.length) {
            int end = text[at] == '&' ? semicolon(text, at + 1) : -1;
            int c = end < 0 ? -1 : referred(text, at + 1, end);
            if (c < 0) {
                out[length++] = text[at++];
            } else {
                length = utf8(out, length, c);
                at = end + 1;
            }
        }
        return Arrays.copyOf(out, length);
    }

    private static int semicolon(byte[] text, int from) {
        for (int i = from; i < text.length && i < from + LONGEST_REFERENCE; i++) {
            if (text[i] == ';') {
                return i;
            }
        }
        return -1;
    }

    private static int referred(byte[] text, int from, int end) {
        String name = new String(text, from, end - from, StandardCharsets.ISO_8859_1);
        if (!name.startsWith("#")) {
            return NAMED.containsKey(name) ? NAMED.get(name) : -1;
        }
        boolean hexadecimal = name.startsWith("#x") || name.startsWith("#X");
        String digits = name.substring(hexadecimal ? 2 : 1);
        if (!digits.matches(hexadecimal ? "[0-9a-fA-F]{1,6}" : "[0-9]{1,7}")) {
            return -1;
        }
        int c = Integer.parseInt(digits, hexadecimal ? HEX : 10);
        return c <= Character.MAX_VALUE ? c : -1;
    }

    /** Returns whether there may be UTF-16 or UTF-32, of either order. Compressed files have zeros too, anywhere. */
    private static boolean isWide(byte[] text) {
        int[] zeros = new int[2];
        for (int i = 0; i < text.length; i++) {
            zeros[i & 1] = text[i] == 0 ? zeros[i & 1] + 1 : 0;
            if (zeros[i & 1] == WIDE) {
                return true;
            }
        }
        return false;
    }

    /** A zero stands beside each character that a credential may have. */
    private static byte[] withoutZeros(byte[] text) {
        byte[] out = new byte[text.length];
        int length = 0;
        for (byte b : text) {
            if (b != 0) {
                out[length++] = b;
            }
        }
        return Arrays.copyOf(out, length);
    }

    // Decodes percent-encoding. No decoding makes a text longer.
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

    /** Returns the end of the braces of GraphQL's {@code \\u{41}} at {@code from}, if they hold a character, or -1. */
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

    // Writes a character. Half a surrogate pair becomes any bytes, since no credential contains one.
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
            // Leading zeros do not matter, and no character is greater.
            value = Math.min(value * HEX + digit, Character.MAX_CODE_POINT + 1);
        }
        return value;
    }
}
