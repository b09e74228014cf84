package dev.interlock.catalog;

import dev.interlock.catalog.GraphqlCatalog.SecretFields;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Reads and checks the catalog file of a provider that speaks GraphQL, or the part of a REST catalog about GraphQL.
 * Format: {@code docs/formats/catalog.md}.
 */
final class GraphqlCatalogReader {

    private GraphqlCatalogReader() {}

    static GraphqlCatalog read(CatalogSection top) {
        top.only(
                "format provider protocol endpoints carriers forwarded-headers labels ignores-case holds-data plain words meanings inputs types subtypes secrets queries mutations");
        CatalogFile.requireFormat(top);
        CatalogFile.requireText(top.require("protocol"), "graphql");
        GraphqlCatalog catalog = read(CatalogHead.read(top), top);
        CatalogHead.requireIgnoredCase(top, catalog.resourceTypes());
        catalog.head().finish(top, catalog.resourceTypes());
        return catalog;
    }

    /** Reads the part of a REST catalog that describes the provider's GraphQL. */
    static GraphqlCatalog part(CatalogHead head, CatalogSection part) {
        return read(head, part.only("endpoints labels inputs types subtypes secrets queries mutations"));
    }

    private static GraphqlCatalog read(CatalogHead head, CatalogSection own) {
        ProviderSchema shapes = ProviderSchema.of(own.require("types"), own.find("subtypes"), own.require("inputs"));
        EntryReader entries = new EntryReader(head, shapes, head.plain()::contains);
        CatalogSection changing = own.require("mutations");
        Map<String, CatalogEntry> queries = entries(own.require("queries"), entries::query);
        Map<String, CatalogEntry> mutations = entries(changing, entries::mutation);
        mutations.forEach((name, entry) -> {
            if (entry.safer()
                    .filter(safer -> !mutations.containsKey(safer.operation().name()))
                    .isPresent()) {
                throw changing.require(name).require("safer").wrong("is not a mutation of this catalog");
            }
        });
        requireUndo(changing, shapes, queries, mutations);
        Map<String, String> aliases = new LinkedHashMap<>();
        Map<String, String> passages = new LinkedHashMap<>();
        head.meanings().forEach(meaning -> {
            meaning.selected(shapes).forEach(path -> aliases.put(path, meaning.name()));
            meaning.passages(shapes).forEach(path -> passages.put(path, meaning.name()));
        });
        GraphqlCatalog catalog = new GraphqlCatalog(
                head,
                endpoints(own.require("endpoints")),
                Set.copyOf(own.texts("labels")),
                shapes,
                SecretFields.of(own.require("secrets"), shapes, head.conditions()),
                aliases,
                passages,
                queries,
                mutations);
        own.find("subtypes").ifPresent(section -> new SubtypeCheck(catalog, section).requireAlike());
        return catalog;
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
            type.ifPresent(answered -> undo.selected().forEach(path -> requireLeaf(plan, shapes, answered, path)));
        }));
    }

    private static void requireLeaf(CatalogSection plan, ProviderSchema shapes, String type, ArgumentPath path) {
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
        return Optional.ofNullable(operations.get(name)).map(entry -> new UndoPlan.UsedOperation(entry, shapes, false));
    }

    static Set<String> endpoints(CatalogSection section) {
        for (CatalogSection item : section.items()) {
            if (!item.text().startsWith("/")) {
                throw item.wrong("must be an absolute path");
            }
        }
        return Set.copyOf(section.texts());
    }

    private static Map<String, CatalogEntry> entries(
            CatalogSection section, BiFunction<String, CatalogSection, CatalogEntry> reader) {
        Map<String, CatalogEntry> entries = new LinkedHashMap<>();
        CatalogMistakes mistakes = new CatalogMistakes();
        section.members().forEach((name, entry) -> mistakes.in(() -> entries.put(name, reader.apply(name, entry))));
        mistakes.requireNone();
        return entries;
    }
}
