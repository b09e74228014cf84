package dev.interlock.catalog;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads and checks the catalog file of a provider that speaks GraphQL. Format: {@code docs/formats/catalog.md}. */
final class KnowledgeReader {

    private KnowledgeReader() {}

    static Knowledge read(String file, byte[] bytes) {
        return read(new YamlFile().read(file, bytes));
    }

    static Knowledge read(Section file) {
        Section top = file.only(
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
        Frame.requireFormat(top);
        Frame.requireText(top.require("protocol"), "graphql");
        Shapes shapes = Shapes.of(top.require("types"), top.require("inputs"));
        ConditionReader conditions = new ConditionReader(Words.lists(top.find("words")));
        EntryReader entries = new EntryReader(Frame.provider(top.require("provider")), shapes, conditions);
        Map<String, Entry> queries = entries(top.require("queries"), entries::query);
        Map<String, Entry> mutations =
                withSafer(entries(top.require("mutations"), entries::mutation), top.require("mutations"));
        return new Knowledge(
                Frame.provider(top.require("provider")),
                endpoints(top.require("endpoints")),
                Frame.carriers(top.require("carriers").only("headers", "query", "cookies")),
                Frame.headers(top.require("forwarded-headers")),
                Set.copyOf(top.texts("labels")),
                Frame.holdsData(top, types(queries, mutations)),
                shapes,
                Secrets.of(top.require("secrets"), shapes, conditions),
                queries,
                mutations);
    }

    private static Set<String> types(Map<String, Entry> queries, Map<String, Entry> mutations) {
        return Stream.concat(queries.values().stream(), mutations.values().stream())
                .flatMap(entry -> entry.types().stream())
                .collect(Collectors.toSet());
    }

    private static Set<String> endpoints(Section section) {
        for (Section item : section.items()) {
            if (!item.text().startsWith("/")) {
                throw item.wrong("must be an absolute path");
            }
        }
        return Set.copyOf(section.texts());
    }

    /** Reads one entry of a list of operations. */
    private interface Reader {
        Entry read(Section section);
    }

    private static Map<String, Entry> entries(Section section, Reader reader) {
        Map<String, Entry> entries = new LinkedHashMap<>();
        Mistakes mistakes = new Mistakes();
        section.members().forEach((name, entry) -> mistakes.in(() -> entries.put(name, reader.read(entry))));
        mistakes.requireNone();
        return entries;
    }

    private static Map<String, Entry> withSafer(Map<String, Entry> entries, Section section) {
        entries.forEach((name, entry) -> Optional.of(entry)
                .flatMap(Entry::safer)
                .map(safer -> safer.operation().name())
                .filter(safer -> !entries.containsKey(safer))
                .ifPresent(_ -> {
                    throw section.require(name).require("safer").wrong("names no mutation of this catalog");
                }));
        return entries;
    }
}
