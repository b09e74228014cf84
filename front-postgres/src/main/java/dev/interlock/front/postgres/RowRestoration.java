package dev.interlock.front.postgres;

import dev.interlock.front.postgres.CatalogQuery.Command;
import dev.interlock.front.postgres.RowImages.Kind;
import dev.interlock.front.postgres.RowImages.Row;
import dev.interlock.front.postgres.RowImages.Table;
import dev.interlock.front.postgres.sql.ReadStatement.Name;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Puts rows back in an open transaction, all by one statement: so foreign keys may be met in any order. Then it sees
 * whether they are as they were. Triggers run too, but must neither delete nor update other rows.
 */
record RowRestoration(RowImages images) {

    /** Under these a row has one text, which the server reads as the same row. */
    static final Map<String, String> SETTINGS = Map.of(
            "DateStyle", "ISO, MDY",
            "IntervalStyle", "postgres",
            "TimeZone", "UTC",
            "bytea_output", "hex",
            "extra_float_digits", "1",
            "lc_monetary", "C",
            "xmloption", "content");

    static final String ROW = "\"interlock row\"";

    /** All columns of it. Its name alone may be that of a column. */
    static final String WHOLE_ROW = "ROW(" + ROW + ".*)";

    /** Keys that are shown. Any other may be a name or an address. */
    private static final Pattern NUMBER = Pattern.compile("\\([0-9a-f,-]{1,80}\\)");

    /** Runs commands of the gateway's own. */
    @FunctionalInterface
    interface Asker {
        ServerPump.Asked ask(List<Message> question) throws IOException;
    }

    /** Returns the keys, with their tables, of the rows that are no longer as the statement left them. */
    List<String> changed(Asker server) throws IOException {
        return unlike(answered(server, questions(false)));
    }

    /** Puts them back; returns why that is not possible. What it has done then must be rolled back. */
    Optional<String> restore(Asker server) throws IOException {
        List<String> changes = new ArrayList<>();
        List<List<Optional<String>>> values = new ArrayList<>();
        for (Table table : images.tables()) {
            some(table, Kind.INSERTED, values).ifPresent(from -> changes.add(delete(table, from)));
            some(table, Kind.UPDATED, values).ifPresent(from -> changes.add(update(table, from)));
            some(table, Kind.DELETED, values).ifPresent(from -> changes.add(insert(table, from)));
        }
        List<Command> commands = new ArrayList<>(List.of(new Command(CatalogQuery.COUNTS_TEXT)));
        if (!changes.isEmpty()) {
            commands.add(new Command(
                    IntStream.range(0, changes.size())
                            .mapToObj(i -> "c" + i + " AS (" + changes.get(i) + ")")
                            .collect(Collectors.joining(", ", "WITH ", " SELECT 'done'")),
                    values));
        }
        commands.add(new Command("SET CONSTRAINTS ALL IMMEDIATE"));
        ServerPump.Asked done = server.ask(CatalogQuery.asking(commands));
        if (done.hasFailed()) {
            return Optional.of("the database refuses it (" + done.state() + ")");
        }
        List<Command> verifying = new ArrayList<>(questions(true));
        verifying.add(new Command(CatalogQuery.COUNTS_TEXT));
        List<List<String>> after = answered(server, verifying);
        List<String> others = unlike(after);
        if (!others.isEmpty()) {
            return Optional.of("triggers make other rows of them: " + String.join(", ", others));
        }
        return isMore(done.rows(), after)
                ? Optional.of("it would delete or change other rows as well, by cascades or triggers")
                : Optional.empty();
    }

    private static List<List<String>> answered(Asker server, List<Command> commands) throws IOException {
        if (commands.isEmpty()) {
            return List.of();
        }
        ServerPump.Asked answer = server.ask(CatalogQuery.asking(commands));
        if (answer.hasFailed()) {
            throw new ProtocolException("the database does not compare the rows (" + answer.state() + ")");
        }
        return answer.rows();
    }

    private static List<String> unlike(List<List<String>> rows) {
        return rows.stream()
                .filter(row -> row.getFirst().equals("unlike"))
                .map(row -> row.get(1) + (NUMBER.matcher(row.get(2)).matches() ? " " + row.get(2) : ""))
                .distinct()
                .toList();
    }

    /** Returns whether more rows of a table were deleted or updated than were to be, or nobody has counted them. */
    private boolean isMore(List<List<String>> before, List<List<String>> after) {
        return after.stream().noneMatch(row -> row.getLast().equals("on"))
                || Measurement.changes(Measurement.counts(before), Measurement.counts(after)).entrySet().stream()
                        .anyMatch(now -> {
                            Optional<Table> table = images.tables().stream()
                                    .filter(own ->
                                            List.of(own.schema(), own.name()).equals(now.getKey()))
                                    .findFirst();
                            return now.getValue().get(0) > count(table, Kind.INSERTED)
                                    || now.getValue().get(1) > count(table, Kind.UPDATED);
                        });
    }

    private static int count(Optional<Table> table, Kind kind) {
        return table.map(own -> own.rows(kind).size()).orElse(0);
    }

    private List<Command> questions(boolean isBefore) {
        return images.tables().stream().map(table -> unlike(table, isBefore)).toList();
    }

    /** Asks for the rows that are not as they were before, or as the statement left them. */
    private static Command unlike(Table table, boolean isBefore) {
        List<List<Optional<String>>> values = new ArrayList<>();
        String own = isBefore ? "b" : "a";
        String other = isBefore ? "a" : "b";
        String question = "SELECT 'unlike', " + Measurement.quoted(table.shown()) + ", v.k FROM "
                + from(table, table.rows(), values) + " WHERE CASE WHEN v." + own
                + " IS NULL THEN EXISTS (SELECT FROM ONLY " + table.quoted() + " AS "
                + ROW + " WHERE " + isSame(table, other, false) + ") ELSE NOT EXISTS (SELECT FROM ONLY "
                + table.quoted() + " AS " + ROW + " WHERE " + isSame(table, own, true) + ") END";
        return new Command(question, values);
    }

    private static String insert(Table table, String from) {
        List<String> columns = table.columns(Set.of(Table.KEY, Table.GIVEN, Table.PLAIN));
        return "INSERT INTO " + table.quoted() + " (" + fields(columns, "") + ") OVERRIDING SYSTEM VALUE SELECT "
                + fields(columns, "(v.b).") + " FROM " + from;
    }

    private static String update(Table table, String from) {
        String set = table.columns(Set.of(Table.PLAIN)).stream()
                .map(column -> quoted(column) + " = (v.b)." + quoted(column))
                .collect(Collectors.joining(", "));
        return "UPDATE ONLY " + table.quoted() + " AS " + ROW + " SET " + set + " FROM " + from + " WHERE "
                + isSame(table, "a", true);
    }

    private static String delete(Table table, String from) {
        return "DELETE FROM ONLY " + table.quoted() + " AS " + ROW + " USING " + from + " WHERE "
                + isSame(table, "a", true);
    }

    private static Optional<String> some(Table table, Kind kind, List<List<Optional<String>>> values) {
        List<Row> rows = table.rows(kind);
        return rows.isEmpty() ? Optional.empty() : Optional.of(from(table, rows, values));
    }

    /** Returns the rows as a table of the statement, and adds what is bound to {@code values}. */
    private static String from(Table table, List<Row> rows, List<List<Optional<String>>> values) {
        int first = values.size() + 1;
        values.add(rows.stream().map(row -> Optional.of(row.key())).toList());
        values.add(rows.stream().map(Row::before).toList());
        values.add(rows.stream().map(Row::after).toList());
        return "(SELECT k, b::" + table.quoted() + " AS b, a::" + table.quoted() + " AS a FROM ROWS FROM ("
                + IntStream.range(first, first + 3)
                        .mapToObj(i -> "pg_catalog.unnest($" + i + "::pg_catalog.text[])")
                        .collect(Collectors.joining(", "))
                + ") AS t(k, b, a)) AS v";
    }

    /** Whole rows are compared by their texts: not every type knows when two values are equal. */
    private static String isSame(Table table, String version, boolean isWhole) {
        String keys = table.columns(Set.of(Table.KEY)).stream()
                .map(key -> ROW + "." + quoted(key) + " OPERATOR(pg_catalog.=) (v." + version + ")." + quoted(key))
                .collect(Collectors.joining(" AND "));
        return !isWhole
                ? keys
                : keys + " AND pg_catalog.concat(" + WHOLE_ROW + ") OPERATOR(pg_catalog.=) pg_catalog.concat(v."
                        + version + ")";
    }

    static String fields(List<String> columns, String row) {
        return columns.stream().map(column -> row + quoted(column)).collect(Collectors.joining(", "));
    }

    private static String quoted(String column) {
        return new Name(List.of(column)).quoted();
    }
}
