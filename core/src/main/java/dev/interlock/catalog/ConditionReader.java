package dev.interlock.catalog;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/** Reads a condition: a mapping with exactly one key, the kind of question. */
final class ConditionReader {

    private final Map<String, Words> lists;

    /**
     * Creates a reader.
     *
     * @param lists the word lists that conditions may name
     */
    ConditionReader(Map<String, Words> lists) {
        this.lists = lists;
    }

    Condition read(Section section) {
        Map<String, Section> members = section.members();
        if (members.size() != 1) {
            throw section.wrong("a condition has exactly one word; join several under `all` or `any`");
        }
        String word = members.keySet().iterator().next();
        Section of = members.values().iterator().next();
        return switch (word) {
            case "present" -> new Condition.Present(of.read(Path::parse));
            case "absent" -> new Condition.Absent(of.read(Path::parse));
            case "given" -> new Condition.Given(of.read(Path::parse));
            case "empty" -> new Condition.Empty(of.read(Path::parse));
            case "explicit-null" -> new Condition.ExplicitNull(of.read(Path::parse));
            case "null-within" -> new Condition.NullWithin(of.read(Path::parse));
            case "equals" -> pair(of, (path, value) -> new Condition.Equal(path, value.scalar()));
            case "other-than" -> pair(of, (path, value) -> new Condition.OtherThan(path, value.scalar()));
            case "names" -> pair(of, (path, value) -> new Condition.Names(path, Set.copyOf(value.texts())));
            case "without" -> pair(of, (path, value) -> new Condition.Without(path, Set.copyOf(value.texts())));
            case "among" -> pair(of, (path, value) -> new Condition.Among(path, value.read(this::words)));
            case "among-end" -> pair(of, (path, value) -> new Condition.AmongEnd(path, value.read(this::words)));
            case "outside" -> pair(of, (path, value) -> new Condition.Outside(path, value.read(this::words)));
            case "beyond" -> pair(of, (path, value) -> new Condition.Beyond(path, ways(value)));
            case "all" -> new Condition.All(several(of));
            case "any" -> new Condition.Any(several(of));
            default -> throw of.wrong("is not a condition");
        };
    }

    private static Condition pair(Section section, BiFunction<Path, Section, Condition> make) {
        Map<String, Section> members = section.members();
        if (members.size() != 1) {
            throw section.wrong("must name exactly one path");
        }
        Section value = members.values().iterator().next();
        try {
            return make.apply(Path.parse(members.keySet().iterator().next()), value);
        } catch (CatalogException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw value.wrong(String.valueOf(e.getMessage()));
        }
    }

    private static List<List<String>> ways(Section section) {
        return section.items().stream()
                .map(way -> way.read(Path::parse).steps())
                .toList();
    }

    /** Returns the word list called {@code name}. */
    Words words(String name) {
        Words words = lists.get(name);
        if (words == null) {
            throw new IllegalArgumentException("`" + name + "` is no list of this catalog's `words`");
        }
        return words;
    }

    private List<Condition> several(Section section) {
        List<Condition> conditions = section.items().stream().map(this::read).toList();
        if (conditions.isEmpty()) {
            throw section.wrong("must not be empty");
        }
        return conditions;
    }
}
