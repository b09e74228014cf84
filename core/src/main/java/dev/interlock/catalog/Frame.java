package dev.interlock.catalog;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Reads the keys that every catalog file has, whatever protocol its provider speaks. */
final class Frame {

    private static final String FORMAT = "interlock-catalog@v1";

    private Frame() {}

    static Dialect read(String file, byte[] bytes) {
        Section top = new YamlFile().read(file, bytes);
        requireFormat(top);
        Section protocol = top.require("protocol");
        return switch (protocol.text()) {
            case "graphql" -> new GraphqlDialect(KnowledgeReader.read(top));
            case "rest" -> RestKnowledgeReader.read(top);
            default -> throw protocol.wrong("must be `graphql` or `rest`");
        };
    }

    static void requireFormat(Section top) {
        requireText(top.require("format"), FORMAT);
    }

    static void requireText(Section section, String expected) {
        if (!section.text().equals(expected)) {
            throw section.wrong("must be `" + expected + "`");
        }
    }

    static String provider(Section section) {
        String name = section.text();
        if (!name.matches("[a-z][a-z0-9-]*")) {
            throw section.wrong("must be a lower-case word");
        }
        return name;
    }

    static Carriers carriers(Section section) {
        return new Carriers(
                section.find("headers").map(Frame::headers).orElse(Set.of()),
                Set.copyOf(section.texts("query")),
                Set.copyOf(section.texts("cookies")));
    }

    /** Returns the types listed under {@code holds-data}. Each must be one of {@code types}, which operations touch. */
    static Set<String> holdsData(Section top, Set<String> types) {
        Set<String> listed = new HashSet<>();
        for (Section item : top.find("holds-data").map(Section::items).orElse(List.of())) {
            if (!types.contains(item.text())) {
                throw item.wrong("is no type of resource that an operation of this catalog touches");
            }
            if (!listed.add(item.text())) {
                throw item.wrong("stands twice");
            }
        }
        return Set.copyOf(listed);
    }

    /** Returns the names of header fields in {@code section}. */
    static Set<String> headers(Section section) {
        for (Section item : section.items()) {
            if (!item.text().equals(item.text().toLowerCase(Locale.ROOT))) {
                throw item.wrong("must be in lower case");
            }
        }
        return Set.copyOf(section.texts());
    }
}
