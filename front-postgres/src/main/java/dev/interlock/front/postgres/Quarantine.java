package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Provenance;
import dev.interlock.action.Refusal;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.UndoRules;
import dev.interlock.evidence.Json;
import dev.interlock.front.postgres.sql.ReadStatement.Name;
import dev.interlock.gate.NotSentException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Tables that are moved away instead of dropped, or whose rows are instead of lost. Functions that the database's owner
 * has installed do it, by the rights of a role that nobody else has: {@code quarantine.sql}.
 *
 * @param place the schema in which they are kept, which the client's role cannot use
 * @param mark tells this move from others to the same place, as from one that was rolled back
 * @param isEmptied whether the tables stay and only their rows are kept
 */
record Quarantine(String place, String mark, boolean isEmptied, List<Moved> tables) {

    private static final String ROLE = "interlock_quarantine";

    /** How the schemas begin in which tables are kept. */
    private static final String PLACES = ROLE + "_";

    private static final String FORMAT = "interlock-quarantine@v1";

    /** States whose message holds no value of a row; the first is of what the functions raise themselves. */
    private static final Set<String> TOLD =
            Set.of("P0001", "2BP01", "55006", "42P07", "42710", "23503", "55P03", "3F000");

    private static final String USABLE = CatalogQuery.qualified("""
            SELECT 'usable', '' FROM pg_catalog.pg_proc p
            JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace AND n.nspowner = p.proowner
            JOIN pg_catalog.pg_roles r ON r.oid = p.proowner AND r.rolname = n.nspname
            WHERE n.nspname = 'interlock_quarantine' AND p.proname = '%s' AND p.prosecdef
                AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
                AND (NOT pg_catalog.pg_has_role(p.proowner, 'MEMBER') AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                        WHERE c.relnamespace = n.oid AND pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT'))
                    OR (SELECT u.rolsuper FROM pg_catalog.pg_roles u WHERE u.rolname = CURRENT_USER))
            """);

    /**
     * Returns the question whether the session may run {@code function}, but not look into the quarantine. No role is
     * kept from anything that may do all: statements that name such a table are refused to it by the gateway.
     */
    static String usable(String function) {
        return USABLE.formatted(function);
    }

    /** Returns whether {@code schema} holds what is in quarantine, or what is known of it. */
    static boolean holds(String schema) {
        return schema.equals(ROLE) || schema.startsWith(PLACES);
    }

    /** A table, and its rows as they were counted. */
    record Moved(String schema, String name, long rows) {

        String quoted() {
            return new Name(List.of(schema, name)).quoted();
        }

        String shown() {
            return Measurement.name(List.of(schema, name));
        }
    }

    Quarantine {
        tables = List.copyOf(tables);
    }

    /**
     * Returns how to keep {@code counted}, which a statement would take away; empty if that is not possible, or not the
     * same for the client. It only reads. Nobody can give the names to other tables while the session counts.
     */
    static Optional<Quarantine> find(ServerPump pump, boolean isEmptied, List<Moved> counted) throws IOException {
        if (pump.ask(CatalogQuery.asking(usable("take"))).rows().isEmpty()) {
            return Optional.empty();
        }
        ServerPump.Asked found = pump.ask(CatalogQuery.asking("SELECT interlock_quarantine.place(" + isEmptied + ", "
                + oids(counted) + "), pg_catalog.gen_random_uuid()::pg_catalog.text"));
        List<String> row = found.hasFailed() ? List.of("", "") : found.rows().getFirst();
        return row.getFirst().startsWith(PLACES)
                ? Optional.of(new Quarantine(row.getFirst(), row.getLast(), isEmptied, counted))
                : Optional.empty();
    }

    private static String oids(List<Moved> tables) {
        return array(tables, "oid", table -> "pg_catalog.to_regclass(" + Measurement.quoted(table.quoted()) + ")");
    }

    private static String array(List<Moved> tables, String type, Function<Moved, String> part) {
        return tables.stream().map(part).collect(Collectors.joining(", ", "ARRAY[", "]::pg_catalog." + type + "[]"));
    }

    /** Returns the call that moves them, if they are still what was counted. */
    String taking(UndoRules rules) {
        List<String> arguments = List.of(
                Boolean.toString(isEmptied),
                oids(tables),
                array(tables, "text", table -> Measurement.quoted(table.quoted())),
                array(tables, "int8", table -> Long.toString(table.rows())),
                Measurement.quoted(place),
                Measurement.quoted(mark),
                Long.toString(rules.time().toSeconds()));
        return "SELECT interlock_quarantine.take(" + String.join(", ", arguments) + ")";
    }

    /** Returns the call that brings them back, all or nothing. */
    String restoring() {
        return "SELECT interlock_quarantine.restore(" + Measurement.quoted(place) + ", " + Measurement.quoted(mark)
                + ")";
    }

    /** Returns what the server says why it does not; values of rows stand only in what is left out. */
    static String reason(ServerPump.Asked refused) {
        Map<Character, String> error = refused.messages().stream()
                .filter(message -> message.type() == 'E')
                .findFirst()
                .map(Answers::fields)
                .orElse(Map.of());
        String state = error.getOrDefault('C', "");
        return TOLD.contains(state) ? error.getOrDefault('M', state) : "the database refuses it (" + state + ")";
    }

    /** Says that nothing was moved. */
    static NotSentException notTaken(ServerPump.Asked refused) {
        String reason = "Nothing was dropped or emptied: " + reason(refused) + ".";
        return new NotSentException(Refusal.unavailable(reason, "Look at what is there, and send it again."));
    }

    /** Returns {@code actions} with the place, which receipts tell. */
    List<Action> told(List<Action> actions) {
        Fact kept = new Fact("kept-in", place, Provenance.RESOLVED);
        return actions.stream()
                .map(action -> action.isPureRead()
                        ? action
                        : action.withFacts(Stream.concat(action.facts().stream(), Stream.of(kept))
                                .toList()))
                .toList();
    }

    /** Returns the tables and their rows, for people. */
    List<String> names() {
        return tables.stream()
                .map(table -> (isEmptied ? "" : "the dropped table ")
                        + table.shown()
                        + (isEmptied ? ", emptied of " : " with ")
                        + table.rows()
                        + (table.rows() == 1 ? " row" : " rows"))
                .toList();
    }

    /** Returns what bringing them back does: it adds only what is not there. */
    List<Action> restored(String database) {
        Set<Resource> resources = tables.stream()
                .map(table -> database + "." + table.schema() + "." + table.name())
                .map(name -> new Resource(ActionWriter.PROVIDER, "table", name))
                .collect(Collectors.toSet());
        List<Action> actions = List.of(new Action(
                new Operation(ActionWriter.PROVIDER, isEmptied ? "insert" : "create-table"),
                Set.of(Impact.WRITE),
                Reversibility.REVERSIBLE,
                resources,
                List.of(new Fact(Fact.ARGUMENT + "statement", "UNDO", Provenance.CLAIMED))));
        return told(new Consequences(tables.stream()
                        .filter(table -> table.rows() > 0)
                        .map(table -> new Consequences.Change("insert", table.shown(), "", table.rows()))
                        .toList())
                .of(actions));
    }

    Bytes bytes() {
        return Bytes.of(Json.object()
                .with("format", FORMAT)
                .with("place", place)
                .with("mark", mark)
                .with("emptied", isEmptied)
                .withItems(
                        "tables",
                        tables.stream()
                                .map(table -> Json.object()
                                        .with("schema", table.schema())
                                        .with("name", table.name())
                                        .with("rows", table.rows())))
                .canonical());
    }

    /** Reads what {@link #bytes} gave; empty if it is something else. */
    static Optional<Quarantine> read(Bytes state) {
        Json.Members fields = Json.readObject(state.toArray());
        return !fields.optionalText("format").equals(Optional.of(FORMAT))
                ? Optional.empty()
                : Optional.of(new Quarantine(
                        fields.text("place"),
                        fields.text("mark"),
                        fields.flag("emptied"),
                        fields.objects("tables").stream()
                                .map(table -> new Moved(table.text("schema"), table.text("name"), table.whole("rows")))
                                .toList()));
    }
}
