package dev.interlock.front.postgres;

import dev.interlock.front.postgres.RowImages.Row;
import dev.interlock.front.postgres.RowImages.Table;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Finds the rows that a measured run changes. A cursor of before the run still sees what the run has superseded, and
 * every version of a row names the transaction that has made or superseded it. So these are exactly the rows of this
 * run, whoever else writes. What is not certain to be complete, or cannot be put back, is not kept.
 *
 * <p>Threading: the session's thread.
 */
final class ImageCapture {

    /** Rows of one table, with those that are only locked. */
    private static final int MAX_ROWS = 2_000;

    /** Each table that changes is read whole, twice. */
    private static final int MAX_TABLE_BYTES = 128 << 20;

    private static final String OLD = "old ";
    private static final String NEW = "new ";
    private static final String CURSOR = "cursor";
    private static final String SAVEPOINT = "SAVEPOINT \"interlock image\"";

    /** Rows have the lower half of a transaction's number. */
    private static final long EPOCH = 1L << 32;

    /** Gives this transaction its number: those of its parts are greater. */
    private static final String TOP = "SELECT 'top', pg_catalog.pg_current_xact_id()::pg_catalog.text";

    /** Asks for the cursors, and when they were opened: what runs in between may put others in their places. */
    private static final String CURSORS = """
            SELECT 'cursor', name,
                (pg_catalog.date_part('microseconds', creation_time)::pg_catalog.int8)::pg_catalog.text
            FROM pg_catalog.pg_cursors WHERE pg_catalog.starts_with(name, 'interlock rows ') ORDER BY name""";

    /**
     * Asks for the tables of which all can be seen and put back: their columns, in order, and what each is. The text of
     * their types stands for itself, and runs no code of the database's owner. A check that may say something else
     * later, as one of the time, would keep the rows out.
     */
    private static final String TABLES = CatalogQuery.qualified("""
            SELECT 'column', s.nspname, c.relname, a.attname, CASE WHEN a.attgenerated <> '' THEN 'generated'
                WHEN a.attnum = ANY (i.indkey::pg_catalog.int2[]) THEN 'key' WHEN a.attidentity = 'a' THEN 'given' ELSE 'plain' END
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
            JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary AND i.indimmediate
            JOIN pg_catalog.pg_am m ON m.oid = c.relam AND m.amname = 'heap'
            JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum >= 1::pg_catalog.int2 AND NOT a.attisdropped
            WHERE (%1$s) AND c.relkind = 'r' AND c.relpersistence <> 't'
                AND pg_catalog.current_setting('transaction_isolation') <> 'serializable'
                AND pg_catalog.has_schema_privilege(s.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
                AND NOT pg_catalog.row_security_active(c.oid)
                AND pg_catalog.pg_relation_size(c.oid::pg_catalog.regclass) < %2$d::pg_catalog.int8
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute x JOIN pg_catalog.pg_type y ON y.oid = x.atttypid
                    JOIN pg_catalog.pg_type t ON t.oid = CASE WHEN y.typelem <> 0::pg_catalog.oid
                        AND y.typlen = -1::pg_catalog.int2 THEN y.typelem ELSE y.oid END
                    WHERE x.attrelid = c.oid AND x.attnum >= 1::pg_catalog.int2 AND NOT x.attisdropped
                        AND t.typtype <> 'e' AND (t.typtype <> 'b' AND t.typtype <> 'r' AND t.typtype <> 'm'
                            OR t.oid >= 16384 AND (t.typtype <> 'b' OR x.attnum = ANY (i.indkey::pg_catalog.int2[]))
                            OR t.typname::pg_catalog.text OPERATOR(pg_catalog.~) '^reg'))
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                    CROSS JOIN LATERAL pg_catalog.regexp_matches(k.conbin::pg_catalog.text, '{SQLVALUEFUNCTION|:(?:funcid|opfuncid) ([0-9]+)', 'g') AS m(number)
                    LEFT JOIN pg_catalog.pg_proc p ON p.oid = m.number[1]::pg_catalog.oid
                    WHERE k.conrelid = c.oid AND k.contype = 'c' AND COALESCE(p.provolatile, 'v') <> 'i')
            ORDER BY s.nspname, c.relname, a.attnum""");

    private final ServerPump pump;
    private final List<Table> tables;
    private final long top;
    private List<List<String>> cursors = List.of();

    private ImageCapture(ServerPump pump, List<Table> tables, long top) {
        this.pump = pump;
        this.tables = tables;
        this.top = top;
    }

    /** Begins before the run, in its transaction. Empty if nothing can be kept of {@code reached}. */
    static Optional<ImageCapture> begin(ServerPump pump, Set<ServerFacts.Relation> reached) throws IOException {
        List<String> named = reached.stream()
                .filter(table -> table.kind() == 'r' && !table.isTemporary())
                .map(table -> "s.nspname OPERATOR(pg_catalog.=) " + Measurement.quoted(table.schema())
                        + " AND c.relname OPERATOR(pg_catalog.=) " + Measurement.quoted(table.name()))
                .distinct()
                .toList();
        if (named.isEmpty() || named.size() > Measurement.MAX_TABLES) {
            return Optional.empty();
        }
        ServerPump.Asked known =
                pump.ask(CatalogQuery.asking(TABLES.formatted(String.join(" OR ", named), MAX_TABLE_BYTES), TOP));
        if (known.hasFailed()) {
            throw new ProtocolException("the server does not describe its tables");
        }
        Map<List<String>, Map<String, String>> columns = new LinkedHashMap<>();
        known.rows().stream()
                .filter(row -> row.getFirst().equals("column"))
                .forEach(row -> columns.computeIfAbsent(row.subList(1, 3), _ -> new TreeMap<>())
                        .put(row.get(3), row.get(4)));
        List<Table> tables = columns.entrySet().stream()
                .map(table -> new Table(table.getKey().get(0), table.getKey().get(1), table.getValue(), List.of()))
                .toList();
        if (tables.isEmpty()) {
            return Optional.empty();
        }
        ImageCapture capture = new ImageCapture(
                pump, tables, Long.parseLong(known.rows().getLast().get(1)));
        List<String> declaring = new ArrayList<>();
        for (int i = 0; i < tables.size(); i++) {
            declaring.add("DECLARE " + cursor(i) + " NO SCROLL CURSOR FOR " + capture.select(OLD, i));
        }
        declaring.add(CURSORS);
        ServerPump.Asked declared = pump.ask(asking(declaring));
        if (declared.hasFailed()) {
            throw new ProtocolException("the server does not show its tables");
        }
        capture.cursors = declared.rows();
        return Optional.of(capture);
    }

    private static List<Message> asking(List<String> commands) {
        return CatalogQuery.asking(commands.toArray(String[]::new));
    }

    private static String cursor(int table) {
        return "\"interlock rows " + table + "\"";
    }

    /** Asks for the rows that this transaction has made, superseded or locked. */
    private String select(String sort, int i) {
        Table table = tables.get(i);
        String keys = RowRestoration.fields(table.columns(Set.of(Table.KEY)), RowRestoration.ROW + ".");
        return "SELECT '" + sort + i + "', (" + is("xmin") + ")::pg_catalog.text, (" + is("xmax")
                + ")::pg_catalog.text, " + number(sort.equals(OLD) ? "xmax" : "xmin")
                + ", pg_catalog.concat(" + RowRestoration.ROW + ".ctid), pg_catalog.concat(ROW(" + keys
                + ")), pg_catalog.concat(" + RowRestoration.WHOLE_ROW + ") FROM ONLY " + table.quoted() + " AS "
                + RowRestoration.ROW + " WHERE " + is("xmin") + " OR "
                + is("xmax") + " LIMIT " + MAX_ROWS;
    }

    /**
     * Asks whether it is a part of this transaction. Of those that began after it, others' are seen once they are over,
     * but for one that supersedes a row just now.
     */
    private String is(String version) {
        return """
            CASE WHEN pg_catalog.concat(%1$s)::pg_catalog.int8 OPERATOR(pg_catalog.<) 3::pg_catalog.int8
                OR %2$s::pg_catalog.int8 OPERATOR(pg_catalog.>=) %3$d THEN false
            ELSE pg_catalog.pg_xact_status(%2$s::pg_catalog.xid8) OPERATOR(pg_catalog.=) 'in progress' END""".formatted(RowRestoration.ROW + "." + version, number(version), top + EPOCH / 2);
    }

    private String number(String version) {
        return """
            pg_catalog.concat(%2$d::pg_catalog.int8 OPERATOR(pg_catalog.+) ((pg_catalog.concat(%1$s)::pg_catalog.int8
                OPERATOR(pg_catalog.+) %3$d::pg_catalog.int8) OPERATOR(pg_catalog.%%) %4$d::pg_catalog.int8))""".formatted(RowRestoration.ROW + "." + version, top, EPOCH - top % EPOCH, EPOCH);
    }

    /**
     * Returns what the run has changed, if the rows come to what the server has counted, and putting them back works.
     *
     * @param counts the rows that were deleted, updated and inserted, by table
     * @param takesBack whether a function may have taken a part of that back, which is counted all the same
     * @param most the longest state that would be kept
     */
    Optional<RowImages> images(Map<List<String>, List<Long>> counts, boolean takesBack, int most) throws IOException {
        pump.hideSettings(true);
        try (Closeable _ = this::goBack) {
            return found(counts, takesBack, most);
        }
    }

    private void goBack() throws IOException {
        List<String> ending = new ArrayList<>(List.of("ROLLBACK TO " + SAVEPOINT, "RELEASE " + SAVEPOINT));
        for (int i = 0; i < tables.size(); i++) {
            ending.add("CLOSE " + cursor(i));
        }
        boolean isBack = !pump.ask(asking(ending)).hasFailed();
        pump.hideSettings(false);
        if (!isBack) {
            throw new ProtocolException("the server does not go back to where the statement had run");
        }
    }

    private Optional<RowImages> found(Map<List<String>, List<Long>> counts, boolean takesBack, int most)
            throws IOException {
        List<String> commands = new ArrayList<>(List.of(SAVEPOINT, CURSORS));
        RowRestoration.SETTINGS.forEach((name, value) -> commands.add(
                "SELECT 'set', pg_catalog.set_config('" + name + "', " + Measurement.quoted(value) + ", true)"));
        Map<List<String>, Integer> changed = new LinkedHashMap<>();
        for (int i = 0; i < tables.size(); i++) {
            List<String> name = List.of(tables.get(i).schema(), tables.get(i).name());
            if (counts.containsKey(name)) {
                changed.put(name, i);
                commands.add("FETCH ALL FROM " + cursor(i));
                commands.add(select(NEW, i));
            }
        }
        ServerPump.Asked answer = pump.ask(asking(commands));
        List<List<String>> rows = answer.rows();
        if (answer.hasFailed()
                || !of(rows, CURSOR).equals(cursors)
                || !changed.keySet().equals(counts.keySet())) {
            return Optional.empty();
        }
        List<Table> images = new ArrayList<>();
        Set<String> numbers = new TreeSet<>();
        for (Map.Entry<List<String>, Integer> table : changed.entrySet()) {
            List<Long> counted = counts.getOrDefault(table.getKey(), List.of());
            Optional<List<Row>> own = rows(rows, table.getValue(), counted, takesBack, numbers);
            if (own.isEmpty()) {
                return Optional.empty();
            }
            images.add(tables.get(table.getValue()).with(own.get()));
        }
        RowImages all = new RowImages(numbers, images);
        return all.bytes().length() <= most
                        && isOwn(all)
                        && new RowRestoration(all).restore(pump::ask).isEmpty()
                ? Optional.of(all)
                : Optional.empty();
    }

    /** What others were superseding meanwhile is over by now, or its old version was still seen after it. */
    private boolean isOwn(RowImages all) throws IOException {
        ServerPump.Asked states = pump.ask(CatalogQuery.asking(all.states()));
        return !states.hasFailed()
                && states.rows().stream().allMatch(row -> row.getFirst().equals("in progress"));
    }

    /** Empty if they are too many, or do not come to what the server has counted; {@code numbers} get their parts. */
    private static Optional<List<Row>> rows(
            List<List<String>> answer, int table, List<Long> counts, boolean takesBack, Set<String> numbers) {
        List<List<String>> old = of(answer, OLD + table);
        List<List<String>> present = of(answer, NEW + table);
        Set<String> earlier = old.stream()
                .filter(row -> row.get(1).equals("true"))
                .map(row -> row.get(4))
                .collect(Collectors.toSet());
        Set<String> left = present.stream().map(row -> row.get(4)).collect(Collectors.toSet());
        Map<String, String> before = new HashMap<>();
        Map<String, String> after = new HashMap<>();
        for (List<String> row : old) {
            if (row.get(2).equals("true") && !left.contains(row.get(4))) { // what is left was only locked
                before.put(row.get(5), row.get(6));
                numbers.add(row.get(3));
            }
        }
        for (List<String> row : present) {
            if (row.get(1).equals("true") && !earlier.contains(row.get(4))) {
                after.put(row.get(5), row.get(6));
                numbers.add(row.get(3));
            }
        }
        boolean isWhole = Math.max(old.size(), present.size()) < MAX_ROWS;
        boolean isOnce = before.size() == counts.get(0) + counts.get(1); // each once, and none taken back
        boolean isEven = after.size() - before.size() == counts.get(2) - counts.get(0);
        return isWhole && (isOnce || (!takesBack && isEven))
                ? Optional.of(RowImages.rows(before, after))
                : Optional.empty();
    }

    private static List<List<String>> of(List<List<String>> answer, String sort) {
        return answer.stream().filter(row -> row.getFirst().equals(sort)).toList();
    }
}
