package dev.interlock.catalog;

import dev.interlock.action.Impact;
import dev.interlock.catalog.RestCatalog.ColonRule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads and checks the catalog file of a REST provider. Format: {@code docs/formats/catalog.md}. */
final class RestCatalogReader {

    private static final Pattern TYPE = Pattern.compile("[a-z][a-z0-9-]*");

    private final RestCatalog knowledge;
    private final ConditionReader conditions;
    private final RestEntryReader entries;
    private final CatalogMistakes mistakes = new CatalogMistakes();
    private final PlainPaths plain;

    private RestCatalogReader(CatalogSection top) {
        ProviderSchema inputs = ProviderSchema.inputs(top.find("inputs"));
        Set<String> forwarded = CatalogFile.headers(top.require("forwarded-headers"));
        Map<String, String> fixed = texts(top, "fixed-headers");
        String name = CatalogFile.provider(top.require("provider"));
        this.knowledge = new RestCatalog(
                name,
                CatalogFile.carriers(top.require("carriers").only("headers", "query", "cookies")),
                forwarded,
                fixed,
                Set.copyOf(top.texts("whole-numbers")),
                top.find("no-colons").map(CatalogSection::items).orElse(List.of()).stream()
                        .map(item -> item.read(ColonRule::parse))
                        .toList(),
                new IgnoredCase(Set.copyOf(top.texts("ignores-case"))),
                new HashSet<>(),
                resources(top),
                otherNames(top),
                texts(top, "elsewhere"),
                top.find("storage").map(CatalogSection::items).orElse(List.of()).stream()
                        .map(item -> item.read(StorageHost::parse))
                        .toList(),
                new LinkedHashMap<>());
        this.conditions = new ConditionReader(WordList.lists(top.find("words")));
        this.plain = new PlainPaths(top);
        this.entries = new RestEntryReader(name, inputs, forwarded, conditions, plain);
    }

    static RestDialect read(CatalogSection top) {
        top.only(
                "format",
                "provider",
                "protocol",
                "carriers",
                "forwarded-headers",
                "fixed-headers",
                "whole-numbers",
                "no-colons",
                "ignores-case",
                "holds-data",
                "plain",
                "resources",
                "other-names",
                "elsewhere",
                "storage",
                "words",
                "inputs",
                "graphql",
                "mcp",
                "push",
                "reads",
                "writes",
                "operations");
        RestCatalogReader reader = new RestCatalogReader(top);
        reader.section(top, "reads");
        reader.section(top, "writes");
        reader.section(top, "operations");
        reader.mistakes.requireNone();
        reader.requireNames(top);
        Optional<GraphqlCatalog> graphql =
                top.find("graphql").map(part -> GraphqlCatalogReader.part(top, part, reader.plain));
        Optional<McpCatalog> mcp = top.find("mcp").map(part -> McpCatalogReader.part(top, part, reader.plain));
        reader.plain.requireUsed();
        Set<String> types = reader.types();
        graphql.ifPresent(part -> types.addAll(part.resourceTypes()));
        mcp.ifPresent(part -> types.addAll(part.resourceTypes()));
        reader.knowledge.holdsData().addAll(CatalogFile.holdsData(top, types));
        reader.requireSafer(top);
        Optional<PushOperations> push = top.find("push")
                .map(part -> PushOperations.read(
                        part, reader.knowledge.name(), reader.knowledge.operations(), reader.conditions));
        try {
            return new RestDialect(reader.knowledge, graphql, mcp, push);
        } catch (IllegalArgumentException e) {
            throw top.wrong(String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, String> texts(CatalogSection top, String key) {
        Map<String, String> texts = new LinkedHashMap<>();
        top.find(key)
                .map(CatalogSection::members)
                .orElse(Map.of())
                .forEach((name, text) -> texts.put(name, text.text()));
        return texts;
    }

    private static Map<String, RestCatalog.AlternativeName> otherNames(CatalogSection top) {
        Map<String, RestCatalog.AlternativeName> names = new LinkedHashMap<>();
        top.find("other-names").map(CatalogSection::members).orElse(Map.of()).forEach((parameter, name) -> {
            name.only("like", "type");
            CatalogSection type = name.require("type");
            if (!TYPE.matcher(type.text()).matches()) {
                throw type.wrong("must be a resource type in lower case");
            }
            names.put(
                    parameter,
                    new RestCatalog.AlternativeName(name.require("like").read(Pattern::compile), type.text()));
        });
        return names;
    }

    private static List<ResourceName> resources(CatalogSection top) {
        List<ResourceName> resources = new ArrayList<>();
        top.find("resources").map(CatalogSection::members).orElse(Map.of()).forEach((type, names) -> {
            if (!TYPE.matcher(type).matches()) {
                throw names.wrong("must be a resource type in lower case");
            }
            for (CatalogSection name : names.node().isArray() ? names.items() : List.of(names)) {
                resources.add(name.read(text -> ResourceName.parse(type, text)));
            }
        });
        return resources;
    }

    private void section(CatalogSection top, String key) {
        top.find(key)
                .map(CatalogSection::members)
                .orElse(Map.of())
                .forEach((name, section) -> mistakes.in(() -> operation(key, name, section)));
    }

    private void operation(String key, String name, CatalogSection section) {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")) {
            throw section.wrong("must have a name of letters, digits and `._/-`");
        }
        RestOperation entry = switch (key) {
            case "reads" -> entries.read(name, section);
            case "writes" -> entries.write(name, section);
            default -> entries.operation(name, section);
        };
        if (knowledge.operations().put(name, entry) != null) {
            throw section.wrong("is listed twice");
        }
    }

    private Set<String> types() {
        Set<String> types = new HashSet<>();
        knowledge.resources().forEach(resource -> types.add(resource.type()));
        knowledge
                .operations()
                .values()
                .forEach(entry -> types.addAll(entry.entry().types()));
        return types;
    }

    /**
     * Requires that each listed parameter name occurs in a path. Otherwise it is a slip that would leave a rule without
     * effect.
     */
    private void requireNames(CatalogSection top) {
        Set<String> parameters = new HashSet<>();
        knowledge
                .operations()
                .values()
                .forEach(entry -> parameters.addAll(entry.line().template().names()));
        top.find("whole-numbers").map(CatalogSection::items).orElse(List.of()).stream()
                .filter(item -> !parameters.contains(item.text()))
                .forEach(item -> {
                    throw item.wrong("is not a parameter of any path");
                });
        top.find("no-colons")
                .map(CatalogSection::items)
                .orElse(List.of())
                .forEach(item -> requireNames(item, item.read(ColonRule::parse), parameters));
        knowledge.resources().stream()
                .filter(resource -> !parameters.containsAll(resource.parts()))
                .forEach(resource -> {
                    throw top.require("resources")
                            .wrong("`" + resource.text() + "` names a parameter that no path has");
                });
        knowledge.otherNames().keySet().stream()
                .filter(parameter -> knowledge.resources().stream()
                        .noneMatch(resource -> resource.parts().equals(Set.of(parameter))))
                .forEach(parameter -> {
                    throw top.require("other-names").wrong("`" + parameter + "` does not name a resource on its own");
                });
        Set<String> types = new HashSet<>();
        knowledge.resources().forEach(resource -> types.add(resource.type()));
        CatalogFile.requireIgnoredCase(top, types);
        knowledge.fixed().keySet().stream()
                .filter(name ->
                        !name.matches("[a-z0-9-]+") || knowledge.forwarded().contains(name))
                .forEach(name -> {
                    throw top.require("fixed-headers")
                            .require(name)
                            .wrong("must be in lower case, and not one of `forwarded-headers`");
                });
    }

    private void requireNames(CatalogSection item, ColonRule none, Set<String> parameters) {
        boolean unknown = !none.isOfBody() && !parameters.contains(none.path().toString());
        if (unknown || none.after().filter(name -> !parameters.contains(name)).isPresent()) {
            throw item.wrong("is not a parameter of any path");
        }
        if (none.isOfBody() && knowledge.operations().values().stream().noneMatch(entry -> takes(entry, none.path()))) {
            throw item.wrong("is not an argument of any operation");
        }
    }

    private static boolean takes(RestOperation entry, ArgumentPath path) {
        try {
            path.requireWithin(entry.entry().shape().arguments(), entry.shapes());
            return true;
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    private void requireSafer(CatalogSection top) {
        knowledge.operations().forEach((name, entry) -> {
            entry.entry()
                    .safer()
                    .ifPresent(
                            safer -> named(top, name, "safer", safer.operation().name()));
            entry.entry()
                    .undo()
                    .ifPresent(undo -> undo.requireFitting(
                            key(top, name, "undo"),
                            used(undo.read()),
                            used(undo.restoration().operation())));
            entry.stands().ifPresent(stands -> {
                RequestLine line = named(top, name, "stands", stands).line();
                if (!line.method().equals("GET")
                        || !entry.line()
                                .template()
                                .names()
                                .containsAll(line.template().names())) {
                    throw key(top, name, "stands")
                            .wrong("must be a GET whose path needs no other parameters than this one");
                }
                if (entry.asks().orElse(null) instanceof StateComparison how) {
                    requireComparable(top, name, stands, how);
                }
            });
            if (entry.asks().orElse(null) instanceof StateCondition how) {
                CatalogSection asks = key(top, name, "asks");
                RestOperation asked = knowledge.operations().get(how.read());
                if (asked == null) {
                    throw asks.require("read").wrong("is not an operation of this catalog");
                }
                how.requireFitting(asks, asked);
            }
        });
    }

    /** Requires that the question only reads. The gateway asks it by itself, before anybody has permitted anything. */
    private void requireComparable(CatalogSection top, String name, String stands, StateComparison how) {
        RestOperation read = named(top, name, "stands", stands);
        if (!read.possible().equals(Set.of(Impact.READ))) {
            throw key(top, name, "stands").wrong("must only read, because it is compared with");
        }
        if (!read.line().query().keySet().containsAll(how.query().keySet())) {
            throw key(top, name, "compares").wrong("needs query parameters that `" + stands + "` does not take");
        }
    }

    private Optional<UndoPlan.UsedOperation> used(String name) {
        return Optional.ofNullable(knowledge.operations().get(name))
                .map(entry -> new UndoPlan.UsedOperation(entry.entry(), entry.shapes()));
    }

    private RestOperation named(CatalogSection top, String name, String key, String named) {
        RestOperation entry = knowledge.operations().get(named);
        if (entry == null) {
            throw key(top, name, key).wrong("is not an operation of this catalog");
        }
        return entry;
    }

    private static CatalogSection key(CatalogSection top, String name, String key) {
        return top.require("operations").require(name).require(key);
    }
}
