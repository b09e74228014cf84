package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.evidence.Json;
import dev.interlock.front.postgres.sql.ReadStatement.Name;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The rows that a statement has changed, cascades and triggers included, as they were before and as it left them.
 *
 * @param transactions the numbers of those, with parts of one, that have changed them
 */
record RowImages(Set<String> transactions, List<Table> tables) {

    private static final String FORMAT = "interlock-rows@v1";

    /**
     * Rows of one table.
     *
     * @param columns what each is: a part of the primary key; generated; given by the server, so that only an insertion
     *     may set it; or plain
     */
    record Table(String schema, String name, Map<String, String> columns, List<Row> rows) {

        static final String KEY = "key";
        static final String GIVEN = "given";
        static final String PLAIN = "plain";

        Table {
            columns = Collections.unmodifiableMap(new TreeMap<>(columns));
            rows = List.copyOf(rows);
        }

        List<String> columns(Set<String> sorts) {
            return columns.keySet().stream()
                    .filter(column -> sorts.contains(columns.get(column)))
                    .toList();
        }

        String quoted() {
            return new Name(List.of(schema, name)).quoted();
        }

        String shown() {
            return Measurement.name(List.of(schema, name));
        }

        Table with(List<Row> others) {
            return new Table(schema, name, columns, others);
        }

        List<Row> rows(Kind kind) {
            return rows.stream().filter(row -> row.kind() == kind).toList();
        }
    }

    /** What a statement did to a row. */
    enum Kind {
        /** The row was deleted: it is put back by an insertion. */
        DELETED("deleted", "insert"),
        UPDATED("updated", "update"),
        INSERTED("inserted", "delete");

        private final String word;
        private final String inverse;

        Kind(String word, String inverse) {
            this.word = word;
            this.inverse = inverse;
        }
    }

    /** A row, as the server writes it; {@code before} is empty if it was inserted, {@code after} if it was deleted. */
    record Row(String key, Optional<String> before, Optional<String> after) {
        Kind kind() {
            return after.isEmpty() ? Kind.DELETED : before.isEmpty() ? Kind.INSERTED : Kind.UPDATED;
        }

        /** {@inheritDoc} Nothing of the row is shown. */
        @Override
        public String toString() {
            return kind() + " row";
        }
    }

    RowImages {
        transactions = Collections.unmodifiableSet(new TreeSet<>(transactions));
        tables = List.copyOf(tables);
    }

    String states() {
        return "SELECT pg_catalog.pg_xact_status(number) FROM pg_catalog.unnest("
                + Measurement.quoted("{" + String.join(",", transactions) + "}") + "::pg_catalog.xid8[]) AS number";
    }

    /** Returns the rows and their tables, for people. */
    List<String> names() {
        return changes(kind -> kind.word).stream()
                .map(change -> change.rows() + " " + change.kind() + (change.rows() == 1 ? " row of " : " rows of ")
                        + change.table())
                .toList();
    }

    private List<Consequences.Change> changes(Function<Kind, String> said) {
        return tables.stream()
                .flatMap(table -> Stream.of(Kind.values())
                        .map(kind -> new Consequences.Change(
                                said.apply(kind),
                                table.shown(),
                                "",
                                table.rows(kind).size())))
                .filter(change -> change.rows() > 0)
                .toList();
    }

    /** Returns what putting them back does: nothing is lost by it, because they stay kept. */
    List<Action> restoring(String database) {
        List<Action> actions = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            Set<Resource> resources = tables.stream()
                    .filter(table -> !table.rows(kind).isEmpty())
                    .map(table -> database + "." + table.schema() + "." + table.name())
                    .map(name -> new Resource(ActionWriter.PROVIDER, "table", name))
                    .collect(Collectors.toSet());
            if (!resources.isEmpty()) {
                actions.add(new Action(
                        new Operation(ActionWriter.PROVIDER, kind.inverse),
                        Set.of(Impact.WRITE),
                        Reversibility.REVERSIBLE,
                        resources,
                        List.of(new Fact(Fact.ARGUMENT + "statement", "UNDO", Provenance.CLAIMED))));
            }
        }
        return new Consequences(changes(kind -> kind.inverse)).of(actions);
    }

    Bytes bytes() {
        return Bytes.of(Json.object()
                .with("format", FORMAT)
                .withTexts("transactions", transactions)
                .withItems("tables", tables.stream().map(RowImages::written))
                .canonical());
    }

    private static Json.Members written(Table table) {
        return Json.object()
                .with("schema", table.schema())
                .with("name", table.name())
                .withItems(
                        "columns",
                        table.columns().entrySet().stream()
                                .map(column -> Json.object()
                                        .with("name", column.getKey())
                                        .with("sort", column.getValue())))
                .withItems(
                        "rows",
                        table.rows().stream()
                                .map(row -> Json.object()
                                        .with("key", row.key())
                                        .withOptional("before", row.before())
                                        .withOptional("after", row.after())));
    }

    /** Reads what {@link #bytes} gave; empty if it is something else. */
    static Optional<RowImages> read(Bytes state) {
        Json.Members fields = Json.readObject(state.toArray());
        if (!fields.optionalText("format").equals(Optional.of(FORMAT))) {
            return Optional.empty();
        }
        List<Table> tables = fields.objects("tables").stream()
                .map(table -> new Table(
                        table.text("schema"),
                        table.text("name"),
                        table.objects("columns").stream()
                                .collect(
                                        Collectors.toMap(column -> column.text("name"), column -> column.text("sort"))),
                        table.objects("rows").stream()
                                .map(row ->
                                        new Row(row.text("key"), row.optionalText("before"), row.optionalText("after")))
                                .toList()))
                .toList();
        return Optional.of(new RowImages(Set.copyOf(fields.texts("transactions")), tables));
    }

    /** Returns the rows of one table that differ, from their versions by key. */
    static List<Row> rows(Map<String, String> before, Map<String, String> after) {
        Map<String, Row> rows = new TreeMap<>();
        before.forEach(
                (key, row) -> rows.put(key, new Row(key, Optional.of(row), Optional.ofNullable(after.get(key)))));
        after.forEach((key, row) -> rows.putIfAbsent(key, new Row(key, Optional.empty(), Optional.of(row))));
        return rows.values().stream()
                .filter(row -> !row.before().equals(row.after()))
                .toList();
    }

    /** {@inheritDoc} Nothing of the rows is shown. */
    @Override
    public String toString() {
        return "rows of " + tables.size() + " tables";
    }
}
