package dev.interlock.backup.postgres;

import dev.interlock.backup.kept.Contents;
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

/** What a database of PostgreSQL holds, reckoned by its server. */
final class Counting {

    /**
     * Types whose own hash tells every two values apart, as far as any hash does: what they hold needs not be written
     * out. Of a {@code numeric} it would not tell 1.0 from 1.00, of an {@code interval} a month from thirty days.
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

    /** Types whose words only the server's own code writes, so that a cast to text runs nobody else's. */
    private static final List<String> WRITTEN_PLAINLY =
            List.of("numeric", "float4", "float8", "json", "jsonb", "bytea", "interval");

    /** How names begin, as SQL writes them, of what lies in schemas of PostgreSQL's own. */
    private static final Pattern OF_SYSTEMS = Pattern.compile("\"?pg_|information_schema\\.");

    /** From here on a session sees what is there now, whatever others do. */
    static final String ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

    private static final String LARGE_OBJECTS = "SELECT count(*) FROM pg_largeobject_metadata";

    private Counting() {}

    /** Which columns make a row. */
    enum Columns {
        /**
         * Those of which a dump holds values, in the order of their names: where a parent has gained one, its heirs are
         * restored with another order than they have.
         */
        STORED("a.attname", " AND a.attgenerated = ''"),
        /** As it was before manifests had a locale: all of them, in the order of their numbers. */
        ALL("a.attnum", "");

        private final String order;
        private final String condition;

        Columns(String order, String condition) {
            this.order = order;
            this.condition = condition;
        }

        /** Those that were summed when {@code dump} was taken. */
        static Columns of(PostgresDump dump) {
            return dump.locale().isPresent() ? STORED : ALL;
        }

        /**
         * Each table, and the expression of which each row's hash is reckoned. Not those of the system, and not those
         * of which an extension has said that a dump holds a part. Others that belong to an extension no dump holds:
         * they are counted, since its owner can have made somebody's table one of them, and {@link #differences} leaves
         * out what the extension itself has made again. A type that somebody made could come with a cast that is a
         * function of theirs: inside of a row, a value is written by its type's output function and no cast is looked
         * for. From the last to the first: indexes are restored the other way round, and two that begin with the same
         * table would wait for each other's locks.
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

    /** Tables that extensions have. Where nobody but a dump has been, these have made them. */
    private static final String BROUGHT = """
            SELECT format('%I.%I', n.nspname, c.relname)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND EXISTS (SELECT 1 FROM pg_depend d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            """;

    /** Tables in schemas of PostgreSQL's own that somebody has put there: no dump holds what lies in these. */
    private static final String ASTRAY = """
            SELECT format('%I.%I', n.nspname, c.relname)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND c.oid >= 16384
              AND (n.nspname ~ '^pg_' OR n.nspname = 'information_schema')
              AND NOT EXISTS (SELECT 1 FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            ORDER BY 1
            """;

    /** So many of them are named. */
    private static final int MAX_ASTRAY = 3;

    /** What is to be said as soon as a dump is taken of what {@code session} sees: what it leaves out. */
    static Optional<String> leftOut(SqlSession session) throws IOException {
        return astray(session.query(ASTRAY));
    }

    private static Optional<String> astray(List<String> tables) {
        return tables.isEmpty()
                ? Optional.empty()
                : Optional.of("no dump holds what lies in a schema of PostgreSQL's own: "
                        + tables.stream()
                                .limit(MAX_ASTRAY)
                                .map(table -> "`" + table + "`")
                                .collect(Collectors.joining(", "))
                        + (tables.size() > MAX_ASTRAY ? " and " + (tables.size() - MAX_ASTRAY) + " more" : "")
                        + "; at the source, `ALTER TABLE " + tables.getFirst() + " SET SCHEMA …`, then take another");
    }

    /** How {@code found}, and where the sequences stand that {@code session} sees, differ from what was dumped. */
    static List<String> differences(PostgresDump dump, Contents found, SqlSession session) throws IOException {
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

    /** What the transaction of {@code session} sees. */
    static Map<String, Contents.Table> tables(SqlSession session, Columns columns, Progress progress)
            throws IOException {
        Map<String, Contents.Table> tables = new TreeMap<>();
        List<String> all = session.query(columns.tables());
        for (int i = 0; i + 1 < all.size(); i += 2) {
            String name = all.get(i);
            progress.at("counting " + name + " (" + (i / 2 + 1) + " of " + all.size() / 2 + ")", 0);
            // What a transaction has looked at stays locked until its end, each index too, in room that all sessions
            // share.
            session.run("SAVEPOINT looking");
            List<String> sum = session.query(sum(name, all.get(i + 1)));
            session.run("ROLLBACK TO SAVEPOINT looking; RELEASE SAVEPOINT looking");
            if (sum.size() != 2) {
                throw new BackupException("the rows of `" + name + "` could not be counted");
            }
            tables.put(name, new Contents.Table(Long.parseLong(sum.getFirst()), sum.get(1)));
        }
        return tables;
    }

    /** How many large objects there are. */
    static long largeObjects(SqlSession session) throws IOException {
        return Long.parseLong(session.value(LARGE_OBJECTS));
    }

    /**
     * A sum is the same in every order, and tells a row that is there twice from one that is not there. The hash is the
     * one that PostgreSQL partitions and joins by, and is the same on all servers of a major version. A record's hash
     * is linear in those of its columns, and two rows that exchange a column's values would leave the sum as it was:
     * hence the hash of that hash. It resists mistakes, not forgers: who could put another dump in the place of this
     * one has the key, and need not find two rows that are hashed alike.
     *
     * @param row as {@link Columns} has put it together; nothing of it is from elsewhere
     */
    private static String sum(String table, String row) {
        return """
                SELECT count(*), coalesce(sum(hashint8extended(hash_record_extended(ROW(%s), 0), 0)), 0)
                FROM ONLY %s AS r
                """.formatted(row, table);
    }
}
