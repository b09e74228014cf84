package dev.interlock.catalog;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads and checks the catalog file of a provider that speaks GraphQL. Format: {@code docs/formats/catalog.md}. */
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
                "holds-data",
                "words",
                "inputs",
                "types",
                "secrets",
                "queries",
                "mutations");
        CatalogFile.requireFormat(top);
        CatalogFile.requireText(top.require("protocol"), "graphql");
        ProviderSchema shapes = ProviderSchema.of(top.require("types"), top.require("inputs"));
        ConditionReader conditions = new ConditionReader(WordList.lists(top.find("words")));
        EntryReader entries = new EntryReader(CatalogFile.provider(top.require("provider")), shapes, conditions);
        Map<String, CatalogEntry> queries = entries(top.require("queries"), entries::query);
        Map<String, CatalogEntry> mutations =
                withSafer(entries(top.require("mutations"), entries::mutation), top.require("mutations"));
        return new GraphqlCatalog(
                CatalogFile.provider(top.require("provider")),
                endpoints(top.require("endpoints")),
                CatalogFile.carriers(top.require("carriers").only("headers", "query", "cookies")),
                CatalogFile.headers(top.require("forwarded-headers")),
                Set.copyOf(top.texts("labels")),
                CatalogFile.holdsData(top, types(queries, mutations)),
                shapes,
                SecretFields.of(top.require("secrets"), shapes, conditions),
                queries,
                mutations);
    }

    private static Set<String> types(Map<String, CatalogEntry> queries, Map<String, CatalogEntry> mutations) {
        return Stream.concat(queries.values().stream(), mutations.values().stream())
                .flatMap(entry -> entry.types().stream())
                .collect(Collectors.toSet());
    }

    private static Set<String> endpoints(CatalogSection section) {
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
