package dev.interlock.backup.kept;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The content of a database, for comparison with another one, independent of the order of rows. Computing it needs the
 * same memory for tables of any size.
 *
 * @param schema the SHA-256 of the schema's description: the output of {@code pg_dump --schema-only}, or the text of
 *     SQLite's schema table
 * @param tables every table with rows of its own, by quoted name
 * @param largeObjects the number of large objects; SQLite has none
 */
public record DatabaseContents(String schema, Map<String, Table> tables, long largeObjects) {

    /**
     * The rows of one table.
     *
     * @param rows the number of rows
     * @param checksum the sum of a 64-bit hash of each row
     */
    public record Table(long rows, String checksum) {}

    public DatabaseContents {
        tables = new TreeMap<>(tables);
    }

    /** Returns the same content without these tables. */
    public DatabaseContents without(Collection<String> names) {
        Map<String, Table> rest = new TreeMap<>(tables);
        rest.keySet().removeAll(names);
        return new DatabaseContents(schema, rest, largeObjects);
    }

    /** Describes the differences of {@code that}, which was restored; empty if there are none. */
    public List<String> differences(DatabaseContents that) {
        List<String> differences = new ArrayList<>();
        tables.forEach((name, table) -> {
            Table restored = that.tables.get(name);
            if (restored == null) {
                differences.add("the table `" + name + "` is missing, with " + table.rows() + " rows");
            } else if (restored.rows() != table.rows()) {
                differences.add("`" + name + "` has " + restored.rows() + " rows, and had " + table.rows());
            } else if (!restored.checksum().equals(table.checksum())) {
                differences.add("rows of `" + name + "` have changed");
            }
        });
        that.tables.keySet().stream()
                .filter(name -> !tables.containsKey(name))
                .forEach(name -> differences.add("there is a table `" + name + "` that the original does not have"));
        if (that.largeObjects != largeObjects) {
            differences.add(that.largeObjects + " large objects are there, and there were " + largeObjects);
        }
        if (!that.schema.equals(schema)) {
            differences.add("the schema differs");
        }
        return differences;
    }

    /** Quotes an arbitrary name for SQL. */
    public static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** Quotes an arbitrary text for SQL. */
    public static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** Returns the total number of rows. */
    long rows() {
        return tables.values().stream().mapToLong(Table::rows).sum();
    }

    Amount amount() {
        return new Amount.Rows(tables.size(), rows());
    }

    /** Returns a message if there is no content, because such a backup is worthless. */
    Optional<String> emptiness() {
        return rows() == 0 ? Optional.of("it is empty: no table has a row") : Optional.empty();
    }

    public Json.Members json() {
        Map<String, Json> all = new TreeMap<>();
        tables.forEach((name, table) ->
                all.put(name, Json.object().with("rows", table.rows()).with("checksum", table.checksum())));
        return Json.object()
                .with("schema_sha256", schema)
                .with("tables", new Json.Members(all))
                .with("large_objects", largeObjects);
    }

    /**
     * Reads the content that {@link #json} has written.
     *
     * @throws MalformedException if it is anything else
     */
    public static DatabaseContents of(Json.Members json) {
        Map<String, Table> tables = new TreeMap<>();
        Json.Members all = json.object("tables");
        all.members().keySet().forEach(name -> {
            Json.Members table = all.object(name);
            tables.put(name, new Table(table.whole("rows"), table.text("checksum")));
        });
        return new DatabaseContents(json.text("schema_sha256"), tables, json.whole("large_objects"));
    }
}
