package dev.interlock.author;

import dev.interlock.action.Durations;
import dev.interlock.config.Suggestions;
import dev.interlock.policy.FormattedText;
import dev.interlock.policy.PolicyProblem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Reads a mapping key by key, remembers the line of each, and finally rejects keys that were not read. */
final class YamlSection {

    /** The line of every value, by its path of keys joined by {@code >}. */
    private final Map<String, Integer> lines;

    private final String file;
    private final String path;
    private final YamlNode.YamlMapping mapping;
    private final Set<String> known = new HashSet<>();

    private YamlSection(String file, String path, YamlNode.YamlMapping mapping, Map<String, Integer> lines) {
        this.file = file;
        this.path = path;
        this.mapping = mapping;
        this.lines = lines;
    }

    static YamlSection root(String file, YamlNode.YamlMapping mapping, Map<String, Integer> lines) {
        return new YamlSection(file, "", mapping, lines);
    }

    int line() {
        return mapping.line();
    }

    Optional<YamlNode> find(String name) {
        known.add(name);
        Optional<YamlNode> node = Optional.ofNullable(mapping.entries().get(name));
        node.ifPresent(found -> lines.put(pathOf(name), found.line()));
        return node;
    }

    private YamlNode need(String name) {
        return find(name).orElseThrow(() -> problem(mapping, "`" + name + "` is missing here; add it"));
    }

    String text(String name) {
        return text(name, need(name));
    }

    Optional<String> optionalText(String name) {
        return find(name).map(node -> text(name, node));
    }

    private String text(String name, YamlNode node) {
        boolean isText =
                node instanceof YamlNode.YamlScalar scalar && scalar.scalar() == YamlNode.YamlScalar.ScalarKind.TEXT;
        if (isText
                && node instanceof YamlNode.YamlScalar scalar
                && !scalar.text().isBlank()) {
            return scalar.text();
        }
        throw problem(
                node,
                "`" + name + "` must be a text"
                        + (isText ? " that is not empty" : ", if necessary in quotes, not " + node.kind()));
    }

    boolean flag(String name, boolean otherwise) {
        return find(name).map(node -> flag(name, node)).orElse(otherwise);
    }

    private boolean flag(String name, YamlNode node) {
        if (node instanceof YamlNode.YamlScalar scalar && scalar.scalar() == YamlNode.YamlScalar.ScalarKind.FLAG) {
            return scalar.text().equals("true");
        }
        throw problem(node, "`" + name + "` must be true or false, not " + node.kind());
    }

    /** Reads a required whole number. */
    long count(String name) {
        YamlNode node = need(name);
        if (node instanceof YamlNode.YamlScalar scalar
                && scalar.scalar() == YamlNode.YamlScalar.ScalarKind.NUMBER
                && scalar.text().matches("[0-9]{1,9}")) {
            return Long.parseLong(scalar.text());
        }
        throw problem(node, "`" + name + "` must be a whole number, not " + node.kind());
    }

    /** Returns every key of this mapping with its text. */
    Map<String, String> allTexts() {
        Map<String, String> all = new LinkedHashMap<>();
        mapping.entries().keySet().forEach(key -> all.put(key, text(key)));
        return all;
    }

    Duration duration(String name) {
        YamlNode node = need(name);
        return Durations.read(text(name, node))
                .orElseThrow(
                        () -> problem(node, "`" + name + "` must be a duration such as `30s`, `10m`, `1h`, `90d`"));
    }

    /** Reads the texts of a required list. */
    List<String> texts(String name) {
        need(name);
        return optionalTexts(name);
    }

    /** Reads the texts of a list; none if it is absent. */
    List<String> optionalTexts(String name) {
        return list(name).stream().map(node -> text(name, node)).toList();
    }

    /** Applies {@code reader} to each text of a list. */
    <T> List<T> values(String name, Function<String, T> reader) {
        List<T> values = new ArrayList<>();
        for (YamlNode node : list(name)) {
            values.add(value(node, text(name, node), reader));
        }
        return values;
    }

    /** Applies {@code reader} to a required text. */
    <T> T value(String name, Function<String, T> reader) {
        YamlNode node = need(name);
        return value(node, text(name, node), reader);
    }

    private <T> T value(YamlNode node, String text, Function<String, T> reader) {
        try {
            return reader.apply(text);
        } catch (RuntimeException e) {
            throw problem(node, "`" + FormattedText.of(text) + "` is not valid: " + e.getMessage());
        }
    }

    private List<YamlNode> list(String name) {
        return find(name)
                .map(node -> {
                    if (node instanceof YamlNode.YamlSequence items) {
                        return items.items();
                    }
                    throw problem(node, "`" + name + "` must be a list such as `[a, b]`, not " + node.kind());
                })
                .orElse(List.of());
    }

    /** Returns the mappings of a list; none if it is absent. */
    List<YamlSection> sheets(String name) {
        List<YamlSection> sheets = new ArrayList<>();
        for (YamlNode node : list(name)) {
            sheets.add(sheet(pathOf(name) + " > " + (sheets.size() + 1), name, node));
        }
        return sheets;
    }

    YamlSection sheet(String name) {
        return sheet(pathOf(name), name, need(name));
    }

    Optional<YamlSection> optionalSheet(String name) {
        return find(name).map(node -> sheet(pathOf(name), name, node));
    }

    /** Returns the mapping {@code name} of names to mappings; empty if it is absent. */
    Map<String, YamlSection> named(String name) {
        Map<String, YamlSection> sheets = new LinkedHashMap<>();
        optionalSheet(name)
                .ifPresent(all -> all.mapping.entries().keySet().forEach(key -> {
                    sheets.put(key, all.sheet(key));
                }));
        return sheets;
    }

    /** Returns the mapping {@code name} of names to lists of texts; empty if it is absent. */
    Map<String, List<String>> namedTexts(String name) {
        Map<String, List<String>> lists = new LinkedHashMap<>();
        optionalSheet(name)
                .ifPresent(all -> all.mapping.entries().keySet().forEach(key -> {
                    lists.put(key, all.texts(key));
                }));
        return lists;
    }

    private YamlSection sheet(String at, String name, YamlNode node) {
        if (node instanceof YamlNode.YamlMapping inner) {
            lines.put(at, inner.line());
            return new YamlSection(file, at, inner, lines);
        }
        throw problem(node, "`" + FormattedText.of(name) + "` must be a mapping, not " + node.kind());
    }

    void end() {
        for (Map.Entry<String, YamlNode> entry : mapping.entries().entrySet()) {
            if (!known.contains(entry.getKey())) {
                List<String> names = known.stream().sorted().toList();
                throw problem(
                        entry.getValue(),
                        "`" + FormattedText.of(entry.getKey()) + "` is not a key here; known are `"
                                + String.join("`, `", names) + "`"
                                + Suggestions.misspelled(entry.getKey(), names)
                                        .map(name -> "; is `" + name + "` meant?")
                                        .orElse(""));
            }
        }
    }

    PolicyProblemException problem(String message) {
        return problem(mapping, message);
    }

    private PolicyProblemException problem(YamlNode node, String message) {
        return new PolicyProblemException(new PolicyProblem(file, node.line(), message));
    }

    private String pathOf(String name) {
        return path.isEmpty() ? name : path + " > " + name;
    }
}
