package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes RFC 8785: no white space, sorted members, the shortest escapes. For one thread. */
final class CanonicalWriter {

    /** Enough for most receipts. */
    private static final int USUAL = 1024;

    private byte[] out = new byte[USUAL];
    private int length;

    private CanonicalWriter() {}

    /** Returns the canonical bytes of {@code value}. */
    static byte[] write(Json value) {
        CanonicalWriter writer = new CanonicalWriter();
        writer.value(value);
        return Arrays.copyOf(writer.out, writer.length);
    }

    private void value(Json value) {
        switch (value) {
            case Json.Text text -> string(text.value());
            case Json.Whole whole -> raw(Long.toString(whole.value()));
            case Json.Flag flag -> raw(Boolean.toString(flag.value()));
            case Json.Nothing _ -> raw("null");
            case Json.Array array -> array(array);
            case Json.Members object -> object(object);
        }
    }

    private void array(Json.Array array) {
        put('[');
        boolean first = true;
        for (Json item : array.items()) {
            if (!first) {
                put(',');
            }
            first = false;
            value(item);
        }
        put(']');
    }

    private void object(Json.Members object) {
        put('{');
        SortedMembers.of(object.members()).write(this);
        put('}');
    }

    void member(boolean first, String name, Json value) {
        if (!first) {
            put(',');
        }
        string(name);
        put(':');
        value(value);
    }

    private void string(String value) {
        put('"');
        if (isPlain(value)) {
            raw(value);
        } else {
            escaped(value);
        }
        put('"');
    }

    /**
     * RFC 8785 §3.2.2.2: two-character escapes where JSON has them, lower-case u00xx for other controls, the rest as it
     * is.
     */
    private void escaped(String value) {
        StringBuilder escaped = new StringBuilder(value.length() + 2);
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"' -> escaped.append("\\\"");
                case '\\' -> escaped.append("\\\\");
                case '\b' -> escaped.append("\\b");
                case '\t' -> escaped.append("\\t");
                case '\n' -> escaped.append("\\n");
                case '\f' -> escaped.append("\\f");
                case '\r' -> escaped.append("\\r");
                default -> {
                    if (c < 0x20) {
                        escaped.append(String.format("\\u%04x", (int) c));
                    } else {
                        escaped.append(c);
                    }
                }
            }
        }
        bytes(escaped.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Returns whether {@code value} needs no escapes and is ASCII. */
    private static boolean isPlain(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < 0x20 || c == '"' || c == '\\' || c > '~') {
                return false;
            }
        }
        return true;
    }

    private void raw(String ascii) {
        room(ascii.length());
        for (int i = 0; i < ascii.length(); i++) {
            out[length++] = (byte) ascii.charAt(i);
        }
    }

    private void bytes(byte[] more) {
        room(more.length);
        System.arraycopy(more, 0, out, length, more.length);
        length += more.length;
    }

    private void put(char ascii) {
        room(1);
        out[length++] = (byte) ascii;
    }

    private void room(int more) {
        if (out.length - length < more) {
            out = Arrays.copyOf(out, Math.max(2 * out.length, Math.addExact(length, more)));
        }
    }
}
