package dev.interlock.action;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The facts about the loaded catalogs that policies need.
 *
 * @param operations the operations of each catalog, by name
 * @param digests the SHA-256 of each catalog file, in lower-case hexadecimal
 * @param holding the types of resources that hold data, by catalog
 * @param touched the types of resources that operations touch, each with an example identifier, by catalog
 */
public record CatalogFacts(
        Map<String, Map<String, OperationSummary>> operations,
        Map<String, String> digests,
        OwnCatalogReader own,
        Map<String, Set<String>> holding,
        Map<String, Map<String, String>> touched) {

    /** Reads the catalogs that a seal carries. */
    public interface OwnCatalogReader {

        /** Lists the mistakes of {@code catalog}, one sentence each; empty if it may be used. */
        List<String> mistakes(Seal.OwnCatalog catalog);

        /**
         * Returns the facts of every catalog, including {@code catalogs}; throws {@link IllegalArgumentException} if
         * one of them has mistakes.
         */
        CatalogFacts with(Map<String, Seal.OwnCatalog> catalogs);
    }

    public CatalogFacts {
        operations = Collections.unmodifiableMap(operations); // not copied: entries that nobody asks for are never read
        digests = Map.copyOf(digests);
        holding = Collections.unmodifiableMap(holding);
        touched = Collections.unmodifiableMap(touched);
    }

    /** Returns the facts that apply under {@code seal}: these and those of the catalogs that it carries. */
    public CatalogFacts of(Seal seal) {
        return seal.ownCatalogs().isEmpty() ? this : own.with(seal.ownCatalogs());
    }

    /** Returns what its catalog says of {@code operation}; empty if no catalog knows it. */
    public Optional<OperationSummary> find(Operation operation) {
        return Optional.ofNullable(operations.get(operation.provider())).map(known -> known.get(operation.name()));
    }

    /** Returns what the catalog {@code provider} says of its operations, in the order of their names; may be none. */
    public Collection<OperationSummary> operations(String provider) {
        return operations.getOrDefault(provider, Map.of()).values();
    }

    /** Returns the impacts that {@code operation} may have; empty if no catalog knows it. */
    public Set<Impact> possible(Operation operation) {
        return find(operation).map(OperationSummary::possible).orElse(Set.of());
    }

    /** Returns the names of the facts that {@code operation} can have; empty if no catalog knows it. */
    public Optional<Set<String>> facts(Operation operation) {
        return find(operation).map(OperationSummary::facts);
    }

    /** Returns whether any operation of {@code provider} may destroy. True for a provider that no catalog knows. */
    public boolean mayDestroy(String provider) {
        return !operations.containsKey(provider)
                || operations(provider).stream()
                        .anyMatch(known -> known.possible().contains(Impact.DESTROY));
    }

    /** Returns the resource types of {@code provider} that hold data, as far as a catalog says. */
    public Set<String> holdsData(String provider) {
        return holding.getOrDefault(provider, Set.of());
    }

    /**
     * Returns the operations of {@code provider} that may reveal secrets for which no catalog marks the place, sorted.
     */
    public Set<String> unmarked(String provider) {
        return operations(provider).stream()
                .filter(OperationSummary::unmarked)
                .map(known -> known.operation().name())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Returns the resource types that operations of {@code provider} touch, each with an example identifier. They are
     * in the catalog's order; empty if the catalog does not say.
     */
    public Map<String, String> touched(String provider) {
        return touched.getOrDefault(provider, Map.of());
    }

    public boolean hasOperation(Operation operation) {
        return find(operation).isPresent();
    }

    /**
     * Returns the impacts that {@code operation} has for any arguments; empty if they depend on arguments, or if no
     * catalog knows it.
     */
    public Set<Impact> impacts(Operation operation) {
        return find(operation).map(OperationSummary::impacts).orElse(Set.of());
    }

    /**
     * Returns the mildest reversibility that {@code operation} can have; irreversible if no catalog knows it, or knows
     * it without one of {@code impacts}.
     */
    public Reversibility reversibility(Operation operation, Set<Impact> impacts) {
        return find(operation)
                .filter(known -> known.possible().containsAll(impacts))
                .map(OperationSummary::reversibility)
                .orElse(Reversibility.IRREVERSIBLE);
    }

    /** Returns every operation that policies of {@code seal} may name. */
    public Set<String> nameable(Seal seal) {
        return Stream.concat(
                        seal.catalogs().keySet().stream()
                                .flatMap(provider -> operations(provider).stream())
                                .map(OperationSummary::operation),
                        seal.classify().keySet().stream())
                .map(Operation::toString)
                .filter(CatalogFacts::isPlain)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Returns whether a name is safe inside a Cedar string. One that would end the string is left out, and no policy
     * can name it.
     */
    private static boolean isPlain(String name) {
        return name.chars().allMatch(c -> c > 0x20 && c < 0x7f && c != '"' && c != '\\');
    }
}
