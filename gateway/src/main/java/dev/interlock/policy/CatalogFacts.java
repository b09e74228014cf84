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
 * @param possible of each, the impacts that it may have, its arguments included; at least those of {@code operations}
 * @param digests of each catalog file, SHA-256 in lower-case hexadecimal
 */
public record CatalogFacts(
        Map<String, Map<String, Set<Impact>>> operations,
        Map<String, Map<String, Set<Impact>>> possible,
        Map<String, String> digests) {

    public CatalogFacts {
        operations = Collections.unmodifiableMap(operations); // no copy: what nobody asks about is never read
        possible = Collections.unmodifiableMap(possible);
        digests = Map.copyOf(digests);
    }

    /** Of operations whose arguments change nothing. */
    public CatalogFacts(Map<String, Map<String, Set<Impact>>> operations, Map<String, String> digests) {
        this(operations, operations, digests);
    }

    /** What {@code operation} may do; empty if no catalog knows it. */
    public Set<Impact> possible(Operation operation) {
        return possible.getOrDefault(operation.provider(), Map.of()).getOrDefault(operation.name(), Set.of());
    }

    boolean knows(Operation operation) {
        return operations.getOrDefault(operation.provider(), Map.of()).containsKey(operation.name());
    }

    Set<Impact> impacts(Operation operation) {
        return operations.getOrDefault(operation.provider(), Map.of()).getOrDefault(operation.name(), Set.of());
    }
}
