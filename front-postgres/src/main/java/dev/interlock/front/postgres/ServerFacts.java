package dev.interlock.front.postgres;

import dev.interlock.front.postgres.sql.ReadStatement;
import dev.interlock.front.postgres.sql.ReadStatement.Name;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the server's catalogs say of the names in a batch, as the client's session sees them.
 *
 * @param relations what each name of a relation stands for, and all that is behind it
 * @param columns the columns that views read, by the views' names
 * @param routines the functions and operators, by their names, and those behind each relation, by its name
 * @param epoch the session for which they hold
 */
record ServerFacts(
        Map<String, List<Relation>> relations,
        Map<String, List<Routine>> routines,
        Map<String, Set<String>> columns,
        Epoch epoch) {

    static final ServerFacts NONE = new ServerFacts(Map.of(), Map.of(), Map.of(), Epoch.NONE);

    /**
     * A session at a time, as the server says.
     *
     * @param snapshot the transactions whose work it sees
     * @param path its path of schemas, as an array
     * @param schema the first of them
     * @param isolation that of its transaction
     */
    record Epoch(String role, String snapshot, String path, String schema, String isolation) {

        /** Of facts that nobody asked for. */
        static final Epoch NONE = new Epoch("", "", "", "", "");

        static Epoch of(List<String> fields) throws ProtocolException {
            if (fields.size() != 5) {
                throw new ProtocolException("the server's session answers otherwise than asked");
            }
            return new Epoch(fields.get(0), fields.get(1), fields.get(2), fields.get(3), fields.get(4));
        }

        private Epoch atAnyTime() {
            return new Epoch(role, "", path, schema, isolation);
        }
    }

    /**
     * A relation that a statement reaches.
     *
     * @param how by its own name; {@code view}, which a view reads; {@code child}, a partition or heir;
     *     {@code cascade}, whose rows go or change with those of another; {@code reference}, which a truncation empties
     *     too
     * @param kind its letter in {@code pg_class.relkind}
     * @param isTemporary whether it goes with the session
     * @param hides whether the session's path leads to others of that name too
     * @param runsCode whether a change of it runs rules, runs triggers only at the end of the transaction, or is made
     *     elsewhere
     */
    record Relation(
            String schema, String name, String how, char kind, boolean isTemporary, boolean hides, boolean runsCode) {}

    /** Who has made a function. */
    enum Origin {
        BUILT_IN,
        /** An extension whose functions do as they say. */
        KNOWN,
        OWN
    }

    /**
     * A function.
     *
     * @param how {@code change} if it runs only if rows of the relation are changed, {@code empty} if a truncation runs
     *     it; of an event trigger, the tag of the statements that wake it, or {@code *}
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
            String definition) {

        private Routine configured() {
            return new Routine(schema, name, how, volatility, origin, true, definition);
        }
    }

    /** Returns the functions that run with {@code statement}: those that it calls, and those behind what it names. */
    Set<Routine> run(ReadStatement statement) {
        if (!statement.hasNames()) {
            return Set.of();
        }
        Set<Routine> all = new LinkedHashSet<>();
        Stream.of(
                        statement.functions().stream().map(Name::last),
                        statement.operators().stream(),
                        statement.columns().stream(),
                        CatalogQuery.IMPLICIT.stream(),
                        Stream.of(CatalogQuery.AMBIENT))
                .flatMap(names -> names)
                .forEach(name -> all.addAll(routines.getOrDefault(name, List.of())));
        statement.read().forEach(name -> behind(name, Set.of("view"), all));
        statement.changed().forEach(name -> behind(name, Set.of("view", change(statement.kind())), all));
        routines.getOrDefault(CatalogQuery.EVENTS, List.of()).stream()
                .filter(routine -> statement.tags().contains("*")
                        || (routine.how().equals("*") && !statement.tags().isEmpty())
                        || statement.tags().contains(routine.how()))
                .forEach(all::add);
        return statement.types().contains(CatalogQuery.OTHER_SETTINGS)
                ? all.stream().map(Routine::configured).collect(Collectors.toCollection(LinkedHashSet::new))
                : all;
    }

    private void behind(Name name, Set<String> how, Set<Routine> all) {
        routines.getOrDefault(name.quoted(), List.of()).stream()
                .filter(routine -> how.contains(routine.how()))
                .forEach(all::add);
    }

    /** Returns which functions behind a table run as it is changed, as {@link Routine#how}: of a dropped one, none. */
    private static String change(String kind) {
        return switch (kind) {
            case ActionWriter.TRUNCATE -> "empty";
            default -> isDropped(kind) ? "drop" : "change";
        };
    }

    /** Returns whether a statement of {@code kind} makes or drops what it names, and changes no rows of it. */
    static boolean isDropped(String kind) {
        return Set.of(ActionWriter.DROP, "DROP VIEW", "VIEW", "INDEX").contains(kind);
    }

    /**
     * Returns the schema in which a statement of {@code kind} makes, or drops if it is there, what it names without
     * one.
     */
    String schema(String kind) {
        boolean makes = Set.of("CREATE TABLE", "CREATE TABLE AS", "VIEW", "CREATE SEQ", ActionWriter.DROP)
                .contains(kind);
        return makes && !epoch.schema().isEmpty() ? epoch.schema() : "?";
    }

    /** Returns whether {@code statement} changes nothing: it sets the role that the session has. */
    boolean keeps(ReadStatement statement) {
        return statement.session() instanceof ReadStatement.Session.Sets(var role)
                && !epoch.equals(Epoch.NONE)
                && role.equals(epoch.role());
    }

    /** Returns whether all {@code names} are known: for the session alone, only what is judged with them makes one. */
    boolean know(Set<Name> names) {
        return names.stream()
                .allMatch(name -> name.schema().equals(ActionWriter.TEMPORARY) || routines.containsKey(name.last()));
    }

    /** Returns whether all statements of its transaction see the same work of others, however old. */
    boolean keepsSnapshot() {
        return !epoch.isolation().equals("read committed");
    }

    /** Returns a relation that {@code statement} needs, and that is not there. */
    Optional<Name> missing(ReadStatement statement) {
        boolean changes = Set.of("INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "ALTER TABLE", "COPY FROM", "INDEX")
                .contains(statement.kind());
        return Stream.concat(statement.read().stream(), changes ? statement.changed().stream() : Stream.empty())
                .filter(name -> !name.schema().equals(ActionWriter.TEMPORARY))
                .filter(name -> relation(name.quoted()).isEmpty())
                .findFirst();
    }

    /** Returns whether both say the same to the same session, though others may have done something between them. */
    boolean agrees(ServerFacts other) {
        return relations.equals(other.relations)
                && routines.equals(other.routines)
                && columns.equals(other.columns)
                && epoch.atAnyTime().equals(other.epoch.atAnyTime());
    }

    /** Returns what both say; the session is the one of {@code other}. */
    ServerFacts and(ServerFacts other) {
        Map<String, Set<String>> allColumns = new TreeMap<>(columns);
        other.columns.forEach((name, found) -> allColumns.merge(
                name,
                found,
                (one, two) -> Stream.concat(one.stream(), two.stream()).collect(Collectors.toSet())));
        return new ServerFacts(
                merged(relations, other.relations), merged(routines, other.routines), allColumns, other.epoch);
    }

    private static <T> Map<String, List<T>> merged(Map<String, List<T>> one, Map<String, List<T>> other) {
        Map<String, List<T>> all = new TreeMap<>(one);
        other.forEach((name, found) -> all.merge(
                name,
                found,
                (a, b) -> Stream.concat(a.stream(), b.stream()).distinct().toList()));
        return all;
    }

    Optional<List<Relation>> relation(String quoted) {
        return Optional.ofNullable(relations.get(quoted)).filter(found -> !found.isEmpty());
    }
}
