package dev.interlock.action;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What policy needs to know of the catalogs that are loaded.
 *
 * @param operations of each catalog, each with the impacts that it has whatever its arguments are; may be none
 * @param possible of each, the impacts that it may have, its arguments included; at least those of {@code operations}
 * @param digests of each catalog file, SHA-256 in lower-case hexadecimal
 * @param own how those that a seal carries are read
 * @param holding of each catalog, the types of resources that hold data
 * @param unmarked of each, the operations that may reveal secrets of which it does not say where they stand
 * @param touched of each, the types of resources that its operations touch, each with an identifier as an example
 */
public record CatalogFacts(
        Map<String, Map<String, Set<Impact>>> operations,
        Map<String, Map<String, Set<Impact>>> possible,
        Map<String, String> digests,
        Own own,
        Map<String, Set<String>> holding,
        Map<String, Set<String>> unmarked,
        Map<String, Map<String, String>> touched) {

    /** The reading of catalogs that a seal carries. */
    public interface Own {

        /** What is wrong with {@code catalog}, one sentence a mistake; none if it may be used. */
        List<String> mistakes(Seal.OwnCatalog catalog);

        /**
         * The facts of every catalog, {@code catalogs} among them.
         *
         * @throws IllegalArgumentException if one of them has mistakes
         */
        CatalogFacts with(Map<String, Seal.OwnCatalog> catalogs);
    }

    private static final Own UNREAD = new Own() {
        @Override
        public List<String> mistakes(Seal.OwnCatalog catalog) {
            return List.of("own catalogs are not read here");
        }

        @Override
        public CatalogFacts with(Map<String, Seal.OwnCatalog> catalogs) {
            throw new IllegalArgumentException("own catalogs are not read here");
        }
    };

    public CatalogFacts {
        operations = Collections.unmodifiableMap(operations); // no copy: what nobody asks about is never read
        possible = Collections.unmodifiableMap(possible);
        digests = Map.copyOf(digests);
        holding = Collections.unmodifiableMap(holding);
        unmarked = Collections.unmodifiableMap(unmarked);
        touched = Collections.unmodifiableMap(touched);
    }

    /** Of operations whose arguments change nothing. */
    public CatalogFacts(Map<String, Map<String, Set<Impact>>> operations, Map<String, String> digests) {
        this(operations, operations, digests, UNREAD);
    }

    /** Where nobody says what holds data, where secrets stand, or what is touched. */
    public CatalogFacts(
            Map<String, Map<String, Set<Impact>>> operations,
            Map<String, Map<String, Set<Impact>>> possible,
            Map<String, String> digests,
            Own own) {
        this(operations, possible, digests, own, Map.of(), Map.of(), Map.of());
    }

    /** The facts that count under {@code seal}: these, and those of the catalogs that it carries. */
    public CatalogFacts of(Seal seal) {
        return seal.ownCatalogs().isEmpty() ? this : own.with(seal.ownCatalogs());
    }

    /** What {@code operation} may do; empty if no catalog knows it. */
    public Set<Impact> possible(Operation operation) {
        return possible.getOrDefault(operation.provider(), Map.of()).getOrDefault(operation.name(), Set.of());
    }

    /** Whether any operation of {@code provider} may destroy; so it is said of one that no catalog knows. */
    public boolean mayDestroy(String provider) {
        Map<String, Set<Impact>> known = possible.get(provider);
        return known == null || known.values().stream().anyMatch(impacts -> impacts.contains(Impact.DESTROY));
    }

    /** The types of resources of {@code provider} that hold data, as far as a catalog says. */
    public Set<String> holdsData(String provider) {
        return holding.getOrDefault(provider, Set.of());
    }

    /** The operations of {@code provider} that may reveal secrets of which no catalog says where they stand, sorted. */
    public Set<String> unmarked(String provider) {
        return new TreeSet<>(unmarked.getOrDefault(provider, Set.of()));
    }

    /**
     * The types of resources that operations of {@code provider} touch, each with an identifier as an example, in the
     * catalog's order; none if nobody says.
     */
    public Map<String, String> touched(String provider) {
        return touched.getOrDefault(provider, Map.of());
    }

    public boolean knows(Operation operation) {
        return operations.getOrDefault(operation.provider(), Map.of()).containsKey(operation.name());
    }

    /**
     * What {@code operation} does whatever its arguments are; empty if that depends on them, or no catalog knows it.
     */
    public Set<Impact> impacts(Operation operation) {
        return operations.getOrDefault(operation.provider(), Map.of()).getOrDefault(operation.name(), Set.of());
    }

    /** Every operation that policies of {@code seal} may name. */
    public Set<String> nameable(Seal seal) {
        Set<String> nameable = new TreeSet<>();
        for (String provider : seal.catalogs().keySet()) {
            operations.getOrDefault(provider, Map.of()).keySet().stream()
                    .map(name -> new Operation(provider, name).toString())
                    .filter(CatalogFacts::isPlain)
                    .forEach(nameable::add);
        }
        seal.classify().keySet().stream()
                .map(Operation::toString)
                .filter(CatalogFacts::isPlain)
                .forEach(nameable::add);
        return nameable;
    }

    /** A name that would end the string it stands in is left out: no policy can then name it. */
    private static boolean isPlain(String name) {
        return name.chars().allMatch(c -> c > 0x20 && c < 0x7f && c != '"' && c != '\\');
    }
}
