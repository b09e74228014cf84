package dev.interlock.catalog;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads and checks a whole catalog file. Format: {@code docs/formats/catalog.md}. */
final class KnowledgeReader {

    private static final String FORMAT = "interlock-catalog@v1";

    private KnowledgeReader() {}

    static Knowledge read(String file, byte[] bytes) {
        Section top = new YamlFile()
                .read(file, bytes)
                .only(
                        "format",
                        "provider",
                        "protocol",
                        "endpoints",
                        "carriers",
                        "forwarded-headers",
                        "labels",
                        "words",
                        "inputs",
                        "types",
                        "secrets",
                        "queries",
                        "mutations");
        requireText(top.require("format"), FORMAT);
        requireText(top.require("protocol"), "graphql");
        Shapes shapes = Shapes.of(top.require("types"), top.require("inputs"));
        ConditionReader conditions = new ConditionReader(Words.lists(top.find("words")));
        EntryReader entries = new EntryReader(provider(top.require("provider")), shapes, conditions);
        return new Knowledge(
                provider(top.require("provider")),
                endpoints(top.require("endpoints")),
                carriers(top.require("carriers").only("headers", "query", "cookies")),
                headers(top.require("forwarded-headers")),
                Set.copyOf(top.texts("labels")),
                shapes,
                Secrets.of(top.require("secrets"), shapes, conditions),
                entries(top.require("queries"), entries::query),
                withSafer(entries(top.require("mutations"), entries::mutation), top.require("mutations")));
    }

    private static void requireText(Section section, String expected) {
        if (!section.text().equals(expected)) {
            throw section.wrong("must be `" + expected + "`");
        }
    }

    private static String provider(Section section) {
        String name = section.text();
        if (!name.matches("[a-z][a-z0-9-]*")) {
            throw section.wrong("must be a lower-case word");
        }
        return name;
    }

    private static Set<String> endpoints(Section section) {
        for (Section item : section.items()) {
            if (!item.text().startsWith("/")) {
                throw item.wrong("must be an absolute path");
            }
        }
        return Set.copyOf(section.texts());
    }

    private static Carriers carriers(Section section) {
        return new Carriers(
                section.find("headers").map(KnowledgeReader::headers).orElse(Set.of()),
                Set.copyOf(section.texts("query")),
                Set.copyOf(section.texts("cookies")));
    }

    private static Set<String> headers(Section section) {
        for (Section item : section.items()) {
            if (!item.text().equals(item.text().toLowerCase(Locale.ROOT))) {
                throw item.wrong("must be in lower case");
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
        section.members().forEach((name, entry) -> entries.put(name, reader.read(entry)));
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
