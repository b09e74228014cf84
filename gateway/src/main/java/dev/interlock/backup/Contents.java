package dev.interlock.backup;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a database holds, so that another one can be compared with it: reckoned by its server, whatever the order of
 * rows, in memory that no table's size changes.
 *
 * @param schema the SHA-256 of what {@code pg_dump --schema-only} says of it
 * @param tables every table with rows of its own, by quoted name
 * @param largeObjects how many
 */
record Contents(String schema, Map<String, Table> tables, long largeObjects) {

    /**
     * The rows of one table.
     *
     * @param rows how many
     * @param checksum two sums over all rows, of two hashes of 64 bits of each row's words
     */
    record Table(long rows, String checksum) {}

    /** Neither those of the system nor those that an extension makes, which no dump holds. */
    private static final String TABLES = """
            SELECT format('%I.%I', n.nspname, c.relname)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND c.relpersistence <> 't'
              AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
              AND NOT EXISTS (SELECT 1 FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            """;

    private static final String LARGE_OBJECTS = "SELECT count(*) FROM pg_largeobject_metadata";

    Contents {
        tables = new TreeMap<>(tables);
    }

    /** What the transaction of {@code session} sees. */
    static Contents of(SqlSession session, String schema, Progress progress) throws IOException {
        Map<String, Table> tables = new TreeMap<>();
        List<String> names = session.query(TABLES);
        for (String name : names) {
            progress.at("counting " + name + " (" + (tables.size() + 1) + " of " + names.size() + ")", 0);
            List<String> sums = session.query(sums(name));
            if (sums.size() != 3) {
                throw new BackupException("the rows of `" + name + "` could not be counted");
            }
            tables.put(name, new Table(Long.parseLong(sums.getFirst()), sums.get(1) + ":" + sums.get(2)));
        }
        return new Contents(schema, tables, Long.parseLong(session.value(LARGE_OBJECTS)));
    }

    /**
     * A sum is the same in every order, and tells a row that is there twice from one that is not there. The hash is the
     * one that PostgreSQL partitions by, and is the same on all servers of a major version. It resists mistakes, not
     * forgers: who could put another dump in the place of this one has the key, and need not find two rows that are
     * hashed alike. SHA-256 took seven times as long. {@code OFFSET 0} keeps a row from being written out twice. The
     * name of a table is put in as {@code format('%I.%I')} has quoted it.
     */
    private static String sums(String table) {
        return """
                SELECT count(*),
                    coalesce(sum(hashtextextended(words COLLATE "C", 0)), 0),
                    coalesce(sum(hashtextextended(words COLLATE "C", 1)), 0)
                FROM (SELECT ROW(r.*)::text AS words FROM ONLY %s AS r OFFSET 0) AS worded
                """.formatted(table);
    }

    /** How {@code that}, which was restored, differs, in words; empty if it does not. */
    List<String> differences(Contents that) {
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

    /** How many rows there are in all. */
    long rows() {
        return tables.values().stream().mapToLong(Table::rows).sum();
    }

    Json.Members json() {
        Map<String, Json> all = new TreeMap<>();
        tables.forEach((name, table) ->
                all.put(name, Json.object().with("rows", table.rows()).with("checksum", table.checksum())));
        return Json.object()
                .with("schema_sha256", schema)
                .with("tables", new Json.Members(all))
                .with("large_objects", largeObjects);
    }

    /** @throws MalformedException if it is not what {@link #json} writes */
    static Contents of(Json.Members json) {
        Map<String, Table> tables = new TreeMap<>();
        Json.Members all = json.object("tables");
        all.members().keySet().forEach(name -> {
            Json.Members table = all.object(name);
            tables.put(name, new Table(table.whole("rows"), table.text("checksum")));
        });
        return new Contents(json.text("schema_sha256"), tables, json.whole("large_objects"));
    }
}
