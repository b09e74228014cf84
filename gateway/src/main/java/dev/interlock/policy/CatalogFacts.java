package dev.interlock.policy;

import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import java.util.Collections;
import java.util.Map;
import java.util.Set;

/**
 * What policy needs to know of the catalogs that are loaded.
 *
 * @param operations of each catalog, each with the impacts that it has whatever its arguments are; may be none
 * @param digests of each catalog file, SHA-256 in lower-case hexadecimal
 */
public record CatalogFacts(Map<String, Map<String, Set<Impact>>> operations, Map<String, String> digests) {

    public CatalogFacts {
        operations = Collections.unmodifiableMap(operations); // no copy: what nobody asks about is never read
        digests = Map.copyOf(digests);
    }

    boolean knows(Operation operation) {
        return operations.getOrDefault(operation.provider(), Map.of()).containsKey(operation.name());
    }

    Set<Impact> impacts(Operation operation) {
        return operations.getOrDefault(operation.provider(), Map.of()).getOrDefault(operation.name(), Set.of());
    }
}
