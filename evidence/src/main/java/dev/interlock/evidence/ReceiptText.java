package dev.interlock.evidence;

import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Prints a receipt for people: one line for each member, without what the verifier prints anyway. */
public final class ReceiptText {

    /** Members that are printed elsewhere, or are the same in every receipt. */
    private static final Set<String> SAID =
            Set.of("type", "id", "origin", "confirmation", "signature", "actions", "sealed");

    private static final List<String> FIRST =
            List.of("kind", "at", "agent", "person", "task", "lease", "upstream", "result", "reason");

    private static final int NAME = 15;

    private ReceiptText() {}

    static List<String> of(Receipt receipt) {
        Map<String, Json> members = receipt.json().members();
        List<String> lines = new ArrayList<>();
        String at = receipt.at().truncatedTo(ChronoUnit.SECONDS).toString();
        Json.Members shown = receipt.json().with("at", at);
        FIRST.forEach(name -> shown.get(name).ifPresent(value -> lines.add(line(name, value))));
        receipt.json().objects("actions").forEach(action -> lines.add(line("action", new Json.Text(words(action)))));
        members.forEach((name, value) -> {
            if (!FIRST.contains(name) && !SAID.contains(name)) {
                lines.add(line(name, value));
            }
        });
        return lines;
    }

    private static String words(Json.Members action) {
        String impacts =
                action.items("impacts").stream().map(ReceiptText::plain).collect(Collectors.joining(" and "));
        List<String> touched = action.objects("resources").stream()
                .map(resource -> plain(resource.get("id").orElse(new Json.Nothing()))
                        + resource.get("environments")
                                .map(environments -> " in " + plain(environments))
                                .orElse(""))
                .toList();
        return plain(action.get("operation").orElse(new Json.Nothing())) + ": " + impacts
                + (touched.isEmpty() ? "" : ", on " + String.join(", ", touched));
    }

    private static String line(String name, Json value) {
        String words = name.replace('_', ' ');
        return inert(words) + " ".repeat(Math.max(1, NAME - words.length())) + inert(plain(value));
    }

    static String plain(Json value) {
        if (value instanceof Json.Text text) {
            return text.value();
        }
        if (value instanceof Json.Flag flag) {
            return flag.value() ? "yes" : "no";
        }
        if (value instanceof Json.Array array && !array.items().isEmpty()) {
            return array.items().stream().map(ReceiptText::plain).collect(Collectors.joining(", "));
        }
        if (value instanceof Json.Members members) {
            return members.members().entrySet().stream()
                    .map(member -> member.getKey() + " " + plain(member.getValue()))
                    .collect(Collectors.joining(" · "));
        }
        return value instanceof Json.Whole number ? Long.toString(number.value()) : "none";
    }

    /** Escapes terminal control characters and characters that a reader cannot see. Agents chose some of the text. */
    public static String inert(String text) {
        if (text.chars().allMatch(c -> c >= ' ' && c <= '~')) {
            return text;
        }
        StringBuilder shown = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            boolean seen = c == ' ' || (StrictFields.isDrawn(c) && Character.getType(c) != Character.SPACE_SEPARATOR);
            if (seen) {
                shown.appendCodePoint(c);
            } else {
                shown.append("\\u{").append(Integer.toHexString(c)).append('}');
            }
        });
        return shown.toString();
    }
}
