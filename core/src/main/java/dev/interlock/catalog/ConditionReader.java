package dev.interlock.catalog;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/** Reads a condition: a mapping with exactly one key, the kind of question. */
final class ConditionReader {

    private final Map<String, WordList> lists;

    /**
     * Creates a reader.
     *
     * @param lists the word lists that conditions may name
     */
    ConditionReader(Map<String, WordList> lists) {
        this.lists = lists;
    }

    ArgumentCondition read(CatalogSection section) {
        Map<String, CatalogSection> members = section.members();
        if (members.size() != 1) {
            throw section.wrong("a condition has exactly one key; combine several under `all` or `any`");
        }
        String word = members.keySet().iterator().next();
        CatalogSection of = members.values().iterator().next();
        return switch (word) {
            case "present" -> new ArgumentCondition.Present(of.read(ArgumentPath::parse));
            case "absent" -> new ArgumentCondition.Absent(of.read(ArgumentPath::parse));
            case "given" -> new ArgumentCondition.Supplied(of.read(ArgumentPath::parse));
            case "empty" -> new ArgumentCondition.Empty(of.read(ArgumentPath::parse));
            case "explicit-null" -> new ArgumentCondition.ExplicitNull(of.read(ArgumentPath::parse));
            case "null-within" -> new ArgumentCondition.NullWithin(of.read(ArgumentPath::parse));
            case "equals" -> pair(of, (path, value) -> new ArgumentCondition.Equal(path, value.scalar()));
            case "other-than" -> pair(of, (path, value) -> new ArgumentCondition.NotEqual(path, value.scalar()));
            case "names" -> pair(of, (path, value) -> new ArgumentCondition.Names(path, Set.copyOf(value.texts())));
            case "without" ->
                pair(of, (path, value) -> new ArgumentCondition.LacksMembers(path, Set.copyOf(value.texts())));
            case "among" -> pair(of, (path, value) -> new ArgumentCondition.OneOf(path, value.read(this::words)));
            case "among-end" ->
                pair(of, (path, value) -> new ArgumentCondition.AmongEnd(path, value.read(this::words)));
            case "outside" -> pair(of, (path, value) -> new ArgumentCondition.NotAmong(path, value.read(this::words)));
            case "beyond" -> pair(of, (path, value) -> new ArgumentCondition.BeyondHarmless(path, ways(value)));
            case "all" -> new ArgumentCondition.AllOf(several(of));
            case "any" -> new ArgumentCondition.AnyOf(several(of));
            default -> throw of.wrong("is not a condition");
        };
    }

    private static ArgumentCondition pair(
            CatalogSection section, BiFunction<ArgumentPath, CatalogSection, ArgumentCondition> make) {
        Map<String, CatalogSection> members = section.members();
        if (members.size() != 1) {
            throw section.wrong("must name exactly one path");
        }
        CatalogSection value = members.values().iterator().next();
        try {
            return make.apply(ArgumentPath.parse(members.keySet().iterator().next()), value);
        } catch (CatalogException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw value.wrong(String.valueOf(e.getMessage()));
        }
    }

    private static List<List<String>> ways(CatalogSection section) {
        return section.items().stream()
                .map(way -> way.read(ArgumentPath::parse).steps())
                .toList();
    }

    /** Returns the word list called {@code name}. */
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
