package dev.interlock.front.postgres;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What the server's catalogs say of the names in a batch, as the client's session sees them.
 *
 * @param relations what each name of a relation stands for, and all that is behind it
 * @param columns the columns that views read, by the views' names
 * @param routines the functions and operators, by their names, and those behind each relation, by its name
 */
record ServerFacts(
        Map<String, List<Relation>> relations, Map<String, List<Routine>> routines, Map<String, Set<String>> columns) {

    static final ServerFacts NONE = new ServerFacts(Map.of(), Map.of(), Map.of());

    /**
     * A relation that a statement reaches.
     *
     * @param how by its own name; {@code view}, which a view reads; {@code child}, a partition or heir;
     *     {@code cascade}, whose rows go or change with those of another; {@code reference}, which a truncation empties
     *     too
     * @param kind its letter in {@code pg_class.relkind}
     * @param isTemporary whether it goes with the session
     * @param runsCode whether a change of it runs rules, runs triggers only at the end of the transaction, or is made
     *     elsewhere
     */
    record Relation(String schema, String name, String how, char kind, boolean isTemporary, boolean runsCode) {}

    /** Who has made a function. */
    enum Origin {
        BUILT_IN,
        /** An extension whose functions do as they say. */
        KNOWN,
        OWN;

        static Origin of(String word) {
            return switch (word) {
                case "built in" -> BUILT_IN;
                case "known" -> KNOWN;
                default -> OWN;
            };
        }
    }

    /**
     * A function.
     *
     * @param how {@code change} if it runs only if rows of the relation are changed, {@code empty} if a truncation runs
     *     it
     * @param volatility its letter in {@code pg_proc.provolatile}
     * @param isConfigured whether it changes settings while it runs
     * @param definition its text, if its body may be read
     */
    record Routine(
            String schema,
            String name,
            String how,
            char volatility,
            Origin origin,
            boolean isConfigured,
            String definition) {}

    /** Returns whether {@code routine} runs only if what it stands behind is changed. */
    static boolean isOfChange(Routine routine) {
        return routine.how().equals("change") || routine.how().equals("empty");
    }

    /** Returns what both say. */
    ServerFacts and(ServerFacts other) {
        Map<String, List<Relation>> allRelations = new TreeMap<>(relations);
        other.relations.forEach(allRelations::putIfAbsent);
        Map<String, List<Routine>> allRoutines = new TreeMap<>(routines);
        other.routines.forEach((name, found) -> allRoutines.merge(
                name,
                found,
                (one, two) ->
                        Stream.concat(one.stream(), two.stream()).distinct().toList()));
        Map<String, Set<String>> allColumns = new TreeMap<>(columns);
        allColumns.putAll(other.columns);
        return new ServerFacts(allRelations, allRoutines, allColumns);
    }

    Optional<List<Relation>> relation(String quoted) {
        return Optional.ofNullable(relations.get(quoted)).filter(found -> !found.isEmpty());
    }
}
