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
 * What a database holds, so that another one can be compared with it, whatever the order of rows; reckoned in memory
 * that no table's size changes.
 *
 * @param schema the SHA-256 of what describes it: what {@code pg_dump --schema-only} says, or what is in the schema
 * @param tables every table with rows of its own, by quoted name
 * @param largeObjects how many; SQLite has none
 */
public record Contents(String schema, Map<String, Table> tables, long largeObjects) {

    /**
     * The rows of one table.
     *
     * @param rows how many
     * @param checksum the sum over all rows of a hash of 64 bits of each
     */
    public record Table(long rows, String checksum) {}

    public Contents {
        tables = new TreeMap<>(tables);
    }

    /** The same, but for these tables. */
    public Contents without(Collection<String> names) {
        Map<String, Table> rest = new TreeMap<>(tables);
        rest.keySet().removeAll(names);
        return new Contents(schema, rest, largeObjects);
    }

    /** How {@code that}, which was restored, differs, in words; empty if it does not. */
    public List<String> differences(Contents that) {
        List<String> differences = new ArrayList<>();
        tables.forEach((name, table) -> {
            Table restored = that.tables.get(name);
            if (restored == null) {
                differences.add("the table `" + name + "` is missing, with " + table.rows() + " rows");
            } else if (restored.rows() != table.rows()) {
                differences.add("`" + name + "` has " + restored.rows() + " rows, and had " + table.rows());
            } else if (!restored.checksum().equals(table.checksum())) {
                differences.add("rows of `" + name + "` are not what they were");
            }
        });
        that.tables.keySet().stream()
                .filter(name -> !tables.containsKey(name))
                .forEach(name -> differences.add("there is a table `" + name + "` that there was not"));
        if (that.largeObjects != largeObjects) {
            differences.add(that.largeObjects + " large objects are there, and there were " + largeObjects);
        }
        if (!that.schema.equals(schema)) {
            differences.add("the schema is not what it was");
        }
        return differences;
    }

    /** As SQL writes a name that may hold anything. */
    public static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** As SQL writes a text that may hold anything. */
    public static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** How many rows there are in all. */
    long rows() {
        return tables.values().stream().mapToLong(Table::rows).sum();
    }

    Amount amount() {
        return new Amount.Rows(tables.size(), rows());
    }

    /** Why it is worth nothing, if there is nothing. */
    Optional<String> emptiness() {
        return rows() == 0 ? Optional.of("it is empty: no table of it has a row") : Optional.empty();
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
     * What {@link #json} has written.
     *
     * @throws MalformedException if it is anything else
     */
    public static Contents of(Json.Members json) {
        Map<String, Table> tables = new TreeMap<>();
        Json.Members all = json.object("tables");
        all.members().keySet().forEach(name -> {
            Json.Members table = all.object(name);
            tables.put(name, new Table(table.whole("rows"), table.text("checksum")));
        });
        return new Contents(json.text("schema_sha256"), tables, json.whole("large_objects"));
    }
}
