package dev.interlock.evidence;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Writes RFC 8785: no white space, sorted members, the shortest escapes. */
final class CanonicalWriter {

    private CanonicalWriter() {}

    static void write(Json value, ByteArrayOutputStream out) {
        switch (value) {
            case Json.Text text -> string(text.value(), out);
            case Json.Whole whole -> ascii(Long.toString(whole.value()), out);
            case Json.Flag flag -> ascii(Boolean.toString(flag.value()), out);
            case Json.Nothing _ -> ascii("null", out);
            case Json.Array array -> array(array, out);
            case Json.Members object -> object(object, out);
        }
    }

    private static void array(Json.Array array, ByteArrayOutputStream out) {
        out.write('[');
        boolean first = true;
        for (Json item : array.items()) {
            if (!first) {
                out.write(',');
            }
            first = false;
            write(item, out);
        }
        out.write(']');
    }

    private static void object(Json.Members object, ByteArrayOutputStream out) {
        out.write('{');
        boolean first = true;
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
            if (!first) {
                out.write(',');
            }
            first = false;
            string(member.getKey(), out);
            out.write(':');
            write(member.getValue(), out);
        }
        out.write('}');
    }

    /**
     * RFC 8785 §3.2.2.2: two-character escapes where JSON has them, lower-case u00xx for other controls, the rest as it
     * is.
     */
    private static void string(String value, ByteArrayOutputStream out) {
        if (isPlain(value)) {
            out.write('"');
            out.writeBytes(value.getBytes(StandardCharsets.UTF_8));
            out.write('"');
            return;
        }
        StringBuilder escaped = new StringBuilder(value.length() + 2).append('"');
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
        out.writeBytes(escaped.append('"').toString().getBytes(StandardCharsets.UTF_8));
    }

    private static boolean isPlain(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < 0x20 || c == '"' || c == '\\') {
                return false;
            }
        }
        return true;
    }

    private static void ascii(String text, ByteArrayOutputStream out) {
        out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }
}
