package dev.interlock.console;

import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Json;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Formats texts for pages: in full, and with every character escaped that could pass for another. */
final class DisplayText {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** The first time that is formatted, so that years have four digits. An earlier one is shown unchanged. */
    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");

    private static final Instant LAST = Instant.parse("9999-12-30T00:00:00Z");
    /** The characters that our own sentences may have besides. */
    private static final String OURS = "\u2013\u2014\u2026\u201c\u201d\u2019\u00b7";

    private static final Pattern MOMENT = Pattern.compile("\\b\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z\\b");

    private DisplayText() {}

    static String text(String text) {
        return VisibleText.unambiguous(text);
    }

    /** Formats a sentence of ours, with dashes and quotation marks. It may quote escaped text: backslashes stay. */
    static String sentence(String text) {
        StringBuilder shown = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (VisibleText.isUnmistakable(c) || OURS.indexOf(c) >= 0) {
                shown.appendCodePoint(c);
            } else {
                shown.append("\\u{").append(Integer.toHexString(c)).append('}');
            }
        });
        return shown.toString();
    }

    /** Formats each line like {@link #sentence}. */
    static String lines(String text) {
        return text.lines().map(DisplayText::sentence).collect(Collectors.joining("\n"));
    }

    /** A part of a sentence; in backticks it is a name, which people read letter by letter. */
    record SentencePart(boolean isName, String text) {}

    /** Returns the parts of a formatted {@code sentence}; one if it quotes in another way. */
    static List<SentencePart> pieces(String sentence) {
        String[] parts = sentence.split("`", -1);
        if (parts.length % 2 == 0) {
            return List.of(new SentencePart(false, sentence));
        }
        return IntStream.range(0, parts.length)
                .mapToObj(i -> new SentencePart(i % 2 == 1, parts[i]))
                .toList();
    }

    /** Formats a sentence like {@link #sentence}, and its times like other times on pages. */
    static String dated(String text) {
        return MOMENT.matcher(sentence(text)).replaceAll(at -> time(at.group()) + " UTC");
    }

    /** Returns a member of {@code json}, or an empty text if it is missing or no text. */
    static String text(Json.Members json, String name) {
        return json.get(name).map(DisplayText::value).orElse("");
    }

    static List<String> shown(List<String> texts) {
        return texts.stream().map(DisplayText::text).toList();
    }

    static String list(List<String> texts) {
        return String.join(", ", shown(texts));
    }

    static String value(Json value) {
        return switch (value) {
            case Json.Text(String text) -> text(text);
            case Json.Whole(long number) -> Long.toString(number);
            case Json.Flag(boolean flag) -> flag ? "yes" : "no";
            case Json.Nothing() -> "";
            case Json.Array(List<Json> items) ->
                items.stream()
                        .map(DisplayText::value)
                        .reduce((a, b) -> a + ", " + b)
                        .orElse("none");
            case Json.Members members ->
                members.members().entrySet().stream()
                        .map(member -> text(member.getKey()) + ": " + value(member.getValue()))
                        .reduce((a, b) -> a + ", " + b)
                        .orElse("none");
        };
    }

    /** Returns the strings in the array {@code name}, or none if it is missing. */
    static List<String> texts(Json.Members json, String name) {
        return json.get(name).isPresent()
                ? json.items(name).stream().map(DisplayText::value).toList()
                : List.of();
    }

    /** Formats a time like {@code 2026-11-21 03:04:05}, always in UTC. */
    static String time(Instant at) {
        return TIME.format(at);
    }

    static String time(String at) {
        return instant(at).map(DisplayText::time).orElseGet(() -> text(at));
    }

    static Optional<Instant> instant(String at) {
        try {
            return Optional.of(Instant.parse(at)).filter(moment -> !moment.isBefore(FIRST) && moment.isBefore(LAST));
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    static String duration(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        if (seconds < 60) {
            return count(seconds, "second");
        }
        if (seconds < 3600) {
            return count(seconds / 60, "minute");
        }
        if (seconds < 48 * 3600) {
            return count(seconds / 3600, "hour");
        }
        return count(seconds / 86_400, "day");
    }

    static String age(String at, Instant now) {
        return instant(at).map(then -> duration(Duration.between(then, now))).orElse("unknown");
    }

    static String count(long count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }

    static Optional<String> name(Json.Members radius, String id) {
        return radius.optionalObject("names")
                .flatMap(names -> names.optionalText(id))
                .map(DisplayText::text);
    }

    /** The kind of a resource and its name, or its identifier, such as {@code volume} and {@code vol_x}. */
    record NamedThing(String kind, String name) {
        static NamedThing of(String id, Optional<String> name) {
            int colon = id.indexOf(':');
            int slash = id.indexOf('/');
            return colon > 0 && slash > colon + 1 && slash < id.length() - 1
                    ? new NamedThing(
                            text(id.substring(colon + 1, slash).replace('-', ' ')),
                            text(name.orElse(id.substring(slash + 1))))
                    : new NamedThing("resource", text(name.orElse(id)));
        }

        /** Returns it with its identifier behind a name of {@code names}: two things can have one name. */
        static NamedThing identified(String id, Map<String, String> names) {
            NamedThing plain = of(id, Optional.empty());
            return names.containsKey(id)
                    ? new NamedThing(plain.kind(), text(names.get(id)) + " (" + plain.name() + ")")
                    : plain;
        }

        String words() {
            return kind + " " + name;
        }
    }

    static String indented(Json value) {
        StringBuilder text = new StringBuilder();
        write(text, 0, value);
        return text.toString().strip();
    }

    private static void write(StringBuilder text, int depth, Json value) {
        switch (value) {
            case Json.Members members ->
                members.members().forEach((name, member) -> {
                    text.append("  ".repeat(depth)).append(text(name)).append(':');
                    inner(text, depth, member);
                });
            case Json.Array(List<Json> items) ->
                items.forEach(item -> {
                    text.append("  ".repeat(depth)).append('-');
                    inner(text, depth, item);
                });
            case Json.Text _, Json.Whole _, Json.Flag _, Json.Nothing _ ->
                text.append("  ".repeat(depth)).append(value(value)).append('\n');
        }
    }

    private static void inner(StringBuilder text, int depth, Json value) {
        boolean isLeaf =
                value instanceof Json.Array(List<Json> items) ? items.isEmpty() : !(value instanceof Json.Members);
        if (isLeaf) {
            text.append(' ').append(value(value)).append('\n');
        } else {
            text.append('\n');
            write(text, depth + 1, value);
        }
    }
}
