package dev.interlock.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Bytes;
import dev.interlock.action.Seal;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Compares two versions of a catalog file. What is common to all operations must be equal. A new request line could
 * take over calls of any operation, so then none counts as unchanged.
 */
final class CatalogComparison {

    private static final List<String> ENTRIES =
            List.of("reads", "writes", "operations", "queries", "mutations", "tools");

    private final Map<String, JsonNode> operations = new HashMap<>();
    private final Map<String, JsonNode> common = new HashMap<>();
    private final Set<String> lines = new HashSet<>();

    private CatalogComparison(Seal.OwnCatalog catalog) {
        CatalogSection.read(catalog.name() + ".yaml", Bytes.utf8(catalog.text()).toArray())
                .node()
                .properties()
                .forEach(part -> add(part.getKey(), part.getValue()));
    }

    private void add(String name, JsonNode part) {
        if (!ENTRIES.contains(name)) {
            common.put(name, part);
            return;
        }
        part.properties().forEach(entry -> {
            operations.put(name + " " + entry.getKey(), entry.getValue());
            JsonNode line = entry.getValue().isTextual()
                    ? entry.getValue()
                    : entry.getValue().path("request");
            if (line.isTextual()) {
                lines.add(line.textValue());
            }
        });
    }

    /** Returns the names of the operations that {@code now} reads as {@code before} did. */
    static Set<String> unchanged(Seal.OwnCatalog before, Seal.OwnCatalog now) {
        CatalogComparison old = new CatalogComparison(before);
        CatalogComparison present = new CatalogComparison(now);
        if (!old.common.equals(present.common) || !old.lines.containsAll(present.lines)) {
            return Set.of();
        }
        return old.operations.entrySet().stream()
                .filter(entry -> entry.getValue().equals(present.operations.get(entry.getKey())))
                .map(entry -> entry.getKey().substring(entry.getKey().indexOf(' ') + 1))
                .collect(Collectors.toUnmodifiableSet());
    }
}
