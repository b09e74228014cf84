package dev.interlock.catalog;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Reads the keys that every catalog file has, for any protocol. */
final class CatalogFile {

    private static final String FORMAT = "interlock-catalog@v1";

    private CatalogFile() {}

    static ProviderDialect read(String file, byte[] bytes) {
        CatalogSection top = CatalogSection.read(file, bytes);
        requireFormat(top);
        CatalogSection protocol = top.require("protocol");
        return switch (protocol.text()) {
            case "graphql" -> new GraphqlDialect(GraphqlCatalogReader.read(top));
            case "mcp" -> new McpDialect(McpCatalogReader.read(top));
            case "rest" -> RestCatalogReader.read(top);
            default -> throw protocol.wrong("must be `graphql`, `mcp` or `rest`");
        };
    }

    static void requireFormat(CatalogSection top) {
        requireText(top.require("format"), FORMAT);
    }

    static void requireText(CatalogSection section, String expected) {
        if (!section.text().equals(expected)) {
            throw section.wrong("must be `" + expected + "`");
        }
    }

    static String provider(CatalogSection section) {
        String name = section.text();
        if (!name.matches("[a-z][a-z0-9-]*")) {
            throw section.wrong("must be a lower-case word");
        }
        return name;
    }

    static CarrierNames carriers(CatalogSection section) {
        return new CarrierNames(
                section.find("headers").map(CatalogFile::headers).orElse(Set.of()),
                Set.copyOf(section.texts("query")),
                Set.copyOf(section.texts("cookies")));
    }

    /** Returns the types listed under {@code holds-data}. Each must be one of {@code types}, which operations touch. */
    static Set<String> holdsData(CatalogSection top, Set<String> types) {
        Set<String> listed = new HashSet<>();
        for (CatalogSection item :
                top.find("holds-data").map(CatalogSection::items).orElse(List.of())) {
            if (!types.contains(item.text())) {
                throw item.wrong("is not a resource type of any operation in this catalog");
            }
            if (!listed.add(item.text())) {
                throw item.wrong("is listed twice");
            }
        }
        return Set.copyOf(listed);
    }

    /** Requires that each type listed under {@code ignores-case} is one of {@code types}. */
    static void requireIgnoredCase(CatalogSection top, Set<String> types) {
        for (CatalogSection item :
                top.find("ignores-case").map(CatalogSection::items).orElse(List.of())) {
            if (!types.contains(item.text())) {
                throw item.wrong("is not a type in `resources`");
            }
        }
    }

    /** Returns the names of header fields in {@code section}. */
    static Set<String> headers(CatalogSection section) {
        for (CatalogSection item : section.items()) {
            if (!item.text().equals(item.text().toLowerCase(Locale.ROOT))) {
                throw item.wrong("must be in lower case");
            }
        }
        return Set.copyOf(section.texts());
    }
}
