package dev.interlock.front.postgres;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the server's catalogs say of the names in a batch, as the client's session sees them.
 *
 * @param relations what each name of a relation stands for, and all that is behind it
 * @param effects what its functions and operators do at most, by their names
 */
record ServerFacts(Map<String, List<Relation>> relations, Map<String, List<Routine>> routines) {

    static final ServerFacts NONE = new ServerFacts(Map.of(), Map.of());

    /**
     * A relation that a statement reaches.
     *
     * @param how {@code named}; {@code view}, which a view reads; {@code child}, a partition or heir; {@code cascade},
     *     whose rows go or change with those of another
     * @param kind its letter in {@code pg_class.relkind}
     * @param isTemporary whether it goes with the session
     * @param runsCode whether a change of it runs rules or triggers
     */
    record Relation(
            String schema, String name, String how, char kind, boolean isTemporary, boolean runsCode) {}

    /** A function by that name. {@code volatility} is its letter in {@code pg_proc.provolatile}. */
    record Routine(String schema, String name, char volatility) {}

    Optional<List<Relation>> relation(String quoted) {
        return Optional.ofNullable(relations.get(quoted)).filter(found -> !found.isEmpty());
    }
}
