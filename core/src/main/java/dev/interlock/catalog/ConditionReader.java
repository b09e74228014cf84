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
 * @param texts all texts of the operation, if the condition is about them
 */
record ConditionReader(
        Map<String, WordList> lists,
        Map<String, List<ArgumentPath>> counts,
        Optional<ArgumentPath> it,
        Optional<TextWalk> texts) {

    /** The condition that is about all texts. */
    static final String COMMANDS = "commands";

    /** The condition that holds if one of the texts mentions an account. */
    static final String MENTIONS = "mentions";

    static ConditionReader of(Map<String, WordList> lists) {
        return new ConditionReader(lists, Map.of(), Optional.empty(), Optional.empty());
    }

    /** Returns one for an operation of which {@code known} is counted. */
    ConditionReader counting(Map<String, List<ArgumentPath>> known) {
        return new ConditionReader(lists, known, it, texts);
    }

    /** Returns a reader of conditions that call {@code path} {@code it}. */
    ConditionReader about(ArgumentPath path) {
        return new ConditionReader(lists, counts, Optional.of(path), texts);
    }

    /** Returns a reader of conditions on {@code all} texts of an operation. */
    ConditionReader about(TextWalk all) {
        return new ConditionReader(lists, counts, it, Optional.of(all));
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
            case "installs" -> ArgumentCondition.installs(of.read(this::path));
            case "identified" -> ArgumentCondition.identified(of.read(this::path));
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
            case COMMANDS -> commands(of);
            case MENTIONS -> mentions(of);
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

    private ArgumentCondition commands(CatalogSection section) {
        boolean isPlain = section.node().isTextual() && section.text().equals("any");
        CatalogSection how =
                isPlain ? section : section.only(texts.isPresent() ? "accounts" : "accounts written others");
        TextWalk all = texts.orElseGet(() -> isPlain
                ? new TextWalk(List.of(), List.of(), Set.of())
                : new TextWalk(ways(how, "others"), ways(how, "written"), Set.of()));
        WordList accounts = isPlain
                ? new WordList(List.of())
                : how.find("accounts").map(this::words).orElseGet(() -> new WordList(List.of()));
        return ArgumentCondition.ofTexts((arguments, bots) -> all.commands(arguments, accounts, bots));
    }

    private ArgumentCondition mentions(CatalogSection section) {
        TextWalk all = texts.orElseThrow(() -> section.wrong("is only for a meaning that is `everywhere`"));
        if (!section.text().equals("any")) {
            throw section.wrong("must be `any`");
        }
        return ArgumentCondition.ofTexts(
                (arguments, bots) -> !all.mentions(arguments, bots).isEmpty());
    }

    private static List<List<String>> ways(CatalogSection section, String name) {
        return section.find(name).map(ConditionReader::ways).orElse(List.of());
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
