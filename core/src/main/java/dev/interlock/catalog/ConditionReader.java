package dev.interlock.catalog;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Reads a condition: a mapping with exactly one key, the kind of question.
 *
 * @param counts the lists that the operation counts, by what they are lists of
 * @param it the path that the condition calls {@code it}, if there is one
 */
record ConditionReader(Map<String, WordList> lists, Map<String, List<ArgumentPath>> counts, Optional<ArgumentPath> it) {

    /** Returns one for an operation of which {@code known} is counted. */
    ConditionReader counting(Map<String, List<ArgumentPath>> known) {
        return new ConditionReader(lists, known, it);
    }

    /** Returns a reader of conditions that call {@code path} {@code it}. */
    ConditionReader about(ArgumentPath path) {
        return new ConditionReader(lists, counts, Optional.of(path));
    }

    private ArgumentPath path(String text) {
        ArgumentPath path = ArgumentPath.parse(text);
        return it.isPresent() && path.steps().getFirst().equals("it")
                ? path.steps().stream().skip(1).reduce(it.get(), ArgumentPath::below, (one, _) -> one)
                : path;
    }

    ArgumentCondition read(CatalogSection section) {
        Map<String, CatalogSection> members = section.members();
        if (members.size() != 1) {
            throw section.wrong("a condition has exactly one key; combine several under `all` or `any`");
        }
        CatalogSection of = members.values().iterator().next();
        return switch (members.keySet().iterator().next()) {
            case "present" -> ArgumentCondition.present(of.read(this::path));
            case "absent" -> ArgumentCondition.absent(of.read(this::path));
            case "given" -> ArgumentCondition.given(of.read(this::path));
            case "empty" -> ArgumentCondition.empty(of.read(this::path));
            case "installs" -> ArgumentCondition.among(of.read(this::path), InstallScripts::areIn);
            case "blank" -> ArgumentCondition.blank(of.read(this::path));
            case "explicit-null" -> ArgumentCondition.explicitNull(of.read(this::path));
            case "null-within" -> ArgumentCondition.nullWithin(of.read(this::path));
            case "equals" -> pair(of, (path, value) -> ArgumentCondition.equal(path, value.scalar()));
            case "other-than" -> pair(of, (path, value) -> ArgumentCondition.otherThan(path, value.scalar()));
            case "names" -> pair(of, (path, value) -> ArgumentCondition.names(path, Set.copyOf(value.texts())));
            case "without" -> pair(of, (path, value) -> ArgumentCondition.without(path, Set.copyOf(value.texts())));
            case "among" -> pair(of, (path, value) -> ArgumentCondition.among(path, words(value)::match));
            case "among-end" ->
                pair(of, (path, value) -> ArgumentCondition.among(path, words(value)::matchesAnySuffix));
            case "among-line" -> pair(of, (path, value) -> ArgumentCondition.among(path, words(value)::matchesAnyLine));
            case "outside" -> pair(of, (path, value) -> ArgumentCondition.outside(path, words(value)));
            case "beyond" -> pair(of, (path, value) -> ArgumentCondition.beyond(path, ways(value)));
            case "more-than" -> moreThan(of);
            case "all" -> ArgumentCondition.all(several(of));
            case "any" -> ArgumentCondition.any(several(of));
            default -> throw of.wrong("is not a condition");
        };
    }

    private ArgumentCondition pair(
            CatalogSection section, BiFunction<ArgumentPath, CatalogSection, ArgumentCondition> make) {
        Map<String, CatalogSection> members = section.members();
        if (members.size() != 1) {
            throw section.wrong("must name exactly one path");
        }
        CatalogSection value = members.values().iterator().next();
        return value.at(() -> make.apply(path(members.keySet().iterator().next()), value));
    }

    private ArgumentCondition moreThan(CatalogSection section) {
        Map<String, CatalogSection> members = section.members();
        String name = members.keySet().stream().findFirst().orElse("");
        List<ArgumentPath> paths = counts.get(name);
        if (members.size() != 1 || paths == null) {
            throw section.wrong("must name exactly one of `counts`");
        }
        CatalogSection bound = members.get(name);
        if (bound == null || !bound.scalar().matches("0|[1-9][0-9]{0,8}")) {
            throw section.wrong("must be a whole number");
        }
        return ArgumentCondition.moreThan(paths, Long.parseLong(bound.scalar()));
    }

    private static List<List<String>> ways(CatalogSection section) {
        return section.items().stream()
                .map(way -> way.read(ArgumentPath::parse).steps())
                .toList();
    }

    /** Returns the word list whose name, or whose words, {@code section} holds. */
    WordList words(CatalogSection section) {
        return section.node().isArray() ? WordList.of(section) : section.read(this::words);
    }

    WordList words(String name) {
        WordList words = lists.get(name);
        if (words == null) {
            throw new IllegalArgumentException("`" + name + "` is not a list in this catalog's `words`");
        }
        return words;
    }

    private List<ArgumentCondition> several(CatalogSection section) {
        List<ArgumentCondition> conditions =
                section.items().stream().map(this::read).toList();
        if (conditions.isEmpty()) {
            throw section.wrong("must not be empty");
        }
        return conditions;
    }
}
