package dev.interlock.backup.postgres;

import dev.interlock.backup.kept.DatabaseContents;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Progress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Determines the content of a PostgreSQL database, computed by its server. */
final class ContentCounter {

    /**
     * Types whose own hash distinguishes any two values as well as a hash can, so their values need no text form. The
     * hash of {@code numeric} would not distinguish 1.0 from 1.00, and that of {@code interval} not a month from thirty
     * days.
     */
    private static final List<String> HASHED_AS_THEY_ARE = List.of(
            "bool",
            "int2",
            "int4",
            "int8",
            "oid",
            "date",
            "time",
            "timestamp",
            "timestamptz",
            "uuid",
            "text",
            "varchar");

    /** Types whose text form only the server's own code writes, so that a cast to text runs no foreign code. */
    private static final List<String> WRITTEN_PLAINLY =
            List.of("numeric", "float4", "float8", "json", "jsonb", "bytea", "interval");

    /** The beginnings of quoted names in PostgreSQL's own schemas. */
    private static final Pattern OF_SYSTEMS = Pattern.compile("\"?pg_|information_schema\\.");

    /** Starts a transaction that sees the present state, while others may change it. */
    static final String ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

    private static final String LARGE_OBJECTS = "SELECT count(*) FROM pg_largeobject_metadata";

    private ContentCounter() {}

    /** The columns that make up a row. */
    enum RowColumns {
        /**
         * The columns with values in a dump, in the order of their names. After a parent table has gained a column, its
         * children are restored with another order of columns.
         */
        STORED("a.attname", " AND a.attgenerated = ''"),
        /** All columns in the order of their numbers, as before manifests had a locale. */
        ALL("a.attnum", "");

        private final String order;
        private final String condition;

        RowColumns(String order, String condition) {
            this.order = order;
            this.condition = condition;
        }

        /** Returns the columns that were summed when {@code dump} was taken. */
        static RowColumns of(PostgresDump dump) {
            return dump.locale().isPresent() ? STORED : ALL;
        }

        /**
         * Selects each table with the expression for the hash of its rows. It leaves out the system's tables, and those
         * of which an extension declared that a dump contains a part. No dump contains the other tables of extensions.
         * They are counted, because the owner can add anybody's table to an extension; {@link #differences} leaves out
         * those that the extension has recreated. A user-defined type could come with a cast that runs its author's
         * function. Inside a row, the type's output function writes a value and no cast applies. The order is from last
         * to first: indexes are restored in the opposite order, and two sessions that begin with the same table would
         * wait for each other's locks.
         */
        private String tables() {
            return """
                    SELECT format('%%I.%%I', n.nspname, c.relname), (
                        SELECT coalesce(string_agg(
                            CASE WHEN a.atttypid = ANY ('{%s}'::regtype[]::oid[])
                                    THEN format('r.%%I', a.attname) || CASE WHEN a.attcollation = 0 THEN '' ELSE ' COLLATE "C"' END
                                 WHEN a.atttypid = ANY ('{%s}'::regtype[]::oid[]) THEN format('r.%%I::text COLLATE "C"', a.attname)
                                 ELSE format('ROW(r.%%I)::text COLLATE "C"', a.attname) END, ', ' ORDER BY %s), '')
                        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped%s)
                    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE c.relkind = 'r' AND c.relpersistence <> 't'
                      AND c.oid >= 16384
                      AND NOT EXISTS (SELECT 1 FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
                          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
                            AND (c.oid = ANY (e.extconfig) OR NOT has_table_privilege(c.oid, 'SELECT')))
                    ORDER BY n.nspname DESC, c.relname DESC
                    """.formatted(
                            String.join(",", HASHED_AS_THEY_ARE), String.join(",", WRITTEN_PLAINLY), order, condition);
        }
    }

    /**
     * Selects the tables of extensions. In a database that holds only a restored dump, the extensions have made them.
     */
    private static final String BROUGHT = """
            SELECT format('%I.%I', n.nspname, c.relname)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND EXISTS (SELECT 1 FROM pg_depend d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            """;

    /** Selects tables that somebody put into PostgreSQL's own schemas. No dump contains them. */
    private static final String ASTRAY = """
            SELECT format('%I.%I', n.nspname, c.relname)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND c.oid >= 16384
              AND (n.nspname ~ '^pg_' OR n.nspname = 'information_schema')
              AND NOT EXISTS (SELECT 1 FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            ORDER BY 1
            """;

    /** Maximum of such tables in a message. */
    private static final int MAX_ASTRAY = 3;

    /** Returns a warning about everything that a dump of {@code session}'s snapshot leaves out; empty if nothing. */
    static Optional<String> leftOut(SqlSession session) throws IOException {
        return astray(session.query(ASTRAY));
    }

    private static Optional<String> astray(List<String> tables) {
        return tables.isEmpty()
                ? Optional.empty()
                : Optional.of("a dump does not contain objects in PostgreSQL's own schemas: "
                        + tables.stream()
                                .limit(MAX_ASTRAY)
                                .map(table -> "`" + table + "`")
                                .collect(Collectors.joining(", "))
                        + (tables.size() > MAX_ASTRAY ? " and " + (tables.size() - MAX_ASTRAY) + " more" : "")
                        + "; at the source, `ALTER TABLE " + tables.getFirst()
                        + " SET SCHEMA …`, then take another backup");
    }

    /**
     * Returns the differences between the dump and {@code found}, including the positions of sequences that
     * {@code session} sees.
     */
    static List<String> differences(PostgresDump dump, DatabaseContents found, SqlSession session) throws IOException {
        Set<String> brought = new TreeSet<>(session.query(BROUGHT));
        List<String> wrong = new ArrayList<>(dump.contents().without(brought).differences(found.without(brought)));
        astray(dump.contents().tables().keySet().stream()
                        .filter(table -> OF_SYSTEMS.matcher(table).lookingAt())
                        .filter(table ->
                                !brought.contains(table) && !found.tables().containsKey(table))
                        .toList())
                .ifPresent(wrong::add);
        if (dump.sequences().isPresent()) {
            wrong.addAll(dump.sequences().get().differences(SequenceWatch.standing(session)));
        }
        return wrong;
    }

    /** Returns the tables that the transaction of {@code session} sees. */
    static Map<String, DatabaseContents.Table> tables(SqlSession session, RowColumns columns, Progress progress)
            throws IOException {
        Map<String, DatabaseContents.Table> tables = new TreeMap<>();
        List<String> all = session.query(columns.tables());
        for (int i = 0; i + 1 < all.size(); i += 2) {
            String name = all.get(i);
            progress.at("counting " + name + " (" + (i / 2 + 1) + " of " + all.size() / 2 + ")", 0);
            // A transaction locks everything that it reads, each index too, until its end. All sessions share the lock
            // table. Rolling back to a savepoint releases them.
            session.run("SAVEPOINT looking");
            List<String> sum = session.query(sum(name, all.get(i + 1)));
            session.run("ROLLBACK TO SAVEPOINT looking; RELEASE SAVEPOINT looking");
            if (sum.size() != 2) {
                throw new BackupException("the rows of `" + name + "` could not be counted");
            }
            tables.put(name, new DatabaseContents.Table(Long.parseLong(sum.getFirst()), sum.get(1)));
        }
        return tables;
    }

    /** Returns the number of large objects. */
    static long largeObjects(SqlSession session) throws IOException {
        return Long.parseLong(session.value(LARGE_OBJECTS));
    }

    /**
     * Sums the hashes of a table's rows. The sum does not depend on the order, and it distinguishes a duplicated row
     * from a missing one. The hash is PostgreSQL's own for partitions and joins, and is the same on all servers of a
     * major version. A record's hash is linear in those of its columns. If two rows exchanged the values of a column,
     * the sum of such hashes would not change. Hence each hash is hashed once more. This detects mistakes, not forgery.
     * A forger who can replace the dump has the key, and need not find two rows with the same hash.
     *
     * @param row the expression that {@link RowColumns} has composed; no part of it comes from elsewhere
     */
    private static String sum(String table, String row) {
        return """
                SELECT count(*), coalesce(sum(hashint8extended(hash_record_extended(ROW(%s), 0), 0)), 0)
                FROM ONLY %s AS r
                """.formatted(row, table);
    }
}
