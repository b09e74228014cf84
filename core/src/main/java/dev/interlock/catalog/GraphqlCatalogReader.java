package dev.interlock.catalog;

import dev.interlock.catalog.GraphqlCatalog.SecretFields;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads and checks the catalog file of a provider that speaks GraphQL, or the part of a REST catalog about GraphQL.
 * Format: {@code docs/formats/catalog.md}.
 */
final class GraphqlCatalogReader {

    private GraphqlCatalogReader() {}

    static GraphqlCatalog read(CatalogSection file) {
        CatalogSection top = file.only(
                "format",
                "provider",
                "protocol",
                "endpoints",
                "carriers",
                "forwarded-headers",
                "labels",
                "ignores-case",
                "holds-data",
                "plain",
                "words",
                "inputs",
                "types",
                "secrets",
                "queries",
                "mutations");
        CatalogFile.requireFormat(top);
        CatalogFile.requireText(top.require("protocol"), "graphql");
        PlainPaths plain = new PlainPaths(top);
        GraphqlCatalog catalog = read(top, top, plain);
        plain.requireUsed();
        CatalogFile.requireIgnoredCase(top, catalog.resourceTypes());
        catalog.holdsData().addAll(CatalogFile.holdsData(top, catalog.resourceTypes()));
        return catalog;
    }

    /** Reads the part of a REST catalog that describes the provider's GraphQL. {@code file} has what both share. */
    static GraphqlCatalog part(CatalogSection file, CatalogSection part, PlainPaths plain) {
        return read(
                file, part.only("endpoints", "labels", "inputs", "types", "secrets", "queries", "mutations"), plain);
    }

    private static GraphqlCatalog read(CatalogSection shared, CatalogSection own, PlainPaths plain) {
        ProviderSchema shapes = ProviderSchema.of(own.require("types"), own.require("inputs"));
        ConditionReader conditions = new ConditionReader(WordList.lists(shared.find("words")));
        String name = CatalogFile.provider(shared.require("provider"));
        EntryReader entries = new EntryReader(name, shapes, conditions, plain::contains);
        Map<String, CatalogEntry> queries = entries(own.require("queries"), entries::query);
        Map<String, CatalogEntry> mutations =
                withSafer(entries(own.require("mutations"), entries::mutation), own.require("mutations"));
        requireUndo(own.require("mutations"), shapes, queries, mutations);
        return new GraphqlCatalog(
                name,
                endpoints(own.require("endpoints")),
                CatalogFile.carriers(shared.require("carriers").only("headers", "query", "cookies")),
                CatalogFile.headers(shared.require("forwarded-headers")),
                Set.copyOf(own.texts("labels")),
                new IgnoredCase(Set.copyOf(shared.texts("ignores-case"))),
                new HashSet<>(),
                shapes,
                SecretFields.of(own.require("secrets"), shapes, conditions),
                queries,
                mutations);
    }

    private static void requireUndo(
            CatalogSection section,
            ProviderSchema shapes,
            Map<String, CatalogEntry> queries,
            Map<String, CatalogEntry> mutations) {
        mutations.forEach((name, entry) -> entry.undo().ifPresent(undo -> {
            CatalogSection plan = section.require(name).require("undo");
            Optional<UndoPlan.UsedOperation> reading = used(queries, shapes, undo.read());
            undo.requireFitting(
                    plan, reading, used(mutations, shapes, undo.restoration().operation()));
            Optional<String> type = reading.flatMap(used -> used.entry().shape().type());
            if (type.isPresent() && undo.selected().isEmpty()) {
                throw plan.require("read").wrong("answers with fields, and `values` name none of them");
            }
            type.ifPresent(answered -> undo.selected().forEach(path -> requireField(plan, shapes, answered, path)));
        }));
    }

    /** Checks that {@code path} ends at a field of {@code type} that has no fields itself. */
    private static void requireField(CatalogSection plan, ProviderSchema shapes, String type, ArgumentPath path) {
        Optional<String> here = Optional.of(type);
        for (String step : path.steps()) {
            ProviderSchema.OutputField field = here.flatMap(owner -> shapes.field(owner, step))
                    .orElseThrow(() -> plan.wrong("reads `" + path + "`, which a `" + type + "` does not have"));
            here = field.type();
        }
        if (here.isPresent()) {
            throw plan.wrong("reads `" + path + "`, which has fields; name one of them");
        }
    }

    private static Optional<UndoPlan.UsedOperation> used(
            Map<String, CatalogEntry> operations, ProviderSchema shapes, String name) {
        return Optional.ofNullable(operations.get(name)).map(entry -> new UndoPlan.UsedOperation(entry, shapes));
    }

    static Set<String> endpoints(CatalogSection section) {
        for (CatalogSection item : section.items()) {
            if (!item.text().startsWith("/")) {
                throw item.wrong("must be an absolute path");
            }
        }
        return Set.copyOf(section.texts());
    }

    /** Reads one entry of a list of operations. */
    private interface Reader {
        CatalogEntry read(CatalogSection section);
    }

    private static Map<String, CatalogEntry> entries(CatalogSection section, Reader reader) {
        Map<String, CatalogEntry> entries = new LinkedHashMap<>();
        CatalogMistakes mistakes = new CatalogMistakes();
        section.members().forEach((name, entry) -> mistakes.in(() -> entries.put(name, reader.read(entry))));
        mistakes.requireNone();
        return entries;
    }

    private static Map<String, CatalogEntry> withSafer(Map<String, CatalogEntry> entries, CatalogSection section) {
        entries.forEach((name, entry) -> Optional.of(entry)
                .flatMap(CatalogEntry::safer)
                .map(safer -> safer.operation().name())
                .filter(safer -> !entries.containsKey(safer))
                .ifPresent(_ -> {
                    throw section.require(name).require("safer").wrong("is not a mutation of this catalog");
                }));
        return entries;
    }
}
