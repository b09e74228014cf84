package dev.interlock.backup.postgres;

import dev.interlock.backup.content.Contents;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Progress;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

final class DatabaseCounter {

    /** Starts a transaction that sees the present state, while others may change it. */
    static final String ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

    // Types whose own hash distinguishes any two values. That of `numeric` would not distinguish 1.0 from 1.00, nor
    // that of `interval` a month from thirty days.
    private static final String HASHED_AS_THEY_ARE =
            "bool,int2,int4,int8,oid,date,time,timestamp,timestamptz,uuid,text,varchar";

    /** Types whose text form only the server's own code writes, so that a cast to text runs no foreign code. */
    private static final String WRITTEN_PLAINLY = "numeric,float4,float8,json,jsonb,bytea,interval";

    // Selects each table with the expression for the hash of its rows: the columns with values in a dump, by name. It
    // leaves out the system's tables, and those of which an extension declared that a dump contains a part. It has the
    // other tables of extensions: an extension's owner can add anybody's table to it, and no dump would contain it. A
    // user-defined type could come with a cast that runs its author's function; inside a row its output function writes
    // a value, and no cast applies.
    private static final String TABLES = """
            SELECT format('%%I.%%I', n.nspname, c.relname), (
                SELECT coalesce(string_agg(
                    CASE WHEN a.atttypid = ANY ('{%s}'::regtype[]::oid[])
                            THEN format('r.%%I', a.attname) || CASE WHEN a.attcollation = 0 THEN '' ELSE ' COLLATE "C"' END
                         WHEN a.atttypid = ANY ('{%s}'::regtype[]::oid[]) THEN format('r.%%I::text COLLATE "C"', a.attname)
                         ELSE format('ROW(r.%%I)::text COLLATE "C"', a.attname) END, ', ' ORDER BY a.attname), '')
                FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                  AND a.attgenerated = '')
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND c.relpersistence <> 't'
              AND c.oid >= 16384
              AND NOT EXISTS (SELECT 1 FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
                    AND (c.oid = ANY (e.extconfig) OR NOT has_table_privilege(c.oid, 'SELECT')))
            ORDER BY n.nspname DESC, c.relname DESC
            """.formatted(HASHED_AS_THEY_ARE, WRITTEN_PLAINLY);

    // Selects everything else that a copy must have, with a text that is the same where it is the same. Expressions,
    // which a server words anew when a dump is restored, and what extensions bring are left out.
    private static final String SHAPE = """
            WITH own AS (SELECT oid, nspname FROM pg_namespace
                WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
            brought AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')
            SELECT 'schema ' || nspname, '' FROM own
            UNION ALL SELECT 'extension ' || extname, '' FROM pg_extension
            UNION ALL SELECT CASE c.relkind WHEN 'r' THEN 'columns of ' WHEN 'p' THEN 'partitioned table '
                    WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'S' THEN 'sequence '
                    WHEN 'f' THEN 'foreign table ' WHEN 'c' THEN 'type ' ELSE 'index ' END
                    || format('%I.%I', n.nspname, c.relname),
                c.relrowsecurity || ' ' || c.relispartition || ' ' || coalesce((SELECT i.indisunique::text || i.indisprimary
                    || i.indrelid::regclass FROM pg_index i WHERE i.indexrelid = c.oid), '') || coalesce((
                    SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull
                        || a.atthasdef || a.attgenerated::text || a.attidentity::text, ', ' ORDER BY a.attname)
                    FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                      AND c.relkind NOT IN ('i', 'I')), '')
                FROM pg_class c JOIN own n ON n.oid = c.relnamespace
                WHERE c.relkind <> 't' AND c.relpersistence <> 't'
                  AND NOT EXISTS (SELECT 1 FROM brought WHERE classid = 'pg_class'::regclass AND objid = c.oid)
                  AND NOT EXISTS (SELECT 1 FROM pg_index i JOIN brought b ON b.objid = i.indrelid
                      WHERE b.classid = 'pg_class'::regclass AND i.indexrelid = c.oid)
            UNION ALL SELECT 'constraint ' || k.conname || ' of ' || k.conrelid::regclass, k.contype::text || ' ' || k.convalidated
                FROM pg_constraint k JOIN own n ON n.oid = k.connamespace
                WHERE k.conrelid <> 0 AND NOT EXISTS (SELECT 1 FROM brought WHERE objid IN (k.oid, k.conrelid))
            UNION ALL SELECT 'function ' || format('%I.%I(%s)', n.nspname, p.proname,
                    pg_get_function_identity_arguments(p.oid)), p.prosecdef || ' ' || md5(p.prosrc)
                FROM pg_proc p JOIN own n ON n.oid = p.pronamespace
                WHERE NOT EXISTS (SELECT 1 FROM brought WHERE classid = 'pg_proc'::regclass AND objid = p.oid)
            UNION ALL SELECT 'trigger ' || t.tgname || ' of ' || t.tgrelid::regclass, t.tgenabled::text || ' ' || t.tgfoid::regproc
                FROM pg_trigger t WHERE NOT t.tgisinternal AND t.tgparentid = 0
                  AND NOT EXISTS (SELECT 1 FROM brought WHERE objid IN (t.oid, t.tgrelid))
            UNION ALL SELECT 'policy ' || p.polname || ' of ' || p.polrelid::regclass, p.polcmd::text || ' ' || p.polpermissive
                FROM pg_policy p
            UNION ALL SELECT 'type ' || format('%I.%I', n.nspname, t.typname), coalesce((
                    SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), '')
                FROM pg_type t JOIN own n ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd', 'r')
                  AND NOT EXISTS (SELECT 1 FROM brought WHERE classid = 'pg_type'::regclass AND objid = t.oid)
            UNION ALL SELECT 'large objects', count(*)::text FROM pg_largeobject_metadata
            """;

    /** Selects the sequences with their positions, negated if counted downwards. One that begins again is left out. */
    private static final String POSITIONS = """
            SELECT format('%I.%I', schemaname, sequencename),
                (coalesce(last_value, start_value - increment_by)::numeric * sign(increment_by))::text
            FROM pg_sequences WHERE NOT cycle
            """;

    private DatabaseCounter() {}

    static Contents count(SqlSession session, Progress progress) throws IOException {
        Map<String, Contents.Part> tables = new TreeMap<>();
        List<String> all = session.query(TABLES);
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
            tables.put(name, new Contents.Part(Long.parseLong(sum.getFirst()), sum.get(1)));
        }
        Map<String, BigDecimal> floors = new TreeMap<>();
        pairs(session.query(POSITIONS)).forEach((name, at) -> floors.put(name, new BigDecimal(at)));
        return new Contents(Contents.Kind.TABLES, tables, pairs(session.query(SHAPE)), floors);
    }

    private static Map<String, String> pairs(List<String> values) throws BackupException {
        if (values.size() % 2 != 0) {
            throw new BackupException("the database does not describe itself");
        }
        Map<String, String> pairs = new TreeMap<>();
        for (int i = 0; i < values.size(); i += 2) {
            pairs.put(values.get(i), values.get(i + 1));
        }
        return pairs;
    }

    // Sums the hashes of a table's rows, in any order; a duplicated row differs from a missing one. The hash is
    // PostgreSQL's own for partitions, the same on all servers of a major version, and linear in a record's columns. If
    // two rows exchanged values of a column, a sum of such hashes would not change, so each is hashed once more. This
    // detects mistakes, not forgery. No part of `row` comes from elsewhere than `TABLES`.
    private static String sum(String table, String row) {
        return """
                SELECT count(*), coalesce(sum(hashint8extended(hash_record_extended(ROW(%s), 0), 0)), 0)
                FROM ONLY %s AS r
                """.formatted(row, table);
    }
}
