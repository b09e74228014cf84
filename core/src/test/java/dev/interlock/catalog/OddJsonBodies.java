package dev.interlock.catalog;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Writes bodies for an operation in all the spellings that JSON readers are known to treat differently. */
final class OddJsonBodies {

    private static final List<String> TEXTS = List.of(
            "",
            "a",
            "main",
            "7",
            "null",
            "true",
            "é",
            "e\u0301",
            "\uD83D\uDE80",
            "\uFB01",
            "\uE000",
            "\uFFFD",
            "\uFFFF",
            "\u2028",
            "\u0000",
            "\u001f",
            "\u007f",
            "\u202e",
            "\\",
            "\"",
            "/",
            "</script>",
            "\\u0041",
            "line\nline",
            "l".repeat(1_001));

    private static final List<String> NUMBERS = List.of(
            "0",
            "-0",
            "7",
            "1.0",
            "-1.50",
            "1e3",
            "1E+2",
            "0.1",
            "1e-7",
            "4.35",
            "0.30000000000000004",
            "123456789012345",
            "9007199254740991",
            "9007199254740993",
            "100000000000000000000",
            "1e21",
            "1e400",
            "1e-400",
            "-0.0");

    private static final List<String> NAMES =
            List.of("", "x", "__proto__", "constructor", "toString", "é", "\uD83D\uDE80", "\uE000", "0", "10", "a.b");

    private static final List<String> PIECES = List.of(
            "\uFEFF",
            "\\ud800",
            "\\udc00\\ud800",
            "\\x41",
            "\\'",
            "//x\n",
            "/*x*/",
            "#",
            "NaN",
            "Infinity",
            "undefined",
            "00",
            "01",
            "+1",
            ".5",
            "5.",
            "0x1",
            ",",
            ",,",
            ":",
            "'a'",
            "\u00a0",
            "\u0085",
            "\u2028",
            "\u000b",
            "\t",
            "\n",
            "\u0000",
            "\u007f",
            "{}",
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
            "]",
            "}",
            "\"",
            "\"private\":true,",
            "null");

    private static final List<String> WORDS = List.of("null", "true", "false");
    private final RandomGenerator random;

    OddJsonBodies(RandomGenerator random) {
        this.random = random;
    }

    /** Returns a valid or nearly valid body for {@code entry}. */
    String body(RestOperation entry) {
        List<List<String>> ways = looked(entry).stream()
                .map(ArgumentPath::steps)
                .filter(steps -> steps.getFirst().equals("body"))
                .map(steps -> steps.subList(1, steps.size()))
                .toList();
        return entry.line().body() instanceof RequestLine.Members(var members)
                ? object(members, entry.shapes(), ways)
                : open(ways, 3);
    }

    /** Returns the paths that decisions read. */
    static Set<ArgumentPath> looked(RestOperation entry) {
        Set<ArgumentPath> looked = new LinkedHashSet<>(entry.entry().resources().keySet());
        looked.addAll(entry.entry().otherwise().keySet());
        looked.addAll(entry.entry().facts().all());
        entry.entry().rules().forEach(rule -> rule.condition().paths().forEach(looked::add));
        entry.replaces().ifPresent(looked::add);
        entry.asks().ifPresent(how -> looked.addAll(how.readPaths()));
        return looked;
    }

    /** Returns {@code body} with something added, removed or written twice. */
    String mutated(String body) {
        int at = random.nextInt(body.length() + 1);
        int to = Math.min(body.length(), at + 1 + random.nextInt(8));
        return switch (random.nextInt(4)) {
            case 0 -> body.substring(0, at) + body.substring(to);
            case 1 -> body.substring(0, to) + body.substring(at);
            default -> body.substring(0, at) + pick(PIECES) + body.substring(at);
        };
    }

    private String object(
            Map<String, ProviderSchema.InputField> known, ProviderSchema shapes, List<List<String>> ways) {
        List<String> members = new ArrayList<>();
        known.forEach((name, input) -> {
            if (random.nextInt(3) > 0) {
                members.add(member(name, value(input, shapes, after(name, ways))));
            }
        });
        return braced(members);
    }

    private String value(ProviderSchema.InputField input, ProviderSchema shapes, List<List<String>> ways) {
        if (random.nextInt(8) == 0) {
            return pick(WORDS);
        }
        if (input.isOpen()) {
            return open(ways, 3);
        }
        return input.type()
                .map(type -> list(() -> object(shapes.input(type), shapes, ways)))
                .orElseGet(() -> list(this::scalar));
    }

    private String open(List<List<String>> ways, int depth) {
        if (depth == 0 || random.nextInt(5) == 0) {
            return scalar();
        }
        Set<String> wanted = new LinkedHashSet<>();
        ways.stream().filter(way -> !way.isEmpty()).forEach(way -> wanted.add(way.getFirst()));
        wanted.add(pick(NAMES));
        return list(() -> {
            List<String> members = new ArrayList<>();
            for (String name : wanted) {
                String written = name.startsWith("@") || name.equals(ArgumentPath.ANY) ? pick(NAMES) : name;
                if (random.nextInt(3) > 0) {
                    members.add(member(written, open(after(name, ways), depth - 1)));
                }
                if (random.nextInt(12) == 0) {
                    members.add(member(respelled(written), open(after(name, ways), depth - 1)));
                }
            }
            return braced(members);
        });
    }

    private static List<List<String>> after(String name, List<List<String>> ways) {
        return ways.stream()
                .filter(way -> !way.isEmpty() && way.getFirst().equals(name))
                .map(way -> way.subList(1, way.size()))
                .toList();
    }

    private String respelled(String name) {
        return switch (random.nextInt(4)) {
            case 0 -> name.toUpperCase(Locale.ROOT);
            case 1 -> name.replace('s', '\u017f');
            case 2 -> name.replace('k', '\u212a');
            default -> name.isEmpty() ? "" : name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
        };
    }

    private String list(Supplier<String> item) {
        if (random.nextInt(4) > 0) {
            return item.get();
        }
        List<String> items = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            items.add(item.get());
        }
        return "[" + blank() + String.join(blank() + "," + blank(), items) + blank() + "]";
    }

    private String braced(List<String> members) {
        if (!members.isEmpty() && random.nextInt(40) == 0) {
            members.add(pick(members));
        }
        return "{" + blank() + String.join(blank() + "," + blank(), members) + blank() + "}";
    }

    private String member(String name, String value) {
        return spelled(name) + blank() + ":" + blank() + value;
    }

    private String scalar() {
        return switch (random.nextInt(6)) {
            case 0 -> pick(NUMBERS);
            case 1 -> pick(WORDS);
            case 2 -> spelled(pick(TEXTS));
            default -> spelled("x" + random.nextInt(100));
        };
    }

    private String spelled(String text) {
        StringBuilder spelled = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c < ' ' || c == '"' || c == '\\' || random.nextInt(12) == 0) {
                spelled.append(String.format(random.nextBoolean() ? "\\u%04x" : "\\u%04X", (int) c));
            } else {
                spelled.append(c == '/' && random.nextBoolean() ? "\\/" : c);
            }
        }
        return spelled.append('"').toString();
    }

    private String blank() {
        return pick(List.of("", "", "", " ", "\n", "\r\n", "\t"));
    }

    private <T> T pick(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }
}
