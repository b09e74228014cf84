package dev.interlock.console;

import dev.interlock.evidence.Json;
import java.util.List;

/** Formats JSON as indented text that is easy to read. Ambiguous characters in its strings are escaped. */
final class IndentedJson {

    private IndentedJson() {}

    static String of(Json value) {
        StringBuilder text = new StringBuilder();
        write(text, 0, value);
        return text.toString().strip();
    }

    private static void write(StringBuilder text, int depth, Json value) {
        switch (value) {
            case Json.Members members ->
                members.members().forEach((name, member) -> {
                    text.append("  ".repeat(depth))
                            .append(DisplayText.text(name))
                            .append(':');
                    inner(text, depth, member);
                });
            case Json.Array(List<Json> items) ->
                items.forEach(item -> {
                    text.append("  ".repeat(depth)).append('-');
                    inner(text, depth, item);
                });
            case Json.Text _, Json.Whole _, Json.Flag _, Json.Nothing _ ->
                text.append("  ".repeat(depth)).append(DisplayText.value(value)).append('\n');
        }
    }

    private static void inner(StringBuilder text, int depth, Json value) {
        boolean isLeaf =
                value instanceof Json.Array(List<Json> items) ? items.isEmpty() : !(value instanceof Json.Members);
        if (isLeaf) {
            text.append(' ').append(DisplayText.value(value)).append('\n');
        } else {
            text.append('\n');
            write(text, depth + 1, value);
        }
    }
}
