package dev.interlock.catalog.graphql;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes a value as canonical JSON. Words become strings, because JSON has no bare words. */
final class JsonWriter {

    private final StringBuilder out = new StringBuilder();

    private JsonWriter() {}

    static String write(Value value) {
        JsonWriter writer = new JsonWriter();
        writer.any(value);
        return writer.out.toString();
    }

    private void any(Value value) {
        switch (value) {
            case Value.NullLiteral _ -> out.append("null");
            case Value.Flag flag -> out.append(flag.value());
            case Value.Numeric number -> out.append(ExactNumbers.text(number.value()));
            case Value.Text text -> string(text.value());
            case Value.LongText _ -> throw new UnreadableException(GraphqlRefusals.LONG_TEXT);
            case Value.Word word -> string(word.value());
            case Value.Items items -> items(items.items());
            case Value.Members members -> members(new TreeMap<>(members.members()));
        }
    }

    private void items(List<Value> items) {
        String separator = "";
        out.append('[');
        for (Value item : items) {
            out.append(separator);
            any(item);
            separator = ",";
        }
        out.append(']');
    }

    private void members(Map<String, Value> members) {
        out.append('{');
        String separator = "";
        for (var member : members.entrySet()) {
            out.append(separator);
            string(member.getKey());
            out.append(':');
            any(member.getValue());
            separator = ",";
        }
        out.append('}');
    }

    private void string(String text) {
        TextDecoding.requireScalars(text);
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            character(text.charAt(i));
        }
        out.append('"');
    }

    // RFC 8785 §3.2.2.2
    private void character(char c) {
        switch (c) {
            case '"' -> out.append("\\\"");
            case '\\' -> out.append("\\\\");
            case '\b' -> out.append("\\b");
            case '\f' -> out.append("\\f");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> {
                if (c < ' ') {
                    out.append(String.format("\\u%04x", (int) c));
                } else {
                    out.append(c);
                }
            }
        }
    }
}
