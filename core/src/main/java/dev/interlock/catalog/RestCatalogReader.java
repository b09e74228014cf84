package dev.interlock.catalog;

import dev.interlock.action.Impact;
import dev.interlock.action.OperationTopic;
import dev.interlock.catalog.RestCatalog.AlternativeName;
import dev.interlock.catalog.RestCatalog.ColonRule;
import dev.interlock.catalog.StateQuestion.StateComparison;
import dev.interlock.catalog.StateQuestion.StateCondition;
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

    private final CatalogSection top;
    private final CatalogHead head;
    private final RestCatalog knowledge;
    private final RestEntryReader entries;
    private final CatalogMistakes mistakes = new CatalogMistakes();

    private RestCatalogReader(CatalogSection top) {
        this.top = top;
        this.head = CatalogHead.read(top);
        this.knowledge = new RestCatalog(
                head,
                texts("fixed-headers"),
                Set.copyOf(top.texts("whole-numbers")),
                top.items("colons").stream()
                        .map(item -> item.read(ColonRule::parse))
                        .toList(),
                resources(),
                otherNames(),
                texts("elsewhere"),
                top.items("storage").stream()
                        .map(item -> item.read(StorageHost::parse))
                        .toList(),
                top.members("pages").entrySet().stream()
                        .map(page -> page.getValue().read(asked -> PagePrefix.parse(page.getKey(), asked)))
                        .toList(),
                top.find("any-host")
                        .map(CatalogSection::scalar)
                        .filter("true"::equals)
                        .isPresent(),
                new LinkedHashMap<>());
        this.entries = new RestEntryReader(head, ProviderSchema.inputs(top));
    }

    static RestDialect read(CatalogSection top) {
        top.only("format provider protocol carriers forwarded-headers fixed-headers whole-numbers colons ignores-case"
                + " holds-data hides plain resources other-names elsewhere storage pages any-host words questions meanings inputs"
                + " same-as graphql mcp push reads shows writes operations");
        return new RestCatalogReader(top).read();
    }

    private RestDialect read() {
        operations("reads");
        operations("shows");
        operations("writes");
        operations("operations");
        mistakes.requireNone();
        requireNames();
        Optional<GraphqlCatalog> graphql = top.find("graphql").map(part -> GraphqlCatalogReader.part(head, part));
        Optional<McpCatalog> mcp = top.find("mcp").map(part -> McpCatalogReader.part(head, part));
        Set<String> types = new HashSet<>();
        knowledge.resources().forEach(resource -> types.add(resource.type()));
        CatalogHead.requireIgnoredCase(top, types);
        knowledge
                .operations()
                .values()
                .forEach(entry -> types.addAll(entry.entry().types()));
        graphql.ifPresent(part -> types.addAll(part.resourceTypes()));
        mcp.ifPresent(part -> types.addAll(part.resourceTypes()));
        Optional<PushOperations> push =
                top.find("push").map(part -> PushOperations.read(part, head, knowledge.operations()));
        head.finish(top, types);
        knowledge.operations().forEach(this::requireOthers);
        head.questions().forEach((name, question) -> {
            CatalogSection section = top.require("questions").require(name);
            question.requireFitting(section, named(section.require("read"), question.read()));
        });
        return top.at(() -> new RestDialect(knowledge, graphql, mcp, push, () -> twins(top, graphql, mcp, knowledge)));
    }

    static OperationTwins twins(
            CatalogSection top, Optional<GraphqlCatalog> graphql, Optional<McpCatalog> mcp, RestCatalog knowledge) {
        Map<String, CatalogEntry> parts = new LinkedHashMap<>();
        graphql.ifPresent(part -> parts.putAll(part.queries()));
        graphql.ifPresent(part -> parts.putAll(part.mutations()));
        mcp.ifPresent(part -> parts.putAll(part.operations()));
        return OperationTwins.read(
                top, parts, name -> Optional.ofNullable(knowledge.operations().get(name)));
    }

    private Map<String, String> texts(String key) {
        Map<String, String> texts = new LinkedHashMap<>();
        top.members(key).forEach((name, text) -> texts.put(name, text.text()));
        return texts;
    }

    private Map<String, AlternativeName> otherNames() {
        Map<String, AlternativeName> names = new LinkedHashMap<>();
        top.members("other-names").forEach((parameter, name) -> {
            CatalogSection type = name.only("like type").require("type");
            requireType(type.text(), type);
            names.put(parameter, new AlternativeName(name.require("like").read(Pattern::compile), type.text()));
        });
        return names;
    }

    private static void requireType(String type, CatalogSection where) {
        if (!type.matches("[a-z][a-z0-9-]*")) {
            throw where.wrong("must be a resource type in lower case");
        }
    }

    private List<ResourceName> resources() {
        List<ResourceName> resources = new ArrayList<>();
        top.members("resources").forEach((type, names) -> {
            requireType(type, names);
            for (CatalogSection name : names.node().isArray() ? names.items() : List.of(names)) {
                resources.add(name.read(text -> ResourceName.parse(type, text)));
            }
        });
        return resources;
    }

    private void operations(String key) {
        top.members(key)
                .forEach((name, section) -> mistakes.in(() -> {
                    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")) {
                        throw section.wrong("must have a name of letters, digits and `._/-`");
                    }
                    RestOperation entry = switch (key) {
                        case "reads" -> entries.read(name, section, Optional.empty());
                        case "shows" -> entries.read(name, section, Optional.of(OperationTopic.NAMED_FILES));
                        case "writes" -> entries.write(name, section);
                        default -> entries.operation(name, section);
                    };
                    if (knowledge.operations().put(name, entry) != null) {
                        throw section.wrong("is listed twice");
                    }
                }));
    }

    /**
     * Requires that each listed name occurs in a path. Otherwise it is a slip that would leave a rule without effect.
     */
    private void requireNames() {
        Set<String> parameters = new HashSet<>();
        knowledge
                .operations()
                .values()
                .forEach(entry -> parameters.addAll(entry.line().template().names()));
        if (knowledge.anyHost()) {
            parameters.add(RestCatalog.HOST);
        }
        for (CatalogSection item : top.items("whole-numbers")) {
            if (!parameters.contains(item.text())) {
                throw item.wrong("is not a parameter of any path");
            }
        }
        top.items("colons").forEach(item -> requireName(item, item.read(ColonRule::parse), parameters));
        for (ResourceName resource : knowledge.resources()) {
            if (!parameters.containsAll(resource.parts())) {
                throw top.require("resources").wrong("`" + resource.text() + "` names a parameter that no path has");
            }
        }
        for (String parameter : knowledge.otherNames().keySet()) {
            if (knowledge.resources().stream()
                    .noneMatch(resource -> resource.parts().equals(Set.of(parameter)))) {
                throw top.require("other-names").wrong("`" + parameter + "` does not name a resource on its own");
            }
        }
        for (String name : knowledge.fixed().keySet()) {
            if (!name.matches("[a-z0-9-]+") || head.forwarded().contains(name)) {
                throw top.require("fixed-headers")
                        .require(name)
                        .wrong("must be in lower case, and not one of `forwarded-headers`");
            }
        }
    }

    private void requireName(CatalogSection item, ColonRule rule, Set<String> parameters) {
        boolean unknown = !rule.isOfBody() && !parameters.contains(rule.path().toString());
        if (unknown || !parameters.contains(rule.own())) {
            throw item.wrong("is not a parameter of any path");
        }
        if (rule.isOfBody()
                && knowledge.operations().values().stream()
                        .noneMatch(entry ->
                                rule.path().isWithin(entry.entry().shape().arguments(), entry.shapes()))) {
            throw item.wrong("is not an argument of any operation");
        }
    }

    private void requireOthers(String name, RestOperation entry) {
        entry.entry()
                .safer()
                .ifPresent(safer -> named(key(name, "safer"), safer.operation().name()));
        entry.entry()
                .undo()
                .ifPresent(undo -> undo.requireFitting(
                        key(name, "undo"),
                        used(undo.read()),
                        used(undo.restoration().operation())));
        entry.stands().ifPresent(stands -> {
            RestOperation read = named(key(name, "stands"), stands);
            RequestLine line = read.line();
            if (!line.method().equals("GET")
                    || !entry.line()
                            .template()
                            .names()
                            .containsAll(line.template().names())) {
                throw key(name, "stands").wrong("must be a GET whose path needs no other parameters than this one");
            }
            if (entry.asks().orElse(null) instanceof StateComparison how) {
                // The gateway asks it by itself, before anybody has permitted anything.
                if (!read.possible().equals(Set.of(Impact.READ))) {
                    throw key(name, "stands").wrong("must only read, because it is compared with");
                }
                if (!line.query().keySet().containsAll(how.query().keySet())) {
                    throw key(name, "compares").wrong("needs query parameters that `" + stands + "` does not take");
                }
            }
        });
        if (entry.asks().orElse(null) instanceof StateCondition how) {
            CatalogSection asks = key(name, "asks");
            how.requireFitting(asks, named(asks.require("read"), how.read()));
        }
    }

    private Optional<UndoPlan.UsedOperation> used(String name) {
        return Optional.ofNullable(knowledge.operations().get(name))
                .map(entry -> new UndoPlan.UsedOperation(entry.entry(), entry.shapes(), false));
    }

    private RestOperation named(CatalogSection where, String name) {
        return Optional.ofNullable(knowledge.operations().get(name))
                .orElseThrow(() -> where.wrong("is not an operation of this catalog"));
    }

    private CatalogSection key(String name, String key) {
        return top.require("operations").require(name).require(key);
    }
}
