package dev.interlock.catalog;

import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.OperationLoss;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.OperationTopic;
import dev.interlock.action.Reversibility;
import dev.interlock.catalog.CatalogEntry.FactPaths;
import dev.interlock.catalog.UndoPlan.ValueTrait;
import dev.interlock.evidence.Keyword;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads one operation of a catalog file.
 *
 * @param isPlain whether receipts hold what is at a path, if it is a single word
 */
record EntryReader(CatalogHead head, ProviderSchema shapes, Predicate<ArgumentPath> isPlain) {

    private static final String OF_TOOLS =
            "takes impacts reversibility resources otherwise facts whole outlines ignored piecemeal when effect safer loses about things counts undo";
    private static final String PROVIDER_KEEPS = "provider-keeps";
    private static final String OF_GRAPHQL = OF_TOOLS + " gives";

    /** Reads a query. Without more detail, it only reads and is reversible. */
    CatalogEntry query(String name, CatalogSection section) {
        section.only(OF_GRAPHQL);
        Set<Impact> impacts = section.find("impacts").map(EntryReader::impacts).orElse(Set.of(Impact.READ));
        return entry(name, section, shape(section), impacts, Reversibility.REVERSIBLE);
    }

    /** Reads a mutation. Its impacts and reversibility must be given. */
    CatalogEntry mutation(String name, CatalogSection section) {
        return operation(name, section.only(OF_GRAPHQL), shape(section));
    }

    /** Reads a tool of MCP. Its impacts and reversibility must be given. Its name may say what its arguments name. */
    CatalogEntry tool(String name, CatalogSection section) {
        CatalogEntry entry =
                operation(name, section.only(OF_TOOLS + " target sets-target besides part"), shape(section));
        return !entry.naming().isEmpty() || !entry.facts().things().isEmpty()
                ? entry
                : ThingName.ofTool(name, entry.shown())
                        .flatMap(thing -> thing.named().map(path -> entry.naming(path, thing.kind())))
                        .orElse(entry);
    }

    /** Reads an operation whose request line has been read already. */
    CatalogEntry operation(String name, CatalogSection section, ProviderSchema.OutputField shape) {
        return entry(
                name,
                section,
                shape,
                impacts(section.require("impacts")),
                reversibility(section.require("reversibility")));
    }

    private CatalogEntry entry(
            String name,
            CatalogSection section,
            ProviderSchema.OutputField shape,
            Set<Impact> impacts,
            Reversibility reversibility) {
        section.find("undo")
                .filter(undo -> reversibility == Reversibility.REVERSIBLE && !isMarked(undo, PROVIDER_KEEPS))
                .ifPresent(undo -> {
                    throw undo.wrong(
                            "makes the operation reversible, which `reversibility` must not say: it holds while nothing is kept. `"
                                    + PROVIDER_KEEPS + ": true` says that the provider keeps it, too");
                });
        paths(section, "ignored", shape); // for readers of the file only, but the arguments must still exist
        FactPaths facts = facts(section, shape);
        return meant(
                name,
                new CatalogEntry(
                        shape,
                        impacts,
                        reversibility,
                        resources(section, "resources", shape),
                        resources(section, "otherwise", shape),
                        resources(section, "besides", shape),
                        facts,
                        paths(section, "outlines", shape),
                        isMarked(section, "piecemeal"),
                        Stream.concat(
                                        section.items("when").stream().map(rule -> rule(rule, shape, facts.counts())),
                                        ofUnknownMembers(section, shape, impacts))
                                .toList(),
                        section.find("effect").map(CatalogSection::text),
                        section.find("safer").map(this::safer),
                        section.find("undo").map(undo -> undo(undo, shape)),
                        section.find("loses")
                                .map(loses -> keyword(loses, OperationLoss.class))
                                .orElse(OperationLoss.EVERYTHING),
                        section.find("about").map(about -> keyword(about, OperationTopic.class)),
                        Map.of()));
    }

    /** Returns the rule of an operation that takes members which the catalog does not know. */
    private Stream<CatalogEntry.ArgumentRule> ofUnknownMembers(
            CatalogSection section, ProviderSchema.OutputField shape, Set<Impact> impacts) {
        UnknownMembers members = new UnknownMembers(shapes);
        if (!members.mayBeIn(shape.arguments())) {
            return Stream.of();
        }
        if (!impacts.equals(Set.of(Impact.READ))) {
            throw section.wrong("takes members that nobody here knows (`...`), which only a `read` may");
        }
        return Stream.of(new CatalogEntry.ArgumentRule(
                members.condition(shape.arguments()),
                Set.of(Impact.EXECUTE),
                Reversibility.IRREVERSIBLE,
                false,
                "A field that this catalog does not know may make the provider's servers act: by its name, or by what it points to.",
                Optional.empty()));
    }

    /** Returns {@code entry} with the rules that its fields have by their meaning. */
    CatalogEntry meant(String name, CatalogEntry entry) {
        if (head.meanings().isEmpty()) {
            return entry;
        }
        Map<ArgumentPath, FieldMeaning.FieldKind> fields =
                shapes.fields(entry.shape().arguments());
        Set<ArgumentPath> shown = new LinkedHashSet<>(entry.facts().all());
        List<CatalogEntry.ArgumentRule> rules = new ArrayList<>(entry.rules());
        Map<String, List<ArgumentPath>> aliases = new LinkedHashMap<>();
        for (FieldMeaning meaning : head.meanings()) {
            List<ArgumentPath> paths = meaning.paths(name, entry.impacts(), fields);
            Optional<TextWalk> texts = meaning.walk(name, entry.impacts(), fields, untexted(entry));
            if (paths.isEmpty() && texts.isEmpty()) {
                continue;
            }
            if (meaning.isShown()) {
                paths.stream().filter(path -> !isShown(path, entry)).forEach(shown::add);
            }
            if (texts.isPresent()) {
                TextWalk all = texts.get();
                meaning.rules().forEach(rule -> rules.add(rule(rule, entry.shape(), all)));
                continue;
            }
            meaning.rules().forEach(rule -> {
                if (rule.find("unless").isEmpty()) {
                    rules.add(rule(rule, entry.shape(), paths));
                } else { // each field asks for itself
                    paths.forEach(path -> rules.add(rule(rule, entry.shape(), List.of(path))));
                }
            });
            if (meaning.isArgument()) {
                aliases.put(meaning.name(), paths);
            }
        }
        Set<ArgumentPath> plain = new LinkedHashSet<>(entry.facts().plain());
        shown.stream().filter(isPlain).forEach(plain::add);
        FactPaths facts = new FactPaths(
                List.copyOf(shown),
                entry.facts().whole(),
                plain,
                entry.facts().things(),
                entry.facts().counts());
        return rules.equals(entry.rules()) && aliases.isEmpty() ? entry : entry.meaning(facts, rules, aliases);
    }

    /** Returns the arguments that name what is touched, or that no request carries. */
    static Set<String> untexted(CatalogEntry entry) {
        Map<String, ProviderSchema.InputField> arguments = entry.shape().arguments();
        Set<String> names = new HashSet<>();
        if (RequestLine.isWithParts(arguments)) {
            names.addAll(arguments.keySet());
            names.removeAll(Set.of("query", RequestLine.WHOLE));
        } else if (PushOperations.areOfPush(arguments)) {
            names.addAll(arguments.keySet());
            names.remove("push");
        }
        entry.naming().stream()
                .filter(path -> path.steps().size() == 1)
                .forEach(path -> names.add(path.steps().getFirst()));
        return names;
    }

    // A path parameter is always shown.
    private static boolean isShown(ArgumentPath path, CatalogEntry entry) {
        boolean isParameter = path.steps().size() == 1
                && RequestLine.isWithParts(entry.shape().arguments());
        return isParameter
                || entry.naming().contains(path)
                || Stream.concat(entry.facts().all().stream(), entry.outlines().stream())
                        .anyMatch(known -> path.steps().size() >= known.steps().size()
                                && path.steps().subList(0, known.steps().size()).equals(known.steps()));
    }

    private static <E extends Enum<E> & Keyword> E keyword(CatalogSection section, Class<E> type) {
        return Keyword.find(type, section.text())
                .orElseThrow(() -> section.wrong("must be one of "
                        + EnumSet.allOf(type).stream().map(Keyword::word).collect(Collectors.joining(", "))));
    }

    /** Returns whether {@code name} is present. Its only allowed value is {@code true}. */
    static boolean isMarked(CatalogSection section, String name) {
        Optional<CatalogSection> mark = section.find(name);
        if (mark.isPresent() && !mark.get().scalar().equals("true")) {
            throw mark.get().wrong("must be `true` or absent");
        }
        return mark.isPresent();
    }

    private ProviderSchema.OutputField shape(CatalogSection section) {
        ProviderSchema.OutputField shape = new ProviderSchema.OutputField(
                section.find("takes")
                        .map(takes -> takes.read(TypeParser::inputs))
                        .orElse(Map.of()),
                section.find("gives").map(CatalogSection::text),
                false);
        shapes.requireKnown(section, shape);
        return shape;
    }

    static Set<Impact> impacts(CatalogSection section) {
        Set<Impact> impacts = section.once(item -> item.read(Impact::of));
        if (impacts.isEmpty() || impacts.contains(Impact.UNKNOWN)) {
            throw section.wrong("must name impacts; `unknown` is not allowed");
        }
        return impacts;
    }

    private static Reversibility reversibility(CatalogSection section) {
        return section.read(text -> Keyword.find(Reversibility.class, text)
                .orElseThrow(() -> new IllegalArgumentException("`" + text + "` is not a reversibility")));
    }

    private Map<ArgumentPath, ResourceNaming> resources(
            CatalogSection section, String name, ProviderSchema.OutputField shape) {
        Map<ArgumentPath, ResourceNaming> resources = new LinkedHashMap<>();
        section.members(name).forEach((path, text) -> {
            ResourceNaming naming = text.read(words -> ResourceNaming.parse(words, head.conditions()::words));
            naming.parts().forEach(part -> path(part.toString(), text, shape));
            resources.put(path(path, text, shape), naming);
        });
        return resources;
    }

    private List<ArgumentPath> paths(CatalogSection section, String name, ProviderSchema.OutputField shape) {
        return section.items(name).stream()
                .map(item -> path(item.text(), item, shape))
                .toList();
    }

    private FactPaths facts(CatalogSection section, ProviderSchema.OutputField shape) {
        List<ArgumentPath> facts = paths(section, "facts", shape);
        List<ArgumentPath> whole = paths(section, "whole", shape);
        Map<ArgumentPath, String> things = things(section, shape);
        if (!facts.containsAll(whole)) {
            throw section.require("whole").wrong("must be one of `facts`, because people must see it");
        }
        Set<ArgumentPath> all = new LinkedHashSet<>(facts);
        all.addAll(things.keySet());
        return new FactPaths(
                List.copyOf(all),
                Set.copyOf(whole),
                all.stream()
                        .filter(path -> isPlain.test(path) || things.containsKey(path))
                        .collect(Collectors.toSet()),
                things,
                counts(section, shape));
    }

    private Map<ArgumentPath, String> things(CatalogSection section, ProviderSchema.OutputField shape) {
        Map<ArgumentPath, String> things = new LinkedHashMap<>();
        section.members("things").forEach((path, kind) -> {
            if (!kind.text().matches("[a-z][a-z ]*")) {
                throw kind.wrong("must be a kind of thing in lower-case words");
            }
            things.put(path(path, kind, shape), kind.text());
        });
        return things;
    }

    private Map<String, List<ArgumentPath>> counts(CatalogSection section, ProviderSchema.OutputField shape) {
        Map<String, List<ArgumentPath>> counts = new LinkedHashMap<>();
        section.members("counts").forEach((name, paths) -> {
            if (!name.matches("[a-z][a-z_]*") || paths.items().isEmpty()) {
                throw paths.wrong("must be a word in lower case, and the paths of what it counts");
            }
            counts.put(
                    name,
                    paths.items().stream()
                            .map(path -> path(path.text(), path, shape))
                            .toList());
        });
        return counts;
    }

    ArgumentPath path(String text, CatalogSection where, ProviderSchema.OutputField shape) {
        ArgumentPath path = where.at(() -> ArgumentPath.parse(text));
        path.requireWithin(where, shape.arguments(), shapes);
        return path;
    }

    private CatalogEntry.ArgumentRule rule(
            CatalogSection section, ProviderSchema.OutputField shape, Map<String, List<ArgumentPath>> counts) {
        return rule(section, shape, head.conditions().counting(counts).read(section.require("if")), Optional.empty());
    }

    private CatalogEntry.ArgumentRule rule(
            CatalogSection section, ProviderSchema.OutputField shape, List<ArgumentPath> each) {
        CatalogSection asked = section.require("if");
        return rule(
                section,
                shape,
                ArgumentCondition.any(each.stream()
                        .map(path -> head.conditions().about(path).read(asked))
                        .toList()),
                section.find("unless")
                        .map(unless -> RuleException.read(unless, head.name(), head.questions(), each.getFirst())));
    }

    private CatalogEntry.ArgumentRule rule(CatalogSection section, ProviderSchema.OutputField shape, TextWalk texts) {
        return rule(
                section,
                shape,
                head.conditions().about(texts).read(section.require("if")),
                section.find("unless").map(unless -> RuleException.read(unless, head.name(), head.questions(), texts)));
    }

    private CatalogEntry.ArgumentRule rule(
            CatalogSection section,
            ProviderSchema.OutputField shape,
            ArgumentCondition condition,
            Optional<RuleException> unless) {
        section.only("if unless impacts reversibility undone because");
        if (section.find("unless").isPresent() && unless.isEmpty()) {
            throw section.require("unless").wrong("is only for the rules of a meaning");
        }
        condition.paths().forEach(path -> path(path.toString(), section.require("if"), shape));
        return new CatalogEntry.ArgumentRule(
                condition,
                section.find("impacts").map(EntryReader::impacts).orElse(Set.of()),
                section.find("reversibility").map(EntryReader::reversibility).orElse(Reversibility.REVERSIBLE),
                isMarked(section, "undone"),
                section.require("because").text(),
                unless);
    }

    private UndoPlan undo(CatalogSection section, ProviderSchema.OutputField shape) {
        section.only("read arguments where values members edits absent restore sends anew ignored kept reversibility "
                + PROVIDER_KEEPS);
        Map<ArgumentPath, String> where = new LinkedHashMap<>();
        section.members("where").forEach((path, text) -> where.put(answer(path, text), text.scalar()));
        Set<Impact> kept = impacts(section.require("kept"));
        boolean isAnew = section.find("anew").isPresent();
        if (kept.contains(Impact.DESTROY) != isAnew) {
            throw section.require("kept")
                    .wrong(
                            isAnew
                                    ? "must hold `destroy`: what comes back `anew` is lost, and may be somebody else's"
                                    : "must not hold `destroy`: nothing is lost that is kept");
        }
        return new UndoPlan(
                section.require("read").text(),
                templates(section, "arguments"),
                where,
                section.members("values").entrySet().stream()
                        .map(value -> value(value.getKey(), value.getValue(), shape))
                        .toList(),
                section.find("members").map(members -> stateMembers(members, shape)),
                section.find("edits").map(edits -> stateEdits(edits, shape)),
                section.find("absent").map(CatalogSection::text),
                new UndoPlan.Restoration(
                        section.require("restore").text(),
                        templates(section, "sends"),
                        section.find("anew").map(CatalogSection::text)),
                Set.copyOf(paths(section, "ignored", shape)),
                kept,
                section.find("reversibility").map(EntryReader::reversibility).orElse(Reversibility.RECOVERABLE));
    }

    static Map<ArgumentPath, ArgumentTemplate> templates(CatalogSection section, String name) {
        Map<ArgumentPath, ArgumentTemplate> templates = new LinkedHashMap<>();
        section.members(name).forEach((path, text) -> {
            ArgumentTemplate template = text.at(() -> new ArgumentTemplate(text.scalar()));
            templates.put(text.at(() -> ArgumentPath.parse(path)), template);
        });
        return templates;
    }

    private UndoPlan.StateValue value(String path, CatalogSection text, ProviderSchema.OutputField shape) {
        List<String> words = List.of(text.text().split(" ", -1));
        Set<ValueTrait> traits = EnumSet.noneOf(ValueTrait.class);
        words.stream()
                .skip(1)
                .forEach(
                        word -> traits.add(
                                Keyword.find(ValueTrait.class, word)
                                        .orElseThrow(
                                                () -> text.wrong(
                                                        "is a path in the answer, and perhaps `removed`, `list`, `base64`, `segment`, `new` or `edited`"))));
        boolean isSent = !traits.contains(ValueTrait.REMOVED) && !traits.contains(ValueTrait.EDITED);
        return new UndoPlan.StateValue(
                isSent ? path(path, text, shape) : text.at(() -> ArgumentPath.parse(path)),
                answer(words.getFirst(), text),
                traits);
    }

    private UndoPlan.StateEdits stateEdits(CatalogSection section, ProviderSchema.OutputField shape) {
        section.only("from to");
        CatalogSection from = section.require("from");
        CatalogSection to = section.require("to");
        return new UndoPlan.StateEdits(path(from.text(), from, shape), path(to.text(), to, shape));
    }

    private UndoPlan.StateMembers stateMembers(CatalogSection section, ProviderSchema.OutputField shape) {
        section.only("of name value all into");
        if (section.find("name").isPresent() == section.find("all").isPresent()) {
            throw section.wrong("needs either `name` or `all`");
        }
        return new UndoPlan.StateMembers(
                answer(section.require("of").text(), section.require("of")),
                section.find("name").map(name -> path(name.text(), name, shape)),
                section.find("value").map(value -> path(value.text(), value, shape)),
                section.find("all").map(all -> path(all.text(), all, shape)),
                section.require("into").read(ArgumentPath::parse));
    }

    static ArgumentPath answer(String text, CatalogSection where) {
        ArgumentPath path = where.at(() -> ArgumentPath.parse(text));
        if (!path.steps().getFirst().equals(StateQuestion.ANSWER)) {
            throw where.wrong("begins with `answer`, as `answer.name`");
        }
        return path;
    }

    private OperationSummary.SaferAlternative safer(CatalogSection section) {
        section.only("use how");
        return new OperationSummary.SaferAlternative(
                new Operation(head.name(), section.require("use").text()),
                section.require("how").text());
    }
}
